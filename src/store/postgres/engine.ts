/**
 * PostgreSQL: a server through a pool, or PGlite in this process. Reads see one snapshot; writes run READ COMMITTED
 * and rest on unique indexes and row locks, so that the journal's head is read fresh once its lock is held.
 */
import { sql } from 'kysely'
import type pg from 'pg'
import { HeirloomError } from '../../model/errors.ts'
import type { Database, Engine, EngineReport } from '../engine.ts'
import { Statements } from '../statements.ts'
import { mustNotBeAborted, type Pause, retry } from '../waiting.ts'
import { PostgresConnection, type Session } from './connection.ts'
import { isRetryable, toPostgresError } from './errors.ts'
import { PostgresKeyword } from './keyword.ts'
import { type OpenMode, prepareSchema } from './schema.ts'
import { serverSession } from './server.ts'

/** Where sessions come from, and how to give up all of them. */
export interface Sessions {
  acquire(): Promise<Session>
  close(): Promise<void>
}

export interface PostgresOptions {
  readonly sessions: Sessions
  /** For people: a URL without its password. */
  readonly location: string
  readonly schema: string
  /** PGlite keeps nothing back from the operating system and is for trials: its settings are its own. */
  readonly inProcess: boolean
  readonly mode: OpenMode
  readonly random: () => number
  readonly pause: Pause
}

export function poolSessions(pool: pg.Pool, options: { ours: boolean }): Sessions {
  return {
    acquire: () => serverSession(pool),
    close: async () => {
      if (options.ours) await pool.end()
    },
  }
}

export async function openPostgres(options: PostgresOptions): Promise<PostgresEngine> {
  const engine = new PostgresEngine(options)
  try {
    await engine.prepare()
  } catch (error) {
    await engine.close()
    throw toPostgresError(error, options.location)
  }
  return engine
}

/** Whole tables are scanned where no index helps, and only there: the planner's guesses about lexemes are too rough. */
const READ = 'begin isolation level repeatable read read only; set local enable_seqscan to off'
const WRITE = 'begin isolation level read committed'

export class PostgresEngine implements Engine {
  readonly name = 'postgres'
  readonly location: string
  readonly statements = new Statements()
  readonly keyword = new PostgresKeyword(this.statements)
  /** Whether this opening made the schema. */
  created = false
  readonly #options: PostgresOptions
  #closed = false

  constructor(options: PostgresOptions) {
    this.#options = options
    this.location = options.location
  }

  async prepare(): Promise<void> {
    const { mode, schema, location } = this.#options
    const work = (connection: PostgresConnection) => prepareSchema(connection, { mode, schema, location })
    this.created = await this.#transact(WRITE, work, undefined)
  }

  read<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#guarded(() => this.#transact(READ, connection => work(connection.database), signal), signal)
  }

  write<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const attempt = () => this.#transact(WRITE, connection => work(connection.database), signal)
    const { random, pause } = this.#options
    return this.#guarded(
      () =>
        retry(attempt, { again: isRetryable, attempts: 20, first: 5, longest: 500, random, pause, signal }),
      signal,
    )
  }

  async lockJournal(db: Database, tenantId: string): Promise<void> {
    await this.statements.run(db, 'lock journal', () => journalLock(db), [tenantId])
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

  async #guarded<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toPostgresError(error, this.location, signal)
    }
  }

  /** A session; where the caller gives up while all are taken, the one that comes too late goes back. */
  #acquire(signal: AbortSignal | undefined): Promise<Session> {
    mustNotBeAborted(signal)
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
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (this.#closed)
      throw new HeirloomError('STORE_UNAVAILABLE', `${this.location} was closed. Open it again.`)
    const session = await this.#acquire(signal)
    const connection = new PostgresConnection(session)
    connection.signal = signal
    let cancelling: Promise<void> | undefined
    const cancel = () => {
      cancelling = session.cancel().catch(() => undefined)
    }
    let failure: unknown
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
      failure = await rollback(session, error)
      throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
      // Else it might stop what the session's next holder is running.
      await cancelling
      session.release(failure)
    }
  }
}

/** Gives what makes the session unfit for reuse, if anything. */
async function rollback(session: Session, cause: unknown): Promise<unknown> {
  try {
    await session.script('rollback')
    return undefined
  } catch {
    return cause
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function journalLock(db: Database) {
  return {
    compile: () =>
      sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ${''}, 0))`.compile(db),
  }
}
