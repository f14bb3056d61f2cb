/**
 * The store as one principal may use it. Reading takes a principal, writing also a stamp: there is no unscoped read,
 * and no change without its line in the journal.
 */
import type { Principal } from '../model/access.ts'
import type { Stamp } from '../model/journal.ts'
import { type Agreement, checkAgreement } from './agreement/agreement.ts'
import { DocumentReader, DocumentWriter } from './documents.ts'
import type { Database, Engine } from './engine.ts'
import { claim, earlierAnswer, type IdempotencyClaim, keep } from './idempotency.ts'
import { JournalReader, JournalWriter } from './journal.ts'
import { KeywordReader } from './keyword-reader.ts'
import { KeywordWriter } from './keyword-writer.ts'
import { MemoryReader } from './memories.ts'
import { MemoryWriter } from './memory-writer.ts'
import { ProjectReader, ProjectWriter } from './projects.ts'
import { SettingReader } from './settings.ts'
import { UsageWriter } from './usage.ts'

export interface ReadHandle {
  readonly memories: MemoryReader
  readonly documents: DocumentReader
  readonly projects: ProjectReader
  readonly journal: JournalReader
  readonly keyword: KeywordReader
  readonly settings: SettingReader
  /** Proves that rows and what is derived from them agree. Reads everything. */
  readonly checkAgreement: () => Promise<Agreement>
}

export interface WriteHandle {
  readonly memories: MemoryWriter
  readonly documents: DocumentWriter
  readonly projects: ProjectWriter
  readonly keyword: KeywordReader
}

export interface WriteOptions {
  readonly signal?: AbortSignal | undefined
  readonly idempotency?: IdempotencyClaim | undefined
}

export class Store {
  readonly engine: Engine
  readonly usage: UsageWriter
  readonly #salt: () => string

  /** `salt` gives a new random text at each call; it keeps erased payloads from being guessed by their digest. */
  constructor(engine: Engine, salt: () => string) {
    this.engine = engine
    this.usage = new UsageWriter(engine)
    this.#salt = salt
  }

  read<T>(principal: Principal, work: (tx: ReadHandle) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.engine.read(db => work(this.#readHandle(db, principal)), signal)
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
    return this.engine.write(async db => {
      const context = { db, principal, now: stamp.at }
      const earlier = options.idempotency ? await claim<T>(context, options.idempotency) : null
      if (earlier !== null) return earlier.answer
      const journal = new JournalWriter(db, this.engine, { principal, stamp, salt: this.#salt })
      const keyword = new KeywordWriter(db, this.engine, principal)
      const answer = await work(this.#writeHandle(db, principal, { journal, keyword, now: stamp.at }))
      if (options.idempotency) await keep(context, options.idempotency, answer)
      await journal.flush()
      await keyword.flush()
      return answer
    }, options.signal)
  }

  async close(): Promise<void> {
    await this.usage.flush()
    await this.engine.close()
  }

  #readHandle(db: Database, principal: Principal): ReadHandle {
    return {
      memories: new MemoryReader(db, principal, this.engine),
      documents: new DocumentReader(db, principal),
      projects: new ProjectReader(db, principal),
      journal: new JournalReader(db, principal),
      keyword: new KeywordReader(db, this.engine, principal),
      settings: new SettingReader(db, principal),
      checkAgreement: () => checkAgreement(db, principal),
    }
  }

  #writeHandle(
    db: Database,
    principal: Principal,
    { journal, keyword, now }: { journal: JournalWriter; keyword: KeywordWriter; now: string },
  ): WriteHandle {
    return {
      memories: new MemoryWriter(db, principal, this.engine, { journal, keyword }),
      documents: new DocumentWriter(db, principal, this.engine, journal),
      projects: new ProjectWriter(db, principal, journal, now),
      keyword: new KeywordReader(db, this.engine, principal),
    }
  }
}
