/** Memories with vectors by the thousand, in clusters as those of texts are, past every operation. */
import { sql } from 'kysely'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { SpaceDescription } from '../../src/model/space.ts'
import { dot, fromHalves, toHalves } from '../../src/model/vector.ts'
import type { Engine, KeywordScope } from '../../src/store/engine.ts'
import type { MemoryFilter } from '../../src/store/memory-filter.ts'
import type { IndexedSpace, VectorQuery, VectorRow } from '../../src/store/vector-engine.ts'
import { seeded } from './random.ts'

export interface Filling {
  readonly engine: Engine
  readonly space: IndexedSpace
  readonly vectors: readonly Float32Array[]
}

/** Vectors of length 1 around centres, so that neighbours are near to each other; of 16-bit floats, as they are stored. */
export function clustered(count: number, dimensions: number, seed: number): Float32Array[] {
  const random = seeded(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const centres = Array.from({ length: Math.ceil(Math.sqrt(count)) }, () =>
    Float32Array.from({ length: dimensions }, normal),
  )
  return Array.from({ length: count }, () => {
    const centre = centres[Math.floor(random() * centres.length)]!
    const vector = centre.map(number => number + 0.7 * normal())
    const length = Math.hypot(...vector)
    return fromHalves(toHalves(vector.map(number => number / length)))
  })
}

export function subjectId(number: number): string {
  return `01900000-0000-7000-a000-${number.toString(16).padStart(12, '0')}`
}

/** A space that vectors are put into; of the shipped provider where nothing else is said. */
export async function addSpace(
  { engine, space }: Pick<Filling, 'engine' | 'space'>,
  made: Partial<SpaceDescription> = {},
): Promise<void> {
  await engine.write(db =>
    db
      .insertInto('spaces')
      .values({
        tenant_id: BOOTSTRAP_ID,
        ...space,
        name: `space-${space.number}`,
        provider: 'static',
        model: 'test',
        pooling: 'mean',
        query_prefix: '',
        document_prefix: '',
        digest: '',
        ...made,
        normalised: 1,
        noise: 0,
        probe: null,
        is_default: 0,
        created_at: '2026-01-01T00:00:00.000Z',
      })
      .execute(),
  )
}

export const SPACE: IndexedSpace = { id: subjectId(0) as IndexedSpace['id'], number: 1, dimensions: 16 }

/**
 * A tenth of the memories are of the session and the author "1 in 10", and so on to a thousandth; sessions have an
 * index, authors have none.
 */
export function shareOf(number: number): string {
  for (const share of [1000, 100, 10]) if (number % share === share / 2) return `1 in ${share}`
  return '1 in 1'
}

/** Live memories, one for each number from `from` on. */
export async function addMemories(engine: Engine, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => from + index)
  for (let start = 0; start < count; start += 1000) {
    const part = numbers.slice(start, start + 1000)
    await engine.write(async db => {
      await sql`insert into memories (
          tenant_id, id, version, revision, kind, content, content_hash, tags, metadata, topics, session_id, author,
          status, earlier_statuses, trust, recorded_at, updated_at, owner_user_id, visibility, shared_with_groups,
          "partition", scheme_version)
        select ${BOOTSTRAP_ID}::uuid, id, 1, 1, 'note', id::text, id::text, '[]', '{}', '[]', share, share,
          'active', '[]', 'stated', '2026-01-01', '2026-01-01', ${BOOTSTRAP_ID}::uuid, 'private', '[]', '', 1
        from unnest(${part.map(subjectId)}::uuid[], ${part.map(shareOf)}::text[]) as given(id, share)`.execute(
        db,
      )
      await sql`insert into keyword_documents (
          tenant_id, memory_id, version, live, owner_user_id, trust, recorded_at, words, length, traits, author, lexemes)
        select ${BOOTSTRAP_ID}::uuid, id, 1, 1, ${BOOTSTRAP_ID}::uuid, 'stated', '2026-01-01', ' word ', 1, 0, '', ''
        from unnest(${part.map(subjectId)}::uuid[]) as given(id)`.execute(db)
    })
  }
}

export function vectorRows({ space, vectors }: Omit<Filling, 'engine'>, from: number): VectorRow[] {
  return vectors.map((vector, index) => ({
    space: space.number,
    subject_id: subjectId(from + index),
    text_hash: '',
    vector: toHalves(vector),
  }))
}

export async function addVectors({ engine, ...given }: Filling, from: number): Promise<void> {
  const rows = vectorRows(given, from)
  for (let start = 0; start < rows.length; start += 1000)
    await engine.write(db => engine.vectors.insert(db, rows.slice(start, start + 1000)))
}

/** As whoever made the store would ask. */
export function asking(
  space: IndexedSpace,
  vector: Float32Array,
  { limit = 10, ...more }: Partial<VectorQuery> = {},
): VectorQuery {
  const scope: KeywordScope = {
    part: 'live',
    tenant_id: BOOTSTRAP_ID,
    owner_user_id: BOOTSTRAP_ID,
    filter: null,
  }
  return { ...scope, space, vector, limit, ...more }
}

export function only(fields: MemoryFilter): Pick<VectorQuery, 'filter'> {
  return { filter: { table: 'memories', fields } }
}

/** What comparing all of them gives: ids of the memories 1, 2, … that are among those asked for. */
export function nearestOf(
  vectors: readonly Float32Array[],
  { vector, limit }: VectorQuery,
  among: (number: number) => boolean = () => true,
): string[] {
  return vectors
    .map((own, index) => ({ number: index + 1, similarity: dot(vector, own) }))
    .filter(({ number }) => among(number))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map(({ number }) => subjectId(number))
}
