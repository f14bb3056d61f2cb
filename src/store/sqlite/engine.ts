/**
 * SQLite: one writer and several readers in this process, any number of processes on the file. Files are opened by
 * SQLite alone, since closing any other descriptor of theirs would drop its locks.
 */
import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { HeirloomError } from '../../model/errors.ts'
import type { Database, Engine, EngineReport } from '../engine.ts'
import { Statements } from '../statements.ts'
import { mustNotBeAborted, type Pause, retry, Turns } from '../waiting.ts'
import { mustHaveSafeSqlite, SqliteConnection } from './connection.ts'
import { isBusy, isInputOutputError, isReadOnly, toSqliteError } from './errors.ts'
import { SqliteKeyword } from './keyword.ts'
import { type OpenMode, prepareSchema } from './schema.ts'

/** Readers beyond this many wait; one thread gains nothing from more. */
const READERS = 4

export interface SqliteOptions {
  /** An absolute path, or `:memory:`. */
  readonly file: string
  readonly mode: OpenMode
  readonly random: () => number
  readonly pause: Pause
}

export async function openSqlite(options: SqliteOptions): Promise<SqliteEngine> {
  const engine = new SqliteEngine(options)
  try {
    await engine.prepare()
  } catch (error) {
    await engine.close()
    throw toSqliteError(error, options.file)
  }
  return engine
}

export class SqliteEngine implements Engine {
  readonly name = 'sqlite'
  readonly location: string
  readonly statements = new Statements()
  readonly keyword: SqliteKeyword
  /** Whether this opening made the store. */
  created = false
  readonly #options: SqliteOptions
  readonly #turns = new Turns()
  readonly #inMemory: boolean
  readonly #idle: SqliteConnection[] = []
  readonly #waiting: ((connection: SqliteConnection) => void)[] = []
  #readers = 0
  #writer: SqliteConnection | null = null
  #version = ''
  #closed = false

  constructor(options: SqliteOptions) {
    this.#options = options
    this.#inMemory = options.file === ':memory:'
    this.location = this.#inMemory ? 'memory:' : options.file
    this.keyword = new SqliteKeyword(this.statements)
  }

  async prepare(): Promise<void> {
    const { connection, role, created } = await retry(
      async () => prepareSchema(this.#options),
      this.#retries(),
    )
    if (role === 'writer') this.#writer = connection
    else {
      this.#idle.push(connection)
      this.#readers = 1
    }
    this.created = created
    this.#version = mustHaveSafeSqlite(connection)
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

  async write<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const attempt = () => this.#transact(this.#openWriter(), 'begin immediate', work, signal)
    return this.#turns.take(async () => {
      try {
        return await retry(attempt, { ...this.#retries(), signal })
      } catch (error) {
        if (isInputOutputError(error)) this.#discardWriter()
        throw toSqliteError(error, this.location)
      }
    })
  }

  async lockJournal(): Promise<void> {
    // BEGIN IMMEDIATE already made this process the only writer of the file.
  }

  async inspect({ deep }: { deep: boolean }): Promise<EngineReport> {
    const connection = this.#inMemory ? this.#openWriter() : await this.#borrow()
    try {
      const found = deep ? await this.#damage() : { problems: [], unchecked: [] }
      return {
        version: `SQLite ${this.#version}`,
        ...(this.#inMemory ? { bytes: null, free_bytes: null } : diskUse(this.#options.file)),
        settings: connection.settings(),
        problems: [...connection.wrongSettings(), ...found.problems],
        unchecked: found.unchecked,
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
      this.#writer = new SqliteConnection(this.#options.file, { readonly: false })
      this.#writer.configure(this.location, { wal: true })
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
    reader.configure(this.location, { wal: false })
    this.#readers++
    return reader
  }

  #giveBack(connection: SqliteConnection): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(connection)
    else next(connection)
  }
}

type Damage = Pick<EngineReport, 'problems' | 'unchecked'>

function damage({ raw }: SqliteConnection): Damage {
  const rows = raw.pragma('integrity_check(20)') as { integrity_check: string }[]
  const problems = rows.map(row => row.integrity_check).filter(text => text !== 'ok')
  for (const part of ['live', 'past']) {
    try {
      // Rank 1 also compares the index with the words it was made from; rank 0 would not.
      raw.exec(`insert into keyword_${part}(keyword_${part}, rank) values ('integrity-check', 1)`)
    } catch (error) {
      if (isBusy(error)) throw error
      if (isReadOnly(error)) return { problems, unchecked: [UNCHECKED] }
      problems.push(`keyword index (${part}) does not agree with its words: ${(error as Error).message}`)
    }
  }
  return { problems, unchecked: [] }
}

// SQLite checks its full-text tables with a statement that counts as a write.
const UNCHECKED = 'not checked: full-text tables against their words, since the store is read-only here'

function diskUse(file: string): { bytes: number; free_bytes: number } {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const disk = statfsSync(dirname(file))
  return { bytes: size(file) + size(`${file}-wal`), free_bytes: disk.bavail * disk.bsize }
}
