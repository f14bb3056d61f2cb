/**
 * Kysely over one connection that an engine has already chosen and begun a transaction on. Pooling, transactions and
 * retries are the engine's own, since they differ most between databases.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  type QueryResult,
} from 'kysely'
import type { Database } from './engine.ts'
import type { Tables } from './tables.ts'

export interface Connection {
  execute<R>(query: CompiledQuery): Promise<QueryResult<R>> | QueryResult<R>
}

interface Parts {
  readonly adapter: () => DialectAdapter
  readonly compiler: () => QueryCompiler
}

const connections = new WeakMap<Database, Connection>()

/** The connection under a statement builder, for statements that are compiled already. */
export function connectionOf(database: Database): Connection {
  const connection = connections.get(database)
  if (connection === undefined) throw new Error('Bug: a database without a connection of ours')
  return connection
}

/** The statement builder for a connection. Cheap to keep, so engines make one a connection. */
export function databaseOver(connection: Connection, parts: Parts): Database {
  const dialect: Dialect = {
    createDriver: () => new FixedDriver(connection),
    createAdapter: parts.adapter,
    createQueryCompiler: parts.compiler,
    createIntrospector: () => {
      throw new Error('Bug: the schema is known, not introspected')
    },
  }
  const database = new Kysely<Tables>({ dialect })
  connections.set(database, connection)
  return database
}

class FixedDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(connection: Connection) {
    this.#connection = {
      executeQuery: async <R>(query: CompiledQuery) => connection.execute<R>(query),
      streamQuery: () => {
        throw new Error('Bug: statements here are short and read whole')
      },
    }
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  async beginTransaction(): Promise<void> {
    throw new Error('Bug: the engine begins transactions')
  }
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
