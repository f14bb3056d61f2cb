/**
 * Embeds what waits in the queue of a space. Several processes may be at it: each takes a part for a while. Nothing is
 * embedded inside a transaction, and what was changed meanwhile is left for another turn.
 */
import { mustNotBeAborted, untilAborted } from '../embedding/abort.ts'
import type { Embedders } from '../embedding/embedders.ts'
import { HeirloomError } from '../model/errors.ts'
import { isInstant, type Space } from '../model/space.ts'
import { isDemanded, queueDemanded } from '../store/embedding-demand.ts'
import { embeddingProblem, noteEmbeddingProblem } from '../store/embedding-problem.ts'
import {
  claimWork,
  completeWork,
  type Embedding,
  failWork,
  type QueueOf,
  releaseWork,
  renewWork,
  type Work,
} from '../store/embedding-work.ts'
import type { Database, Engine, Stamps } from '../store/engine.ts'
import { mustBeUnchanged, presentStamps } from '../store/stamps.ts'
import { IndexBeside } from './index-beside.ts'
import type { Surroundings } from './surroundings.ts'

/** Texts that are claimed at a time. */
const AT_ONCE = 512

/** A text that every provider can embed: it tells whether a failure is the text's or the provider's. */
export const PROBE = 'The quick brown fox jumps over the lazy dog.'

export interface Draining {
  readonly engine: Engine
  readonly embedders: Pick<Embedders, 'of' | 'embed'>
  readonly tenant_id: string
  /** Those that the store was opened with: a write stops where another build has changed it since. */
  readonly stamps: Stamps | null
  readonly surroundings: Surroundings
}

export interface Drained {
  readonly embedded: number
  /** Texts that failed by themselves; they are tried again later, or were set aside. */
  readonly failed: number
}

/**
 * Works until nothing of the space is due.
 * @throws EMBEDDER_UNAVAILABLE, SPACE_MISMATCH or ABORTED; what was taken is given back then.
 */
export async function drainSpace(draining: Draining, space: Space): Promise<Drained> {
  try {
    const done = await drainAll(draining, space)
    if (await hasShown(draining, space, done)) await noteProblem(draining, space, null)
    return done
  } catch (error) {
    if (isOfProvider(error)) await noteProblem(draining, space, error.message)
    throw error
  }
}

function isOfProvider(error: unknown): error is HeirloomError {
  return (
    error instanceof HeirloomError &&
    (error.code === 'EMBEDDER_UNAVAILABLE' || error.code === 'SPACE_MISMATCH')
  )
}

/** Kept where every process sees it; a store that cannot be written to has nothing to embed either. */
export async function noteProblem(
  { engine, surroundings }: Pick<Draining, 'engine' | 'surroundings'>,
  { number }: Space,
  problem: string | null,
): Promise<void> {
  const known = await engine.read(db => embeddingProblem(db, number))
  if (known === null && problem === null) return
  const noted = problem === null ? null : { problem, at: surroundings.now() }
  await engine.write(db => noteEmbeddingProblem(db, number, noted))
}

/** Whether the provider works: it was asked, or there is nothing that it could be asked. */
async function hasShown({ engine }: Draining, { number }: Space, done: Drained): Promise<boolean> {
  if (done.embedded + done.failed > 0) return true
  const query = (db: Database) =>
    db.selectFrom('embedding_queue').select('subject_id').where('space', '=', number).limit(1)
  const left = await engine.read(db => query(db).where('set_aside', '=', 0).execute())
  return left.length === 0
}

/** Its index is made meanwhile, and is up to date in the end. */
async function drainAll(draining: Draining, space: Space): Promise<Drained> {
  const { engine, surroundings } = draining
  const index = new IndexBeside({ engine, space, signal: surroundings.signal })
  let done: Drained
  try {
    done = await drainBatches(draining, space, index)
  } catch (error) {
    await index.settle().catch(() => undefined)
    throw error
  }
  await index.settle()
  index.fold({ isBusy: false })
  await index.settle()
  return done
}

async function drainBatches(draining: Draining, space: Space, index: IndexBeside): Promise<Drained> {
  const { engine, embedders, tenant_id, surroundings } = draining
  const queue = { tenant_id, space: space.number }
  let embedded = 0
  let failed = 0
  // Before anything is taken: a provider that is not there has no use of it.
  await untilAborted(embedders.of(space), surroundings.signal)
  // What fails from here on has had its turn.
  const due = surroundings.now()
  const total = surroundings.progress === undefined ? 0 : await engine.read(db => waitingIn(db, queue))
  for (;;) {
    mustNotBeAborted(surroundings.signal)
    const done = await drainBatch(draining, space, due)
    if (done === null) {
      if (await queueMore(draining, queue)) continue
      break
    }
    embedded += done.embedded
    failed += done.failed
    surroundings.progress?.({
      item: `embedding into ${space.name}`,
      done: embedded,
      total: Math.max(embedded, total),
    })
    index.fold({ isBusy: done.embedded + done.failed >= AT_ONCE })
  }
  return { embedded, failed }
}

