/** How a database runs statements: each is explained before it is run. */
import {
  type CompiledQuery,
  PostgresAdapter,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely'
import { connectionOf, databaseOver } from '../../src/store/connection.ts'
import type { Database, Engine } from '../../src/store/engine.ts'
import { Statements } from '../../src/store/statements.ts'

/** Each statement with its plan. */
export type Plans = Map<string, string>

const COMPILERS = {
  sqlite: {
    explain: 'explain query plan',
    parts: { adapter: () => new SqliteAdapter(), compiler: () => new SqliteQueryCompiler() },
  },
  postgres: {
    explain: 'explain (costs off)',
    parts: { adapter: () => new PostgresAdapter(), compiler: () => new PostgresQueryCompiler() },
  },
}

/** A look at every row, or at every one of a tenant by the primary key, in the words of each database. */
const SCANS = {
  sqlite:
    /^(?:SCAN (\w+)(?! VIRTUAL)|SEARCH (\w+) USING (?:PRIMARY KEY|(?:COVERING )?INDEX sqlite_autoindex_\w+) \(tenant_id=\?\))/gm,
  postgres:
    /Seq Scan on (\w+)|Scan using \w+_pkey on (\w+).*\n\s*Index Cond: \(tenant_id = '[^']*'::uuid\)$/gm,
}

export function noting(db: Database, name: Engine['name'], plans: Plans): Database {
  const connection = connectionOf(db)
  const { explain, parts } = COMPILERS[name]
  const execute = async <R>(query: CompiledQuery) => {
    if (!plans.has(query.sql) && /^\s*(select|update|delete|with)/i.test(query.sql)) {
      const { rows } = await connection.execute<Record<string, unknown>>({
        ...query,
        sql: `${explain} ${query.sql}`,
      })
      plans.set(query.sql, rows.map(row => row.detail ?? row['QUERY PLAN']).join('\n'))
    }
    return connection.execute<R>(query)
  }
  return databaseOver({ execute }, parts)
}

/** The same engine, with every statement's plan noted. */
export function notingEngine(engine: Engine, plans: Plans): Engine {
  const statements = new Statements()
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === 'statements') return statements
      if (name === 'read' || name === 'write') {
        return (work: (db: Database) => Promise<unknown>, signal?: AbortSignal) =>
          target[name](db => work(noting(db, target.name, plans)), signal)
      }
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

/** Statements that look at every row of one of the tables, each with its plan. */
export function scansOf(plans: Plans, name: Engine['name'], large: ReadonlySet<string>): string[] {
  return [...plans].flatMap(([sql, plan]) => {
    const found = [...plan.matchAll(SCANS[name])].map(([, scanned, searched]) => scanned ?? searched ?? '')
    const named = found.map(table => new RegExp(`"(\\w+)" as "${table}"`).exec(sql)?.[1] ?? table)
    const tables = named.filter(table => large.has(table))
    return tables.length === 0 ? [] : [`${tables.join()}: ${sql}\n${plan}`]
  })
}
