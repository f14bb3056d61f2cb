/** What `status` and `doctor` say of a PostgreSQL store. */
import { sql } from 'kysely'
import type { Database, EngineReport } from '../engine.ts'
import { LEXEMES_OF_WORDS } from './keyword.ts'
import { sampleProblems } from './sampling.ts'
import { schemaFaults } from './shape.ts'

const DURABLE: Readonly<Record<string, string>> = { fsync: 'on', full_page_writes: 'on' }

export async function inspectDatabase(
  db: Database,
  { deep, inProcess }: { deep: boolean; inProcess: boolean },
): Promise<EngineReport> {
  const { rows } = await sql<{ version: string; bytes: number; encoding: string; read_only: boolean }>`
    select current_setting('server_version') as version, current_setting('server_encoding') as encoding,
      (select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class as c
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r') as bytes,
      pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as read_only`.execute(db)
  const names = ['fsync', 'full_page_writes', 'synchronous_commit']
  const settings: Record<string, string> = { server_encoding: rows[0]?.encoding ?? '' }
  for (const name of names) {
    const { rows: found } = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)
    settings[name] = found[0]?.value ?? ''
  }
  const schema = deep ? await schemaFaults(db) : []
  return {
    version: `PostgreSQL ${rows[0]?.version}`,
    bytes: rows[0]?.bytes ?? null,
    free_bytes: null,
    settings,
    problems: inProcess ? [] : unsafe(settings),
    keyword: deep && !schema.some(isOfKeyword) ? await keywordProblems(db) : [],
    schema,
    unchecked: [],
    read_only: rows[0]?.read_only ?? false,
  }
}

/** Then the index cannot be looked into. */
function isOfKeyword({ kind, table }: EngineReport['schema'][number]): boolean {
  return kind !== 'index' && table === 'keyword_documents'
}

function unsafe(settings: Record<string, string>): string[] {
  return Object.entries(DURABLE)
    .filter(([name, value]) => settings[name] !== value)
    .map(
      ([name, value]) =>
        `${name} is ${settings[name]}, must be ${value} for acknowledged writes to survive a crash`,
    )
}

async function keywordProblems(db: Database): Promise<string[]> {
  const { rows } = await sql<{ wrong: number }>`
    select count(*)::int as wrong from keyword_documents where lexemes is distinct from ${LEXEMES_OF_WORDS}`.execute(
    db,
  )
  const wrong = rows[0]?.wrong ?? 0
  const lexemes = wrong === 0 ? [] : [`the searched words of ${wrong} rows are not those that they hold`]
  return [...lexemes, ...(await sampleProblems(db))]
}
