/**
 * One PostgreSQL session, of a server or of PGlite, giving rows as `tables.ts` describes them.
 */
import { type CompiledQuery, PostgresAdapter, PostgresQueryCompiler, type QueryResult } from 'kysely'
import { canonicalJson } from '../../model/digest.ts'
import { type Connection, databaseOver } from '../connection.ts'
import type { Database } from '../engine.ts'
import { mustNotBeAborted } from '../waiting.ts'

interface Answer {
  readonly rows: readonly unknown[]
  readonly affected: number | null
}

/** What a driver must do for us. */
export interface Session {
  /** Several statements without parameters, in one round trip. */
  script(text: string): Promise<void>
  query(text: string, parameters: readonly unknown[]): Promise<Answer>
  /** Asks the server to stop what this session is running. */
  cancel(): Promise<void>
  release(error?: unknown): void
}

export class PostgresConnection implements Connection {
  readonly session: Session
  readonly database: Database
  signal: AbortSignal | undefined

  constructor(session: Session) {
    this.session = session
    this.database = databaseOver(this, {
      adapter: () => new PostgresAdapter(),
      compiler: () => new PostgresQueryCompiler(),
    })
  }

  async execute<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    mustNotBeAborted(this.signal)
    const { rows, affected } = await this.session.query(query.sql, query.parameters)
    return affected === null
      ? { rows: rows as R[] }
      : { rows: rows as R[], numAffectedRows: BigInt(affected) }
  }
}

const INT8 = 20
const JSON_TYPE = 114
const TIMESTAMPTZ = 1184
const JSONB = 3802

const asText = (text: string) => text

/** How the wire's text becomes our rows: JSON stays text, 64-bit integers are numbers, times ISO 8601. */
export const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [JSON_TYPE]: asText,
  [JSONB]: toCanonicalJson,
  [TIMESTAMPTZ]: toIsoTime,
}

/** `2026-11-21 09:22:05.12+00`, as sessions with time zone UTC write it, to `2026-11-21T09:22:05.120Z`. */
function toIsoTime(text: string): string {
  const [, day, clock, fraction = ''] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text) ?? []
  if (day === undefined || clock === undefined) throw new Error(`Bug: the server wrote the time ${text}`)
  return `${day}T${clock}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
}

/** The server keeps keys in an order of its own; what is made of a row must not depend on the engine. */
function toCanonicalJson(text: string): string {
  return text === '[]' || text === '{}' ? text : canonicalJson(JSON.parse(text))
}
