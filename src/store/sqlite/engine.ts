/**
 * SQLite: one writer and several readers in this process, any number of processes on the file. Files are opened by
 * SQLite alone, since closing any other descriptor of theirs would drop its locks.
 */
import { sql } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import { connectionOf } from '../connection.ts'
import type { Database, Engine, EngineReport, LockOptions, Stamps } from '../engine.ts'
import type { Change, Exclusive } from '../exclusive.ts'
import type { StoredSchema } from '../schema/stored.ts'
import { Statements } from '../statements.ts'
import { mustNotBeAborted, type Pause, retry, Turns } from '../waiting.ts'
import { sqliteAside } from './aside.ts'
import { mustHaveSafeSqlite, rawOf, SqliteConnection } from './connection.ts'
import { copyFile, inTemporary, replaceBy } from './copy.ts'
import { isBusy, isInputOutputError, toSqliteError } from './errors.ts'
import { type Damage, damage, diskUse, mayOnlyBeRead, UNDAMAGED } from './inspection.ts'
import { SqliteKeyword } from './keyword.ts'
import { underLock } from './lock.ts'
import { isNothing, type OpenMode, stamps, stampVersion, surveySchema } from './schema.ts'
import { SqliteVectors } from './vectors.ts'

/** Readers beyond this many wait; one thread gains nothing from more. */
const READERS = 4

export interface SqliteOptions {
  /** An absolute path, or `:memory:`. */
  readonly file: string
  readonly mode: OpenMode
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string
  readonly random: () => number
  readonly pause: Pause
}

/**
 * Finds the way to the file; what is in it is for `survey` to say.
 * @throws NOT_A_STORE, NOT_INITIALISED or STORE_UNAVAILABLE where no store can be there, or none may be made.
 */
export async function openSqlite(options: SqliteOptions): Promise<SqliteEngine> {
  if (options.file !== ':memory:') isNothing(options.file, options.mode)
  return new SqliteEngine(options)
}

export class SqliteEngine implements Engine {
  readonly name = 'sqlite'
  readonly location: string
  readonly statements = new Statements()
  readonly keyword: SqliteKeyword
  readonly vectors: SqliteVectors
  readonly aside = sqliteAside
  readonly copyFile: Engine['copyFile']
  readonly replaceBy: Engine['replaceBy']
  readonly rehearse: Engine['rehearse'] = (_permit, _steps, work) => this.#rehearse(work)
  readonly #options: SqliteOptions
  readonly #turns = new Turns()
  readonly #exclusive = new Turns()
  readonly #inMemory: boolean
  readonly #idle: SqliteConnection[] = []
  readonly #waiting: ((connection: SqliteConnection) => void)[] = []
  #readers = 0
  #writer: SqliteConnection | null = null
  #closed = false

  constructor(options: SqliteOptions) {
    this.#options = options
    this.#inMemory = options.file === ':memory:'
    this.location = this.#inMemory ? 'memory:' : options.file
    this.keyword = new SqliteKeyword(this.statements)
    this.vectors = new SqliteVectors(this, this.#inMemory ? null : options.file)
    const copy = (db: Database, to: string) => copyFile(connectionOf(db) as SqliteConnection, to)
    this.copyFile = this.#inMemory ? null : copy
    this.replaceBy = this.#inMemory ? null : (_held, from) => replaceBy(options.file, from)
  }

  async survey(): Promise<StoredSchema> {
    const { file, mode } = this.#options
    if (!this.#inMemory && isNothing(file, mode)) return { kind: 'fresh' }
    const look = async () => {
      const connection = this.#inMemory ? this.#openWriter() : await this.#borrow()
      try {
        return surveySchema(connection.raw, this.location)
      } finally {
        if (!this.#inMemory) this.#giveBack(connection)
      }
    }
    return this.#guarded(() => retry(look, this.#retries()))
  }

  create<T>(work: (change: Change) => Promise<T>): Promise<T | null> {
    return this.#change(async change => {
      const stored = surveySchema(rawOf(change), this.location)
      return stored.kind === 'fresh' ? work(change) : null
    })
  }

  async stamp(change: Change, version: number): Promise<void> {
    stampVersion(rawOf(change), version)
  }

  exclusively<T>(
    purpose: string,
    work: (held: Exclusive) => Promise<T>,
    options: LockOptions = {},
  ): Promise<T> {
    const { now, random, pause } = this.#options
    const request = {
      file: this.#inMemory ? null : this.#options.file,
      location: this.location,
      purpose,
      turns: this.#exclusive,
      transact: <R>(change: (change: Change) => Promise<R>, signal?: AbortSignal) =>
        this.#change(change, signal),
      now,
      random,
      pause,
      ...options,
    }
    return underLock(request, work)
  }

  #rehearse<T>(work: (copy: Engine) => Promise<T>): Promise<T> {
    return inTemporary(this.#inMemory ? null : this.#options.file, async file => {
      await this.read(db => copyFile(connectionOf(db) as SqliteConnection, file))
      const copy = new SqliteEngine({ ...this.#options, file, mode: 'existing' })
      return work(copy).finally(() => copy.close())
    })
  }

  async tableNames(db: Database): Promise<ReadonlySet<string>> {
    const { rows } = await sql<{ name: string }>`select name from sqlite_schema where type = 'table'`.execute(
      db,
    )
    return new Set(rows.map(({ name }) => name))
  }

  async read<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T> {
    // An in-memory store has a single connection, so its readers take turns with its writer.
    if (this.#inMemory)
      return this.#turns.take(() => this.#transact(this.#openWriter(), 'begin', work, signal))
    const connection = await this.#borrow()
    try {
      return await retry(() => this.#transact(connection, 'begin', work, signal), {
        ...this.#retries(),
        signal,
      })
    } catch (error) {
      throw toSqliteError(error, this.location)
    } finally {
      this.#giveBack(connection)
    }
  }

  write<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#change(change => work(change.db), signal)
  }

