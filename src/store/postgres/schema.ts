/**
 * The schema on a server: made by `init` alone, since several machines share it; opening refuses with the command.
 */
import { sql } from 'kysely'
import { ANALYSER_VERSION } from '../../model/analysis.ts'
import { HeirloomError } from '../../model/errors.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '../schema/index.ts'
import { checksumOf, mustKnow, stampOf } from '../schema/registry.ts'
import type { PostgresConnection } from './connection.ts'

export type OpenMode = 'existing' | 'create'

interface Target {
  readonly mode: OpenMode
  readonly schema: string
  readonly location: string
}

const OLDEST_SERVER = 150_000

/**
 * Passes a schema that this build knows; makes it where `mode` allows.
 * @returns whether it was made now.
 */
export async function prepareSchema(connection: PostgresConnection, target: Target): Promise<boolean> {
  await mustBeRecentServer(connection, target)
  if ((await storedVersion(connection, target)) !== 0) return false
  if (target.mode === 'existing') {
    throw new HeirloomError(
      'NOT_INITIALISED',
      `${target.location} has no Heirloom schema "${target.schema}" yet. Make it: heirloom init --store '${target.location}' (in a program: openHeirloom with mode: 'initialise')`,
    )
  }
  return create(connection, target)
}

async function mustBeRecentServer({ database }: PostgresConnection, { location }: Target): Promise<void> {
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

/** 0 where the schema does not exist or is empty. */
async function storedVersion({ database }: PostgresConnection, target: Target): Promise<number> {
  const { schema, location } = target
  const { rows: tables } = await sql<{ name: string; usable: boolean }>`
    select tablename as name, has_schema_privilege(schemaname, 'usage') as usable
    from pg_catalog.pg_tables where schemaname = ${schema}`.execute(database)
  if (tables.some(({ usable }) => !usable)) {
    throw new HeirloomError(
      'ACCESS_DENIED',
      `${location}: this user may not use the schema "${schema}". Ask its owner: grant usage on schema ${schema}, and rights on its tables.`,
    )
  }
  if (tables.some(table => table.name === 'schema_version')) {
    const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(database)
    return mustKnow(rows[0]?.version ?? 0, location)
  }
  if (!tables.some(table => table.name === 'memories')) return 0
  throw new HeirloomError(
    'NOT_A_STORE',
    `The schema "${schema}" of ${location} holds another program's table "memories". Name another with ?schema=…`,
  )
}

async function create(connection: PostgresConnection, target: Target): Promise<boolean> {
  const { database, session } = connection
  // Two machines may run init at once; the second finds the first one's work.
  await sql`select pg_advisory_xact_lock(hashtextextended('heirloom init ' || ${target.schema}, 0))`.execute(
    database,
  )
  if ((await storedVersion(connection, target)) !== 0) return false
  const { rows } = await sql`select 1 from pg_catalog.pg_namespace where nspname = ${target.schema}`.execute(
    database,
  )
  // Asking for a schema that exists would still demand the right to create one.
  if (rows.length === 0) await sql`create schema ${sql.id(target.schema)}`.execute(database)
  for (const migration of MIGRATIONS) {
    await session.script(migration.postgres)
    await sql`insert into schema_history (version, name, checksum, floor, applied_at, applied_by)
      values (${migration.version}, ${migration.name}, ${checksumOf(migration)}, ${migration.floor}, now(), ${stampOf()})`.execute(
      database,
    )
  }
  await sql`insert into schema_version (only_row, version) values (true, ${SCHEMA_VERSION})`.execute(database)
  await sql`insert into artefacts (name, version, made_by, needs_rebuild)
    values ('keyword', ${ANALYSER_VERSION}, ${stampOf()}, 0)`.execute(database)
  return true
}
