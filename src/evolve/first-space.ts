/** The space that a store has without anybody asking for it: a new one, and one from before there were any. */

import { mustNotBeAborted } from '../embedding/abort.ts'
import type { Embedder } from '../embedding/embedder.ts'
import type { OpenOptions } from '../embedding/embedders.ts'
import { noiseOf } from '../embedding/noise.ts'
import type { EmbedderSpec } from '../embedding/open.ts'
import { parseEmbedder } from '../embedding/open.ts'
import { BOOTSTRAP_ID, type TenantId, type UserId } from '../model/memory.ts'
import { type SpaceId, spaceName } from '../model/space.ts'
import { toHalves } from '../model/vector.ts'
import { demandEmbedding } from '../store/embedding-demand.ts'
import { forgetEmbeddingProblems } from '../store/embedding-problem.ts'
import type { Database, Engine } from '../store/engine.ts'
import { SpaceWriter, spacesOf } from '../store/spaces.ts'
import { dropStoreSetting, setStoreSetting, storeSetting } from '../store/store-settings.ts'
import { PROBE } from './draining.ts'
import type { Surroundings } from './surroundings.ts'
import { FIRST_SPACE, SYSTEM, systemJournal } from './system-journal.ts'

/** Set once a store has had a space: whoever drops the last one wants none. */
const CHOSEN = 'spaces_chosen'

const tenant_id = BOOTSTRAP_ID

export interface FirstSpace {
  /** As the caller names a provider: `static`, `none`, … */
  readonly embedder: string
  readonly open: (spec: EmbedderSpec, options: OpenOptions) => Promise<Embedder>
  readonly surroundings: Surroundings
  readonly signal: AbortSignal
}

/**
 * Adds the default space where the store never had one, and has everything in it embedded.
 * @returns whether it did.
 * @throws INVALID_INPUT where the name is none, EMBEDDER_UNAVAILABLE where the provider must be asked and does not answer, ABORTED.
 */
export async function ensureFirstSpace(engine: Engine, first: FirstSpace): Promise<boolean> {
  const spec = parseEmbedder(first.embedder)
  if (spec === null || (await engine.read(db => hadSpaces(db, engine)))) return false
  const { signal } = first
  const embedder = await first.open(spec, { signal })
  try {
    const { space } = embedder
    const [vector = null] = embedder.isInstant ? [] : await embedder.embed([PROBE], 'document', { signal })
    const { now, newId } = first.surroundings
    const probe = vector === null ? null : toHalves(vector)
    const noise = await noiseOf(embedder, { signal })
    const added = { ...space, id: newId() as SpaceId, name: spaceName(space), noise, probe, is_default: true }
    mustNotBeAborted(signal)
    return await engine.write(db => addFirst(db, engine, { ...added, created_at: now() }, first))
  } finally {
    await embedder[Symbol.asyncDispose]()
  }
}

async function addFirst(
  db: Database,
  engine: Engine,
  space: Parameters<SpaceWriter['add']>[0],
  { surroundings: { salt } }: FirstSpace,
): Promise<boolean> {
  const told = { ...FIRST_SPACE, at: space.created_at, salt }
  const journal = systemJournal({ db, engine, tenant_id }, told)
  const principal = {
    tenant_id: tenant_id as TenantId,
    user_id: BOOTSTRAP_ID as UserId,
    kind: SYSTEM,
  } as const
  const spaces = new SpaceWriter(db, principal, { engine, journal })
  await spaces.lock()
  if (await hadSpaces(db, engine)) return false
  const { number } = await spaces.add(space)
  if (await isFilled(db)) await demandEmbedding(db, number)
  await setStoreSetting(db, CHOSEN, space.name)
  await journal.flush()
  return true
}

/**
 * After other rows were put in the place of those that the store had: whether it ever had a space is told by their
 * journal, and why the spaces of before could not be filled says nothing of theirs.
 */
export async function settleSpaces(db: Database): Promise<void> {
  const told = db.selectFrom('journal').select('subject_id').where('tenant_id', '=', tenant_id)
  const entry = await told.where('subject_kind', '=', 'space').limit(1).executeTakeFirst()
  if (entry === undefined) await dropStoreSetting(db, CHOSEN)
  else await setStoreSetting(db, CHOSEN, entry.subject_id)
  await forgetEmbeddingProblems(db)
}

/** Also what another process wrote a moment ago: under the lock of spaces it has either been seen or sees this one. */
async function isFilled(db: Database): Promise<boolean> {
  for (const table of ['memories', 'entities'] as const) {
    const query = db
      .selectFrom(table as 'memories')
      .select('id')
      .where('tenant_id', '=', tenant_id)
    if ((await query.limit(1).executeTakeFirst()) !== undefined) return true
  }
  return false
}

async function hadSpaces(db: Database, engine: Engine): Promise<boolean> {
  if ((await spacesOf(db, engine, tenant_id)).length > 0) return true
  return (await storeSetting(db, CHOSEN)) !== null
}
