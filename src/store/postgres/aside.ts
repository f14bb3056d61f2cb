/** Tables of a schema that our steps did not make: what they have, and how they are put aside. */
import { sql } from 'kysely'
import type { Aside, Column } from '../engine.ts'
import type { Change } from '../exclusive.ts'
import { SEARCH_TABLES } from './vector-table.ts'

export const postgresAside: Aside = {
  nameOf: table => `${table}_put_aside`,

  async put(change, tables) {
    const found = new Map<string, readonly Column[]>()
    for (const table of tables) {
      const columns = await postgresAside.columns(change, table)
      if (columns.length > 0) found.set(table, columns)
    }
    // They refer to tables that go, and are made again from those that come.
    for (const table of SEARCH_TABLES) await change.script(`drop table if exists ${quoted(table)}`)
    // Names of constraints and indexes are the schema's: the steps need them again.
    for (const statement of await releases(change, [...found.keys()])) await change.script(statement)
    for (const table of found.keys()) {
      await change.script(`alter table ${quoted(table)} rename to ${quoted(postgresAside.nameOf(table))}`)
    }
    return found
  },

  // Without those that the server numbers by itself, which no row may bring along.
  async columns({ db }, table) {
    const { rows } = await sql<Column>`
      select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
      from pg_catalog.pg_attribute as a join pg_catalog.pg_class as c on c.oid = a.attrelid
      where c.relnamespace = current_schema()::regnamespace and c.relname = ${table} and c.relkind = 'r'
        and a.attnum > 0 and not a.attisdropped and a.attidentity <> 'a'
      order by a.attnum`.execute(db)
    return rows
  },
}

/** Foreign keys before what they point to, and constraints before the indexes that are left. */
async function releases({ db }: Change, tables: readonly string[]): Promise<string[]> {
  if (tables.length === 0) return []
  const { rows } = await sql<{ statement: string }>`
    select format('alter table %I drop constraint %I', t.relname, c.conname) as statement,
      case c.contype when 'f' then 1 else 2 end as place
    from pg_catalog.pg_constraint as c join pg_catalog.pg_class as t on t.oid = c.conrelid
    where t.relnamespace = current_schema()::regnamespace and t.relname = any(${tables}::text[])
      and c.contype in ('f', 'p', 'u', 'c', 'x')
    union all
    select format('drop index %I', i.relname), 3
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as i on i.oid = x.indexrelid join pg_catalog.pg_class as t on t.oid = x.indrelid
    where t.relnamespace = current_schema()::regnamespace and t.relname = any(${tables}::text[])
      and not exists (select 1 from pg_catalog.pg_constraint as c where c.conindid = x.indexrelid)
    order by place`.execute(db)
  return rows.map(({ statement }) => statement)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
