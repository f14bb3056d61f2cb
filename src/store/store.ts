/**
 * The store as one principal may use it. Reading takes a principal, writing also a stamp: there is no unscoped read,
 * and no change without its line in the journal.
 */
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Stamp } from '../model/journal.ts'
import type { Queued } from './embedding-queue.ts'
import type { Database, Engine, Stamps } from './engine.ts'
import { type ReadHandle, readHandle, type WriteHandle, writing } from './handles.ts'
import { claim, earlierAnswer, type IdempotencyClaim, keep } from './idempotency.ts'
import { changedMeanwhile } from './stamps.ts'
import { UsageWriter } from './usage.ts'

export type { ReadHandle, WriteHandle } from './handles.ts'

export interface WriteOptions {
  readonly signal?: AbortSignal | undefined
  readonly idempotency?: IdempotencyClaim | undefined
}

/** Something that goes on beside the calls. */
export interface Task {
  readonly done: Promise<void>
  /** Ends it at the next moment at which nothing is lost. */
  readonly stop: () => Promise<void>
}

export interface StoreOptions {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string
  /** A new UUIDv7 at each call, for records that the store makes by itself. */
  readonly newId: () => string
  /** New random text at each call; it keeps erased payloads from being guessed by their digest. */
  readonly salt: () => string
  /** What the store was when it was opened: a write stops where another build has changed it since. */
  readonly stamps?: Stamps | null
  readonly task?: Task | null
  /** Told after a commit what it left to be embedded. */
  readonly queued?: (queued: Queued) => void
}

/** What an operation answers, with what takes its change back; null where nothing was changed. */
export type WithReceipt<T> = T & { receipt: string | null }

export class Store {
  readonly engine: Engine
  readonly usage: UsageWriter
  readonly #options: StoreOptions

  constructor(engine: Engine, options: StoreOptions) {
    this.engine = engine
    this.usage = new UsageWriter(engine, options.stamps ?? null)
    this.#options = options
  }

  read<T>(principal: Principal, work: (tx: ReadHandle) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { engine } = this
    const now = this.#options.now()
    return this.#explained(() => engine.read(db => work(readHandle(db, { engine, principal, now })), signal))
  }

  /** What an earlier call answered under an idempotency key, for operations that take several transactions. */
  earlierAnswer<T>(
    principal: Principal,
    now: string,
    wanted: IdempotencyClaim,
  ): Promise<{ answer: T } | null> {
    return this.engine.read(db => earlierAnswer<T>({ db, principal, now }, wanted))
  }

  /**
   * Runs the work and journals what it changed, in one transaction; again from the start where the engine retries,
   * so the work must have no effects outside of it.
   */
  write<T>(
    principal: Principal,
    stamp: Stamp,
    work: (tx: WriteHandle) => Promise<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#write({ principal, stamp, options }, work, answer => answer)
  }

  /** As `write`; the answer also has the receipt by which all of it can be taken back. */
  change<T extends object>(
    principal: Principal,
    stamp: Stamp,
    work: (tx: WriteHandle) => Promise<T>,
    options: WriteOptions = {},
  ): Promise<WithReceipt<T>> {
    return this.#write({ principal, stamp, options }, work, (answer, receipt) => ({ ...answer, receipt }))
  }

  async #write<T, R>(
    { principal, stamp, options }: { principal: Principal; stamp: Stamp; options: WriteOptions },
    work: (tx: WriteHandle) => Promise<T>,
    answered: (answer: T, receipt: string | null) => R,
  ): Promise<R> {
    const { engine } = this
    const { salt, newId, stamps = null } = this.#options
    let queued: Queued | null = null
    const attempt = async (db: Database) => {
      queued = null
      const context = { db, principal, now: stamp.at }
      const earlier = options.idempotency ? await claim<R>(context, options.idempotency) : null
      if (earlier !== null) return earlier.answer
      const { tx, finish, end } = writing(db, { engine, principal, stamp, stamps, salt, newId })
      const done = await work(tx)
      const answer = answered(done, await finish())
      if (options.idempotency) await keep(context, options.idempotency, answer)
      queued = await end()
      return answer
    }
    const answer = await this.#explained(() => engine.write(attempt, options.signal))
    if (queued !== null) this.#options.queued?.(queued)
    return answer
  }

  /** What is missing may have been taken away by a restore while the store was open; then that is the reason. */
  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const { stamps = null } = this.#options
      if (stamps === null || !(error instanceof HeirloomError) || error.code !== 'STORE_CORRUPT') throw error
      const stored = await this.engine.survey().catch(() => null)
      if (stored?.kind !== 'versioned' || stored.version === stamps.schema) throw error
      throw changedMeanwhile(stamps, stored.version, this.engine.location)
    }
  }

  async close(): Promise<void> {
    await this.#options.task?.stop()
    await this.usage.flush()
    await this.engine.close()
  }
}
