/**
 * PostgreSQL: a server through a pool, or PGlite in this process. Reads see one snapshot; writes run READ COMMITTED
 * and rest on unique indexes and row locks, so that the journal's head is read fresh once its lock is held.
 */
import { sql } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import type { Database, Engine, EngineReport, LockOptions, Stamps } from '../engine.ts'
import type { Change, Exclusive, Transact } from '../exclusive.ts'
import type { Migration } from '../schema/migration.ts'
import type { StoredSchema } from '../schema/stored.ts'
import { Statements } from '../statements.ts'
import { mustNotBeAborted, type Pause, retry, Turns } from '../waiting.ts'
import { postgresAside } from './aside.ts'
import { PostgresConnection, type Session } from './connection.ts'
import { copySchema } from './copy.ts'
import { isRetryable, toPostgresError } from './errors.ts'
import { PostgresKeyword } from './keyword.ts'
import { inTurn, underSessionLock } from './lock.ts'
import { type Outside, outsideOf } from './outside.ts'
import { lockCreation, makeSchema, mustBeRecentServer, stampVersion, surveySchema } from './schema.ts'
import { indexing, PostgresVectors } from './vectors.ts'

/** Where sessions come from, and how to give up all of them. */
export interface Sessions {
  acquire(): Promise<Session>
  /** One that nobody else gets; null where there is a single session for all. */
  readonly dedicated: (() => Promise<Session>) | null
  close(): Promise<void>
}

export interface PostgresOptions {
  readonly sessions: Sessions
  /** For people: a URL without its password. */
  readonly location: string
  readonly schema: string
  /** PGlite keeps nothing back from the operating system and is for trials: its settings are its own. */
  readonly inProcess: boolean
  readonly random: () => number
  readonly pause: Pause
}

export async function openPostgres(options: PostgresOptions): Promise<PostgresEngine> {
  const engine = new PostgresEngine(options)
  try {
    await engine.connect()
  } catch (error) {
    await engine.close()
    throw toPostgresError(error, options.location)
  }
  return engine
}

/** Whole tables are scanned where no index helps, and only there: the planner's guesses about lexemes are too rough. */
const READ = 'begin isolation level repeatable read read only; set local enable_seqscan to off'
const WRITE = 'begin isolation level read committed'
/** Writes beside what it reads of one moment. */
const SNAPSHOT = 'begin isolation level repeatable read'

export class PostgresEngine implements Engine {
  readonly name = 'postgres'
  readonly location: string
  readonly statements = new Statements()
  readonly keyword = new PostgresKeyword(this.statements)
  readonly vectors: PostgresVectors
  readonly aside = postgresAside
  readonly copyFile = null
  readonly replaceBy = null
  readonly #options: PostgresOptions
  readonly #turns = new Turns()
  #closed = false

  constructor(options: PostgresOptions) {
    this.#options = options
    this.location = options.location
    this.vectors = new PostgresVectors(this.statements, { ...indexing(options), outside: this.#outside() })
  }

  async connect(): Promise<void> {
    await this.#transact(READ, connection => mustBeRecentServer(connection, this.#options))
  }

  survey(): Promise<StoredSchema> {
    return this.#guarded(() => this.#transact(READ, connection => surveySchema(connection, this.#options)))
  }

  create<T>(work: (change: Change) => Promise<T>): Promise<T | null> {
    return this.#guarded(() =>
      this.#transact(WRITE, async connection => {
        await lockCreation(connection, this.#options)
        const stored = await surveySchema(connection, this.#options)
        if (stored.kind !== 'fresh') return null
        await makeSchema(connection, this.#options)
        return work(toChange(connection))
      }),
    )
  }

  stamp(change: Change, version: number): Promise<void> {
    return stampVersion(change, version)
  }

  async exclusively<T>(
    purpose: string,
    work: (held: Exclusive) => Promise<T>,
    options: LockOptions = {},
  ): Promise<T> {
    const { schema, sessions, random, pause } = this.#options
    const on =
      (session: Session | null): Transact =>
      (change, signal) =>
        this.#retried(() => {
          const run = (connection: PostgresConnection) => change(toChange(connection))
          return session === null
            ? this.#transact(WRITE, run, signal)
            : this.#transactOn(session, WRITE, run, signal)
        }, signal)
    if (sessions.dedicated === null) return inTurn(this.#turns, on(null), work)
    const session = await this.#guarded(sessions.dedicated)
    try {
      const request = { schema, location: this.location, purpose, random, pause, ...options }
      return await underSessionLock(session, on(session), { request, work })
    } finally {
      session.release()
    }
  }

  async rehearse<T>(
    _permit: Exclusive,
    steps: readonly Migration[],
    work: (copy: Engine) => Promise<T>,
  ): Promise<T> {
    const schema = `${this.#options.schema.slice(0, 50)}_rehearsal`
    const copy = new PostgresEngine({ ...this.#options, schema, location: `${this.location} (${schema})` })
    const source = this.#options.schema
    const drop = () => this.write(db => sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db))
    await drop()
    try {
      await this.#guarded(() =>
        this.#transact(SNAPSHOT, connection => copySchema(connection, { source, to: schema, steps })),
      )
      return await work(copy)
    } finally {
      await drop()
    }
  }

  async tableNames(db: Database): Promise<ReadonlySet<string>> {
    const { rows } = await sql<{ name: string }>`
      select tablename as name from pg_catalog.pg_tables where schemaname = current_schema()`.execute(db)
    return new Set(rows.map(({ name }) => name))
  }

  read<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#guarded(() => this.#transact(READ, connection => work(connection.database), signal), signal)
  }

