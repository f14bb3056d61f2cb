/** The rows of a table, a page at a time, so that reading all of it takes no more memory than a page. */
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../engine.ts'
import type { TableName, TableSpec } from './tables.ts'

export type Row = Readonly<Record<string, unknown>>

const PAGE = 200

/** A text takes up to 64 KiB. */
const FAT_PAGE = 100

const FAT: ReadonlySet<TableName> = new Set(['memories', 'memory_revisions', 'journal_payloads'])

/**
 * All rows in the order of their key, with the columns that the table has at present: an older or a newer schema may
 * have others than the spec. The caller's transaction keeps the pages of one moment.
 */
export async function* rowsOf(db: Database, spec: TableSpec): AsyncGenerator<readonly Row[]> {
  const size = FAT.has(spec.name) ? FAT_PAGE : PAGE
  const key = spec.key.map(column => sql.ref(column))
  for (let last: Row | undefined; ; ) {
    let query = db.selectFrom(spec.name as 'memories').selectAll()
    if (last !== undefined) query = query.where(isAfter(last, spec))
    for (const column of key) query = query.orderBy(column)
    const rows: readonly Row[] = await query.limit(size).execute()
    if (rows.length > 0) yield rows
    if (rows.length < size) return
    last = rows.at(-1)
  }
}

/** Row values are compared by the index of the key in one go, on both engines. */
function isAfter(last: Row, { key }: TableSpec): RawBuilder<boolean> {
  const columns = key.map(column => sql.ref(column))
  const values = key.map(column => last[column])
  return sql<boolean>`(${sql.join(columns)}) > (${sql.join(values)})`
}
