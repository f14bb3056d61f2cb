/** The schema of a file, held against one that this build's steps have just made. */
import type BetterSqlite3 from 'better-sqlite3'
import { isDerived } from '../digest/tables.ts'
import type { SchemaFault } from '../engine.ts'
import { MIGRATIONS } from '../schema/index.ts'
import { SqliteConnection } from './connection.ts'

type Raw = BetterSqlite3.Database

interface SchemaObject {
  readonly type: SchemaFault['kind']
  readonly name: string
  readonly tbl_name: string
  readonly sql: string
}

interface ColumnInfo {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly pk: number
}

/** What a file has besides is left alone. */
export function schemaFaults(raw: Raw): SchemaFault[] {
  const scratch = new SqliteConnection(':memory:', { readonly: false })
  try {
    for (const step of MIGRATIONS) scratch.raw.exec(step.sqlite)
    const there = new Map(objectsOf(raw).map(object => [`${object.type} ${object.name}`, object]))
    return objectsOf(scratch.raw).flatMap(wanted => {
      const found = there.get(`${wanted.type} ${wanted.name}`)
      if (found === undefined) return [missing(wanted)]
      if (wanted.type === 'table' && !isVirtual(wanted)) {
        return columnFaults(wanted, columnsOf(raw, wanted.name), columnsOf(scratch.raw, wanted.name))
      }
      return plain(found.sql) === plain(wanted.sql) ? [] : [different(wanted)]
    })
  } finally {
    scratch.close()
  }
}

/** Tables first, so that what is of a table comes after it. What has no SQL of its own comes with its table. */
function objectsOf(raw: Raw): SchemaObject[] {
  return raw
    .prepare(
      `select type, name, tbl_name, sql from sqlite_schema where sql is not null and name not like 'sqlite_%'
       order by type = 'trigger', type = 'view', type = 'index', sql like 'create virtual table%', name`,
    )
    .all() as SchemaObject[]
}

function columnsOf(raw: Raw, table: string): ColumnInfo[] {
  return raw.prepare('select name, type, "notnull", pk from pragma_table_info(?)').all(table) as ColumnInfo[]
}

function missing({ type, name, tbl_name, sql }: SchemaObject): SchemaFault {
  const canBeMade = !isFullText(name) && (type !== 'table' || isDerived(name))
  return fault({
    type,
    table: tbl_name,
    problem: `the ${type} ${name} is missing`,
    ddl: canBeMade ? sql : null,
  })
}

function different({ type, name, tbl_name, sql }: SchemaObject): SchemaFault {
  const ddl = isFullText(name) ? null : `drop ${type} "${name}"; ${sql}`
  return fault({ type, table: tbl_name, problem: `the ${type} ${name} is not as it was made`, ddl })
}

function columnFaults(
  { type, name: table }: SchemaObject,
  found: readonly ColumnInfo[],
  wanted: readonly ColumnInfo[],
): SchemaFault[] {
  const there = new Map(found.map(column => [column.name, column]))
  return wanted.flatMap(column => {
    const problem = columnProblem(column, there.get(column.name))
    if (problem === null) return []
    return [
      {
        ...fault({ type, table, problem: `the column ${column.name} of ${table} ${problem}`, ddl: null }),
        kind: 'column',
      },
    ]
  })
}

function columnProblem(wanted: ColumnInfo, found: ColumnInfo | undefined): string | null {
  if (found === undefined) return 'is missing'
  if (found.type.toLowerCase() !== wanted.type.toLowerCase()) {
    return `is of the type ${found.type || 'none'}, not ${wanted.type}`
  }
  return found.notnull === wanted.notnull && found.pk === wanted.pk ? null : 'has lost its constraint'
}

function fault({
  type,
  table,
  problem,
  ddl,
}: {
  type: SchemaFault['kind']
  table: string
  problem: string
  ddl: string | null
}): SchemaFault {
  return { kind: type, table, isDerived: isDerived(table), problem, ddl }
}

function isVirtual({ sql }: SchemaObject): boolean {
  return /^create virtual table/i.test(sql)
}

/** Full-text tables, what they keep their words in and their views are made together, when the index is emptied. */
function isFullText(name: string): boolean {
  return /^keyword_(live|past)(_(words|data|idx|content|docsize|config))?$/.test(name)
}

function plain(sql: string): string {
  return sql.replace(/\s+/g, ' ').trim().toLowerCase()
}
