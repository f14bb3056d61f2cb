/** A schema beside a schema, with the same tables and rows. */
import { sql } from 'kysely'
import type { Migration } from '../schema/migration.ts'
import type { PostgresConnection } from './connection.ts'
import { SEARCH_TABLES } from './vector-table.ts'

interface Copying {
  readonly source: string
  readonly to: string
  /** What made the source; none where nobody knows, and its tables are taken as they are. */
  readonly steps: readonly Migration[]
}

/** In the caller's transaction, so that the rows are those of one moment. */
export async function copySchema(
  { database, session }: PostgresConnection,
  { source, to, steps }: Copying,
): Promise<void> {
  await sql`create schema ${sql.id(to)}`.execute(database)
  await session.script(`set local search_path to "${to}"`)
  for (const step of steps) await session.script(step.postgres)
  // What is made at run time is made again from the rest.
  const madeLater: readonly string[] = SEARCH_TABLES
  const tables = (await tablesOf(database, source)).filter(name => !madeLater.includes(name))
  if (steps.length === 0) {
    for (const name of tables) {
      await sql`create table ${sql.id(to, name)} (like ${sql.id(source, name)} including all)`.execute(
        database,
      )
    }
  }
  // The steps put in rows of their own.
  const copies = await tablesOf(database, to)
  await sql`truncate ${sql.join(copies.map(name => sql.id(to, name)))}`.execute(database)
  for (const name of copies.filter(table => tables.includes(table))) {
    await sql`insert into ${sql.id(to, name)} overriding system value select * from ${sql.id(source, name)}`.execute(
      database,
    )
  }
}

/** In the order in which they were made, so that a table comes after those it refers to. */
async function tablesOf(database: PostgresConnection['database'], schema: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind = 'r' order by c.oid`.execute(database)
  return rows.map(({ name }) => name)
}
