/**
 * The schema on a server, as it is found. Several machines share it, so it is made and changed by `init` and `migrate`
 * alone; opening refuses with the command.
 */
import { sql } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import type { Change } from '../exclusive.ts'
import { OURS, type StoredSchema, type StoredStep } from '../schema/stored.ts'
import type { PostgresConnection } from './connection.ts'

interface Target {
  readonly schema: string
  readonly location: string
}

const OLDEST_SERVER = 150_000

export async function mustBeRecentServer(
  { database }: PostgresConnection,
  { location }: Target,
): Promise<void> {
  const { rows } = await sql<{ number: string; text: string }>`
    select current_setting('server_version_num') as number, current_setting('server_version') as text`.execute(
    database,
  )
  if (Number(rows[0]?.number) >= OLDEST_SERVER) return
  throw new HeirloomError(
    'UNSUPPORTED',
    `${location} runs PostgreSQL ${rows[0]?.text}; 15 or later is needed.`,
  )
}

/**
 * What the schema holds.
 * @throws ACCESS_DENIED where this user may not look, STORE_CORRUPT where the version's table has been changed by hand.
 */
export async function surveySchema(
  { database }: Pick<PostgresConnection, 'database'>,
  { schema, location }: Target,
): Promise<StoredSchema> {
  const { rows: tables } = await sql<{ name: string; usable: boolean }>`
    select tablename as name, has_schema_privilege(schemaname, 'usage') as usable
    from pg_catalog.pg_tables where schemaname = ${schema}`.execute(database)
  if (tables.some(({ usable }) => !usable)) {
    throw new HeirloomError(
      'ACCESS_DENIED',
      `${location}: this user may not use the schema "${schema}". Ask its owner: grant usage on schema ${schema}, and rights on its tables.`,
    )
  }
  const names = new Set(tables.map(({ name }) => name))
  if (names.has('schema_version')) {
    const version = await storedVersion(database, location)
    return {
      kind: 'versioned',
      version,
      history: names.has('schema_history') ? await historyOf(database) : [],
    }
  }
  if (!names.has('memories')) return { kind: 'fresh' }
  const missing = await missingColumns(database, schema)
  if (missing.length === 0) return { kind: 'unversioned' }
  return {
    kind: 'foreign',
    reason: `its schema "${schema}" holds another program's table "memories", which has no ${missing.join(', ')}`,
  }
}

async function storedVersion(database: PostgresConnection['database'], location: string): Promise<number> {
  const { rows } = await sql<{ version: string | null }>`
    select to_jsonb(v) ->> 'version' as version from schema_version as v`.execute(database)
  const [row] = rows
  if (rows.length === 1 && /^[1-9]\d{0,8}$/.test(row?.version ?? '')) return Number(row?.version)
  const found =
    rows.length === 1
      ? `the version "${row?.version}", which is no number`
      : `${rows.length} rows instead of one`
  throw new HeirloomError(
    'STORE_CORRUPT',
    `${location}: the table schema_version has ${found}. Somebody changed it by hand; put back the last version of schema_history, or restore a snapshot: heirloom snapshot list`,
  )
}

async function historyOf(database: PostgresConnection['database']): Promise<StoredStep[]> {
  const { rows } = await sql<StoredStep>`
    select version, name, checksum, floor from schema_history order by version`.execute(database)
  return rows
}

async function missingColumns(database: PostgresConnection['database'], schema: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = ${schema} and table_name = 'memories'`.execute(database)
  const there = new Set(rows.map(({ name }) => name))
  return OURS.filter(name => !there.has(name))
}

/** Where two machines begin at once, the second waits, and finds the first one's work. */
export async function lockCreation({ database }: PostgresConnection, { schema }: Target): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('heirloom init ' || ${schema}, 0))`.execute(
    database,
  )
}

export async function makeSchema({ database }: PostgresConnection, { schema }: Target): Promise<void> {
  const { rows } = await sql`select 1 from pg_catalog.pg_namespace where nspname = ${schema}`.execute(
    database,
  )
  // Asking for a schema that exists would still demand the right to create one.
  if (rows.length === 0) await sql`create schema ${sql.id(schema)}`.execute(database)
}

export async function stampVersion({ db }: Change, version: number): Promise<void> {
  await sql`insert into schema_version (only_row, version) values (true, ${version})
    on conflict (only_row) do update set version = excluded.version`.execute(db)
}