/**
 * What was in the store before the space was, a part at a time, so that the queue never holds all of it at once.
 * @returns whether there was any.
 */
async function queueMore({ engine, stamps }: Draining, queue: QueueOf): Promise<boolean> {
  if (!(await engine.read(db => isDemanded(db, queue.space)))) return false
  await engine.write(async db => {
    if (stamps !== null) mustBeUnchanged(stamps, await presentStamps(db), engine.location)
    await queueDemanded(db, queue)
  })
  return true
}

async function drainBatch(draining: Draining, space: Space, due: string): Promise<Drained | null> {
  const { engine, tenant_id, stamps, surroundings } = draining
  const by = surroundings.newId()
  const claim = { tenant_id, space: space.number, by, due, limit: AT_ONCE }
  const work = await engine.write(async db => {
    if (stamps !== null) mustBeUnchanged(stamps, await presentStamps(db), engine.location)
    return claimWork(db, engine, { ...claim, now: surroundings.now() })
  })
  if (work.length === 0) return null
  try {
    return await embedAll(draining, space, { work, by })
  } catch (error) {
    // What is told is why it failed; what stays claimed falls to others in a while.
    await engine.write(db => releaseWork(db, { space: space.number, by })).catch(() => undefined)
    throw error
  }
}

interface Embedded {
  readonly done: readonly Embedding[]
  readonly failures: readonly { readonly work: Work; readonly reason: string }[]
}

/** Writes what each call of the provider gave before the next one, and holds on to the rest. */
async function embedAll(
  draining: Draining,
  space: Space,
  { work, by }: { readonly work: readonly Work[]; readonly by: string },
): Promise<Drained> {
  const { engine, embedders, surroundings } = draining
  const { number } = space
  const batch = isInstant(space.provider) ? AT_ONCE : (await embedders.of(space)).batch
  let embedded = 0
  let failed = 0
  for (let start = 0; start < work.length; start += batch) {
    mustNotBeAborted(surroundings.signal)
    const { done, failures } = await embedPart(draining, space, work.slice(start, start + batch))
    embedded += await engine.write(async db => {
      const now = surroundings.now()
      for (const { work, reason } of failures)
        await failWork(db, { space: number, by, subject_id: work.subject_id, reason, now })
      const written = await completeWork(db, engine, { space: number, by, done })
      await renewWork(db, { space: number, by, now })
      return written
    })
    failed += failures.length
  }
  return { embedded, failed }
}

/** Where a part fails although the provider works, it is halved until the text that it fails for stands alone. */
async function embedPart(draining: Draining, space: Space, work: readonly Work[]): Promise<Embedded> {
  const { embedders, surroundings } = draining
  const { signal } = surroundings
  try {
    const texts = work.map(({ text }) => text)
    const vectors = await embedders.embed(space, texts, { purpose: 'document', signal })
    return { done: work.map((one, at) => ({ work: one, vector: vectors[at] ?? null })), failures: [] }
  } catch (error) {
    if (isOver(error)) throw error
    await embedders.embed(space, [PROBE], { purpose: 'document', signal })
    const [only] = work
    if (work.length === 1 && only !== undefined)
      return { done: [], failures: [{ work: only, reason: reasonOf(error) }] }
    const middle = Math.ceil(work.length / 2)
    const first = await embedPart(draining, space, work.slice(0, middle))
    const second = await embedPart(draining, space, work.slice(middle))
    return {
      done: [...first.done, ...second.done],
      failures: [...first.failures, ...second.failures],
    }
  }
}

function isOver(error: unknown): boolean {
  return error instanceof HeirloomError && (error.code === 'ABORTED' || error.code === 'SPACE_MISMATCH')
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500) : String(error)
}

/** What waits, with what was not even queued yet. */
async function waitingIn(db: Database, { space, tenant_id }: QueueOf): Promise<number> {
  const countOf = async (table: 'embedding_queue' | 'memories'): Promise<number> => {
    const query = db.selectFrom(table as 'memories').select(eb => eb.fn.countAll<number>().as('count'))
    const own =
      table === 'memories'
        ? query.where('tenant_id', '=', tenant_id)
        : query.where('space' as 'id', '=', space as never)
    return Number((await own.executeTakeFirst())?.count ?? 0)
  }
  return (await isDemanded(db, space)) ? countOf('memories') : countOf('embedding_queue')
}