  async #change<T>(work: (change: Change) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const attempt = () => {
      const writer = this.#openWriter()
      const script = async (text: string) => void writer.raw.exec(text)
      return this.#transact(writer, 'begin immediate', db => work({ db, script }), signal)
    }
    return this.#turns.take(async () => {
      try {
        return await retry(attempt, { ...this.#retries(), signal })
      } catch (error) {
        if (isInputOutputError(error)) this.#discardWriter()
        throw toSqliteError(error, this.location)
      }
    })
  }

  /** BEGIN IMMEDIATE already made this process the only writer of the file. */
  async lockJournal(db: Database): Promise<Stamps> {
    const [row] = await this.statements.run(db, 'stamps', () => stamps(db), [])
    return { schema: row?.schema ?? 0, keyword: row?.keyword ?? '' }
  }

  async inspect({ deep }: { deep: boolean }): Promise<EngineReport> {
    const connection = this.#inMemory ? this.#openWriter() : await this.#borrow()
    try {
      const found = deep ? await this.#damage() : UNDAMAGED
      return {
        ...found,
        version: `SQLite ${mustHaveSafeSqlite(connection)}`,
        ...(this.#inMemory ? { bytes: null, free_bytes: null } : diskUse(this.#options.file)),
        settings: connection.settings(),
        problems: [...connection.wrongSettings(), ...found.problems],
        read_only: !this.#inMemory && mayOnlyBeRead(this.#options.file),
      }
    } finally {
      if (!this.#inMemory) this.#giveBack(connection)
    }
  }

  /** In turn, and waiting for other processes: comparing the index with its words takes the write lock. */
  #damage(): Promise<Damage> {
    return this.#turns.take(() => retry(async () => damage(this.#openWriter()), this.#retries()))
  }

  async close(): Promise<void> {
    await this.#turns.take(async () => {
      this.#closed = true
      for (const reader of this.#idle.splice(0)) reader.close()
      this.#writer?.close()
      this.#writer = null
    })
  }

  async #transact<T>(
    connection: SqliteConnection,
    begin: 'begin' | 'begin immediate',
    work: (db: Database) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    mustNotBeAborted(signal)
    connection.raw.exec(begin)
    connection.signal = signal
    try {
      const result = await work(connection.database)
      connection.raw.exec('commit')
      return result
    } finally {
      connection.signal = undefined
      if (connection.raw.open && connection.raw.inTransaction) connection.raw.exec('rollback')
    }
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toSqliteError(error, this.location)
    }
  }

  #retries() {
    // Some 30 s in all: longer than any write of another process should take, short enough to say so.
    return {
      again: isBusy,
      attempts: 120,
      first: 5,
      longest: 250,
      random: this.#options.random,
      pause: this.#options.pause,
    }
  }

  #mustBeOpen(): void {
    if (this.#closed)
      throw new HeirloomError('STORE_UNAVAILABLE', `${this.location} was closed. Open it again.`)
  }

  #openWriter(): SqliteConnection {
    this.#mustBeOpen()
    if (this.#writer === null) {
      const writer = new SqliteConnection(this.#options.file, { readonly: false })
      try {
        writer.configure(this.location, { wal: true })
        mustHaveSafeSqlite(writer)
      } catch (error) {
        writer.close()
        throw error
      }
      this.#writer = writer
    }
    return this.#writer
  }

  /** After an I/O error the connection may hold pages that never reached the disk. */
  #discardWriter(): void {
    if (this.#inMemory) return
    this.#writer?.close()
    this.#writer = null
  }

  async #borrow(): Promise<SqliteConnection> {
    this.#mustBeOpen()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#readers >= READERS) return new Promise(resolve => this.#waiting.push(resolve))
    const reader = new SqliteConnection(this.#options.file, { readonly: true })
    try {
      reader.configure(this.location, { wal: false })
    } catch (error) {
      reader.close()
      throw error
    }
    this.#readers++
    return reader
  }

  #giveBack(connection: SqliteConnection): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(connection)
    else next(connection)
  }
}
