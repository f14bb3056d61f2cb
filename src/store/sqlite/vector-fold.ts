/** Folding: taking rows into the vector index of a space, which are found one by one until then. */
import { Worker } from 'node:worker_threads'
import { type ErrorCode, HeirloomError } from '../../model/errors.ts'
import { mustNotBeAborted } from '../waiting.ts'
import { isCurrent, openVectorFile, type VectorFile } from './vector-file.ts'
import type { Order, Reply } from './vector-fold-worker.ts'
import type { IndexIdentity } from './vector-folder.ts'
import { type FoldingTask, toFoldingError } from './vector-folding.ts'
import { type VectorRows, whyNoGraphs } from './vector-graph.ts'

export interface Fold {
  /** The newest index, to go on from; null to begin anew, as where that is unusable. */
  readonly from: VectorFile | null
  /** Those to take in: ids ascend over all of them, and are after what `from` covers. A thousand at a time is well. */
  readonly rows: AsyncIterable<VectorRows> | Iterable<VectorRows>
  /** Ids to take out of `from`. Others come into their places, which finds a little less: begin anew after a third. */
  readonly removed?: readonly number[]
  /** The last row id that was looked at, where rows at the end have no vector. */
  readonly covered?: number
  readonly signal?: AbortSignal | undefined
}

/** Beside this file, in the sources as in the bundle. */
const WORKER = new URL(
  `./vector-fold-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
)

/**
 * Makes the next generation in a thread of its own and opens it; null where no vector is left. The caller holds the
 * store's lock, and opened `from` while holding it. Whatever ends it early leaves the generation before in its place, or the new one where that was being put there.
 * @throws STORE_FULL, STORE_READ_ONLY, STORE_UNAVAILABLE for what the disk says; STORE_CORRUPT when `from` was damaged
 * meanwhile; CONFLICT when it is not the newest; UNSUPPORTED where this machine has no indexes; ABORTED.
 */
export async function foldVectorFile(
  folder: string,
  wanted: IndexIdentity,
  { from, rows, removed = [], covered = 0, signal }: Fold,
): Promise<VectorFile | null> {
  mustNotBeAborted(signal)
  const missing = whyNoGraphs()
  if (missing !== null) throw new HeirloomError('UNSUPPORTED', `${missing}. Search goes on without an index.`)
  if (from !== null && !isCurrent(from))
    throw new HeirloomError('CONFLICT', `The vector index in ${folder} was renewed meanwhile. Open it again.`)
  const thread = new FoldThread({ folder, wanted, from: from?.manifest ?? null }, signal)
  try {
    await thread.do({ kind: 'begin' })
    if (from !== null && removed.length > 0) await thread.do({ kind: 'remove', ids: removed })
    for await (const { ids, vectors } of rows) {
      // A copy, since what is sent brings the whole buffer along that it is a part of.
      await thread.do({ kind: 'add', ids, vectors: vectors.slice() })
    }
    await thread.do({ kind: 'finish', covered })
  } finally {
    await thread.end()
  }
  const opened = await openVectorFile(folder, wanted)
  if (opened.kind === 'unusable')
    throw new HeirloomError('STORE_CORRUPT', `${opened.why}, right after it was made.`)
  return opened.kind === 'open' ? opened.index : null
}

class FoldThread {
  readonly #folder: string
  readonly #worker: Worker
  readonly #signal: AbortSignal | undefined
  /** Rejects when the thread can give no answer any more, or nobody wants it. */
  readonly #lost: Promise<never>
  readonly #abort: () => void
  readonly #ended: Promise<unknown>
  /** When it has nothing to do. */
  #idle: Promise<unknown> = Promise.resolve()

  constructor(task: FoldingTask, signal: AbortSignal | undefined) {
    this.#folder = task.folder
    this.#worker = new Worker(WORKER, { workerData: task, name: 'vector-fold' })
    this.#signal = signal
    const { promise, reject } = Promise.withResolvers<never>()
    this.#lost = promise
    this.#abort = () => reject(signal?.reason)
    signal?.addEventListener('abort', this.#abort)
    this.#ended = new Promise(resolve => this.#worker.once('exit', resolve))
    this.#worker.once('error', reject)
    this.#worker.once('exit', () =>
      reject(new HeirloomError('INTERNAL', 'Bug: the fold’s thread ended early')),
    )
    // It also ends when all is done, and nobody asks any more.
    promise.catch(() => undefined)
  }

  async do(order: Order): Promise<void> {
    mustNotBeAborted(this.#signal)
    const answered = new Promise<Reply>(resolve => this.#worker.once('message', resolve))
    this.#idle = answered
    this.#worker.postMessage(order, order.kind === 'add' ? [order.vectors.buffer as ArrayBuffer] : [])
    try {
      const reply = await Promise.race([answered, this.#lost])
      if (reply !== null) throw new HeirloomError(reply.code as ErrorCode, reply.message)
    } catch (error) {
      mustNotBeAborted(this.#signal)
      throw toFoldingError(error, this.#folder)
    }
  }

  async end(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort)
    // Ended amid what it was told to do, the library would throw what nobody catches, and end the whole process.
    await Promise.race([this.#idle, this.#ended])
    await this.#worker.terminate()
  }
}
