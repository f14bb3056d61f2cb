/**
 * One connection to a SQLite file, with the settings that durability rests on asserted.
 */
import BetterSqlite3 from 'better-sqlite3'
import { type CompiledQuery, type QueryResult, SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import { type Connection, connectionOf, databaseOver } from '../connection.ts'
import type { Database } from '../engine.ts'
import { toSqliteError } from './errors.ts'

/** Below it a bug in resetting the write-ahead log can lose a commit. */
const OLDEST_SQLITE = [3, 51, 3] as const

/** How long SQLite itself waits for a lock, in ms. Short: waiting there blocks the event loop. */
const BUSY_TIMEOUT = 50

const REQUIRED: Readonly<Record<string, string | number>> = {
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: BUSY_TIMEOUT,
  trusted_schema: 0,
  cell_size_check: 1,
  secure_delete: 1,
}

/** Page cache of a connection, in KiB: the upper levels of every index of a large store, and then some. */
const CACHE = 16_000

const STATEMENTS_KEPT = 200

export class SqliteConnection implements Connection {
  readonly raw: BetterSqlite3.Database
  readonly database: Database
  /** Checked before every statement; a running one cannot be stopped. */
  signal: AbortSignal | undefined
  readonly #statements = new Map<string, BetterSqlite3.Statement>()

  constructor(file: string, options: { readonly: boolean }) {
    try {
      this.raw = new BetterSqlite3(file, { readonly: options.readonly })
    } catch (error) {
      throw toSqliteError(error, file)
    }
    this.database = databaseOver(this, {
      adapter: () => new SqliteAdapter(),
      compiler: () => new SqliteQueryCompiler(),
    })
  }

  /** Sets what every connection must have and checks that it took. `wal` is left alone on readers. */
  configure(file: string, options: { wal: boolean }): void {
    try {
      this.raw.pragma(`busy_timeout = ${BUSY_TIMEOUT}`)
      if (options.wal) this.raw.pragma('journal_mode = WAL')
      this.raw.pragma(`cache_size = -${CACHE}`)
      for (const [name, value] of Object.entries(REQUIRED)) this.raw.pragma(`${name} = ${value}`)
    } catch (error) {
      throw toSqliteError(error, file)
    }
    const wrong = this.wrongSettings()
    if (wrong.length > 0)
      throw new HeirloomError('STORE_UNAVAILABLE', `SQLite at ${file}: ${wrong.join('; ')}`)
  }

  /** The settings that durability rests on, as they are now. */
  settings(): Record<string, string | number> {
    const names = ['journal_mode', ...Object.keys(REQUIRED)]
    return Object.fromEntries(
      names.map(name => [name, this.raw.pragma(name, { simple: true }) as string | number]),
    )
  }

  wrongSettings(): string[] {
    const settings = this.settings()
    return Object.entries(REQUIRED)
      .filter(([name, value]) => settings[name] !== value)
      .map(([name, value]) => `${name} is ${settings[name]}, must be ${value}`)
  }

  execute<R>(query: CompiledQuery): QueryResult<R> {
    if (this.signal?.aborted) throw new HeirloomError('ABORTED', 'Cancelled.', { cause: this.signal.reason })
    const statement = this.#prepare(query.sql)
    if (statement.reader) return { rows: statement.all(query.parameters) as R[] }
    const { changes } = statement.run(query.parameters)
    return { rows: [], numAffectedRows: BigInt(changes) }
  }

  // Preparing at every execution costs 23 us a call against 3 for a kept statement.
  #prepare(sql: string): BetterSqlite3.Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      if (this.#statements.size >= STATEMENTS_KEPT) {
        const oldest = this.#statements.keys().next()
        if (!oldest.done) this.#statements.delete(oldest.value)
      }
      statement = this.raw.prepare(withoutPeeking(sql))
      this.#statements.set(sql, statement)
    }
    return statement
  }

  close(): void {
    this.raw.close()
  }
}

/** The driver's own connection under a statement builder of this engine. */
export function rawOf({ db }: { readonly db: Database }): BetterSqlite3.Database {
  return (connectionOf(db) as SqliteConnection).raw
}

/**
 * SQLite looks at the values of limits and of what is compared with an indexed column, and plans the statement anew
 * when they change: 13 us instead of 2.5 for a look-up by key. The unary plus changes nothing else.
 */
function withoutPeeking(sql: string): string {
  const listed = sql.replace(
    /\bin \((\?(?:, \?)*)\)/g,
    (_, list: string) => `in (${list.replaceAll('?', '+?')})`,
  )
  return listed.replace(/([=<>]|\blimit) \?/g, '$1 +?')
}

/** @throws UNSUPPORTED when the linked SQLite is older than its last bug that loses commits. */
export function mustHaveSafeSqlite(connection: SqliteConnection): string {
  const version = connection.raw.prepare('select sqlite_version()').pluck().get() as string
  const parts = version.split('.').map(Number)
  for (const [index, oldest] of OLDEST_SQLITE.entries()) {
    const part = parts[index] ?? 0
    if (part > oldest) return version
    if (part < oldest) {
      throw new HeirloomError(
        'UNSUPPORTED',
        `SQLite ${version} can lose a commit; ${OLDEST_SQLITE.join('.')} or later is needed. Reinstall better-sqlite3.`,
      )
    }
  }
  return version
}