  write<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#retried(() => this.#transact(WRITE, connection => work(connection.database), signal), signal)
  }

  async lockJournal(db: Database, tenantId: string): Promise<Stamps> {
    const [row] = await this.statements.run<Stamps>(db, 'lock journal', () => journalLock(db), [tenantId])
    return { schema: row?.schema ?? 0, keyword: row?.keyword ?? '' }
  }

  async inspect({ deep }: { deep: boolean }): Promise<EngineReport> {
    return this.read(async db => {
      const { inspectDatabase } = await import('./inspection.ts')
      return inspectDatabase(db, { deep, inProcess: this.#options.inProcess })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#options.sessions.close()
  }

  /** Null where a single session serves all. */
  #outside(): Outside | null {
    const { schema, sessions } = this.#options
    if (sessions.dedicated === null) return null
    const outside = outsideOf(sessions.dedicated, identifier(schema))
    return (statements, signal) => this.#guarded(() => outside(statements, signal), signal)
  }

  #retried<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { random, pause } = this.#options
    const limits = { attempts: 20, first: 5, longest: 500 }
    return this.#guarded(
      () => retry(attempt, { again: isRetryable, ...limits, random, pause, signal }),
      signal,
    )
  }

  async #guarded<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toPostgresError(error, this.location, signal)
    }
  }

  /** A session. Where the caller gives up while all are taken, the one that comes too late goes back. */
  async #acquire(signal: AbortSignal | undefined): Promise<Session> {
    mustNotBeAborted(signal)
    if (this.#closed)
      throw new HeirloomError('STORE_UNAVAILABLE', `${this.location} was closed. Open it again.`)
    const coming = this.#options.sessions.acquire()
    if (signal === undefined) return coming
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        reject(new HeirloomError('ABORTED', 'Cancelled.', { cause: signal.reason }))
        coming.then(session => session.release()).catch(() => undefined)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      coming.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
    })
  }

  async #transact<T>(
    begin: string,
    work: (connection: PostgresConnection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const session = await this.#acquire(signal)
    let failure: unknown
    try {
      return await this.#transactOn(session, begin, work, signal)
    } catch (error) {
      failure = unfit.has(session) ? error : undefined
      throw error
    } finally {
      session.release(failure)
    }
  }

  async #transactOn<T>(
    session: Session,
    begin: string,
    work: (connection: PostgresConnection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const connection = new PostgresConnection(session)
    connection.signal = signal
    let cancelling: Promise<void> | undefined
    const cancel = () => {
      cancelling = session.cancel().catch(() => undefined)
    }
    try {
      // Settings are local to the transaction, so that a caller's own pool is left as it was. Just-in-time
      // compilation costs more than any of these statements.
      await session.script(
        `${begin}; set local search_path to ${identifier(this.#options.schema)}; set local timezone to 'UTC'; set local datestyle to 'ISO'; set local jit to off`,
      )
      signal?.addEventListener('abort', cancel, { once: true })
      const result = await work(connection)
      signal?.removeEventListener('abort', cancel)
      await session.script('commit')
      return result
    } catch (error) {
      await rollback(session)
      throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
      // Else it might stop what the session's next holder is running.
      await cancelling
    }
  }
}

/** Sessions that could not even roll back. */
const unfit = new WeakSet<Session>()

async function rollback(session: Session): Promise<void> {
  await session.script('rollback').catch(() => unfit.add(session))
}

function toChange({ database, session }: PostgresConnection): Change {
  return { db: database, script: text => session.script(text) }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function journalLock(db: Database) {
  return {
    compile: () =>
      // One round trip. What is read beside the lock is as it was before waiting for it, and cannot have changed: a
      // step or a rebuild waits for the rows that this transaction has written.
      sql<Stamps>`select pg_advisory_xact_lock(hashtextextended(current_schema() || ${''}, 0)),
        (select version from schema_version) as schema,
        (select digest from artefacts where name = 'keyword') as keyword`.compile(db),
  }
}
