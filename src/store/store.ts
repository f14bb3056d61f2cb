/**
 * The store as one principal may use it. Reading takes a principal, writing also a stamp: there is no unscoped read,
 * and no change without its line in the journal.
 */
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Stamp } from '../model/journal.ts'
import { type Agreement, type AgreementOptions, checkAgreement } from './agreement/agreement.ts'
import { type DigestOptions, type StoreDigest, storeDigest } from './digest/digest.ts'
import { DocumentReader, DocumentWriter } from './documents.ts'
import type { Database, Engine, Stamps } from './engine.ts'
import { claim, earlierAnswer, type IdempotencyClaim, keep } from './idempotency.ts'
import { JournalReader, JournalWriter } from './journal.ts'
import { KeywordReader } from './keyword-reader.ts'
import { KeywordWriter } from './keyword-writer.ts'
import { LinkWriter } from './link-writer.ts'
import { LinkReader } from './links.ts'
import { MemoryReader } from './memories.ts'
import { MemoryWriter } from './memory-writer.ts'
import { ProjectReader, ProjectWriter } from './projects.ts'
import { RunReader } from './runs.ts'
import { SettingReader } from './settings.ts'
import { changedMeanwhile } from './stamps.ts'
import { UsageWriter } from './usage.ts'

export interface ReadHandle {
  readonly memories: MemoryReader
  readonly links: LinkReader
  readonly documents: DocumentReader
  readonly projects: ProjectReader
  readonly journal: JournalReader
  readonly keyword: KeywordReader
  readonly settings: SettingReader
  readonly runs: RunReader
  /** Proves that rows and what is derived from them agree. Reads everything. */
  readonly checkAgreement: (options: AgreementOptions) => Promise<Agreement>
  /** Hashes all that the store holds, whosever it is. Reads everything. */
  readonly digest: (options?: DigestOptions) => Promise<StoreDigest>
}

export interface WriteHandle {
  readonly memories: MemoryWriter
  readonly links: LinkWriter
  readonly documents: DocumentWriter
  readonly projects: ProjectWriter
  readonly keyword: KeywordReader
  readonly settings: SettingReader
}

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
  /** New random text at each call; it keeps erased payloads from being guessed by their digest. */
  readonly salt: () => string
  /** What the store was when it was opened: a write stops where another build has changed it since. */
  readonly stamps?: Stamps | null
  readonly task?: Task | null
}

interface Writers {
  readonly journal: JournalWriter
  readonly keyword: KeywordWriter
  readonly links: LinkWriter
}

export class Store {
  readonly engine: Engine
  readonly usage: UsageWriter
  readonly #salt: () => string
  readonly #stamps: Stamps | null
  readonly #task: Task | null

  constructor(engine: Engine, { salt, stamps = null, task = null }: StoreOptions) {
    this.engine = engine
    this.usage = new UsageWriter(engine, stamps)
    this.#salt = salt
    this.#stamps = stamps
    this.#task = task
  }

  read<T>(principal: Principal, work: (tx: ReadHandle) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#explained(() => this.engine.read(db => work(this.#readHandle(db, principal)), signal))
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
    const attempt = async (db: Database) => {
      const context = { db, principal, now: stamp.at }
      const earlier = options.idempotency ? await claim<T>(context, options.idempotency) : null
      if (earlier !== null) return earlier.answer
      const told = { principal, stamp, salt: this.#salt, stamps: this.#stamps }
      const journal = new JournalWriter(db, this.engine, told)
      const keyword = new KeywordWriter(db, this.engine, principal)
      const links = new LinkWriter(db, principal, this.engine, { journal, now: stamp.at })
      const answer = await work(this.#writeHandle(db, principal, { journal, keyword, links, now: stamp.at }))
      await links.flush()
      if (options.idempotency) await keep(context, options.idempotency, answer)
      await journal.flush()
      await keyword.flush()
      return answer
    }
    return this.#explained(() => this.engine.write(attempt, options.signal))
  }

  /** What is missing may have been taken away by a restore while the store was open; then that is the reason. */
  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (this.#stamps === null || !(error instanceof HeirloomError) || error.code !== 'STORE_CORRUPT')
        throw error
      const stored = await this.engine.survey().catch(() => null)
      if (stored?.kind !== 'versioned' || stored.version === this.#stamps.schema) throw error
      throw changedMeanwhile(this.#stamps, stored.version, this.engine.location)
    }
  }

  async close(): Promise<void> {
    await this.#task?.stop()
    await this.usage.flush()
    await this.engine.close()
  }

  #readHandle(db: Database, principal: Principal): ReadHandle {
    return {
      memories: new MemoryReader(db, principal, this.engine),
      links: new LinkReader(db, principal, this.engine),
      documents: new DocumentReader(db, principal),
      projects: new ProjectReader(db, principal),
      journal: new JournalReader(db, principal),
      keyword: new KeywordReader(db, this.engine, principal),
      settings: new SettingReader(db, principal, this.engine),
      runs: new RunReader(db),
      checkAgreement: options => checkAgreement(db, { principal, engine: this.engine }, options),
      digest: async options => storeDigest(db, await this.engine.tableNames(db), options),
    }
  }

  #writeHandle(
    db: Database,
    principal: Principal,
    { journal, keyword, links, now }: Writers & { now: string },
  ): WriteHandle {
    return {
      memories: new MemoryWriter(db, principal, this.engine, { journal, keyword, links }),
      links,
      documents: new DocumentWriter(db, principal, this.engine, journal),
      projects: new ProjectWriter(db, principal, journal, now),
      keyword: new KeywordReader(db, this.engine, principal),
      settings: new SettingReader(db, principal, this.engine),
    }
  }
}
