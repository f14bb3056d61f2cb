/** Tables of a file that our steps did not make: what they have, and how they are put aside. */
import { sql } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import type { Aside, Column } from '../engine.ts'
import type { Change } from '../exclusive.ts'

export const sqliteAside: Aside = {
  nameOf: table => `${table}_put_aside`,

  async put(change, tables) {
    const found = new Map<string, readonly Column[]>()
    await mustNotBeReferredTo(change, tables)
    for (const { type, name } of await searchObjects(change)) {
      await change.script(`drop ${type} if exists ${quoted(name)}`)
    }
    for (const table of tables) {
      const columns = await sqliteAside.columns(change, table)
      if (columns.length === 0) continue
      found.set(table, columns)
      for (const name of await indexesOf(change, table)) {
        await change.script(`drop index ${quoted(name)}`)
      }
      await change.script(`alter table ${quoted(table)} rename to ${quoted(sqliteAside.nameOf(table))}`)
    }
    return found
  },

  async columns({ db }, table) {
    const { rows } = await sql<Column>`select name, type from pragma_table_info(${table})`.execute(db)
    return rows
  },
}

/**
 * What is somebody else's and refers to one of ours would follow it aside: a table would lose its rows when that is
 * dropped, and a view or trigger would name what is gone.
 * @throws MIGRATION_FAILED naming it.
 */
async function mustNotBeReferredTo({ db }: Change, tables: readonly string[]): Promise<void> {
  const { rows } = await sql<{ name: string; target: string }>`
    select t.name, k."table" as target from sqlite_schema as t, pragma_foreign_key_list(t.name) as k
    where t.type = 'table'`.execute(db)
  const foreign = rows.find(
    ({ name, target }) => tables.includes(target) && !tables.includes(name) && !OWN.test(name),
  )
  if (foreign !== undefined) throw refusal(`table "${foreign.name}"`, foreign.target)
  const views = await sql<{ type: string; name: string; definition: string }>`
    select type, name, sql as definition from sqlite_schema
    where type in ('view', 'trigger') and substr(name, 1, 8) <> 'keyword_'`.execute(db)
  for (const { type, name, definition } of views.rows) {
    const target = tables.find(table => new RegExp(`\\b${table}\\b`, 'i').test(definition))
    if (target !== undefined) throw refusal(`${type} "${name}"`, target)
  }
}

function refusal(what: string, target: string): HeirloomError {
  return new HeirloomError(
    'MIGRATION_FAILED',
    `The ${what} refers to "${target}", which has no schema version and must be made anew. Drop it first and make it again afterwards; everything is as it was.`,
  )
}

/** Derived tables of ours, which are made anew as well. */
const OWN = /^(memory_tags|keyword_\w+)$/

/** Our triggers, full-text tables and views, which name tables that are about to move; the steps make them again. */
async function searchObjects({ db }: Change) {
  const { rows } = await sql<{ type: string; name: string }>`
    select type, name from sqlite_schema
    where substr(name, 1, 8) = 'keyword_' and (type in ('trigger', 'view') or sql like 'create virtual table%')
    order by type = 'trigger' desc, type = 'table' desc`.execute(db)
  return rows
}

/** Those made by a statement of their own; an index that a constraint brought goes with its table. */
async function indexesOf({ db }: Change, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'index' and tbl_name = ${table} and sql is not null`.execute(
    db,
  )
  return rows.map(({ name }) => name)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
