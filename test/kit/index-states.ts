/** The derived parts of a place: what is in them, what they say of themselves, and states that no build leaves behind. */
import { fillArtefacts, settleArtefacts } from '../../src/evolve/rebuild.ts'
import type { Surroundings } from '../../src/evolve/surroundings.ts'
import { ARTEFACTS, type Artefact } from '../../src/store/artefacts/artefact.ts'
import type { Engine } from '../../src/store/engine.ts'
import type { Row } from './engines.ts'
import { changing, type Place } from './places.ts'

/** Every row of the index and every signature, by what they stand for: their own numbers may differ. */
export async function indexOf(place: Place): Promise<{ rows: Row[]; signatures: Row[]; totals: Row[] }> {
  return {
    rows: await place.rows(`select cast(memory_id as text) as id, version, live, words, length, traits, author
      from keyword_documents order by 1, 2`),
    signatures:
      await place.rows(`select cast(d.memory_id as text) as id, cast(s.signature as text) as signature
      from keyword_signatures as s join keyword_documents as d on d.doc = s.doc order by 1, 2`),
    totals:
      await place.rows(`select live, cast(documents as integer) as documents, cast(terms as integer) as terms
      from keyword_totals order by live`),
  }
}

export async function stampOf(place: Place, name = 'keyword'): Promise<Row | null> {
  const rows = await place.rows(`select version, digest, needs_rebuild from artefacts where name = '${name}'`)
  return rows[0] ?? null
}

/** The rebuilds that the store tells of, oldest first. */
export function rebuilds(place: Place, name = 'keyword'): Promise<Row[]> {
  return place.rows(`select cast(id as text) as id, status, cursor from runs
    where kind = 'reindex' and target = '${name}' order by started_at, 1`)
}

const MARK = 1_000_000

/** Makes the index wrong in a way that only making it anew puts right. */
export function markIndex(place: Place): Promise<void> {
  return place.script(`update keyword_totals set terms = terms + ${MARK}`)
}

export async function isMarked(place: Place): Promise<boolean> {
  const [row] = await place.rows('select cast(max(terms) as integer) as terms from keyword_totals')
  return Number(row?.terms) >= MARK
}

/** Works on what is at a place, past opening it. */
export async function onEngine<T>(place: Place, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await place.connect()
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

/** Carries out what the stamps call for, under the lock. */
export function settle(place: Place, artefacts: readonly Artefact[] = ARTEFACTS): Promise<void> {
  return onEngine(place, engine =>
    engine.exclusively('a test', held =>
      settleArtefacts(engine, held, { surroundings: changing(), artefacts }),
    ),
  )
}

/** Fills what was dropped, under the lock. */
export function fill(
  place: Place,
  {
    artefacts = ARTEFACTS,
    ...more
  }: Pick<Surroundings, 'progress' | 'signal'> & { artefacts?: readonly Artefact[] } = {},
): Promise<void> {
  return onEngine(place, engine =>
    engine.exclusively('a test', held =>
      fillArtefacts(engine, held, { surroundings: changing(more), artefacts }),
    ),
  )
}
