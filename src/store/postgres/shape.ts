/** The schema on a server, held against what the text of this build's steps makes. */
import { sql } from 'kysely'
import { isDerived } from '../digest/tables.ts'
import type { Database, SchemaFault } from '../engine.ts'
import { type DdlTable, readDdl } from '../schema/ddl.ts'
import { MIGRATIONS } from '../schema/index.ts'

/** What a schema has besides is left alone. */
export async function schemaFaults(db: Database): Promise<SchemaFault[]> {
  const wanted = readDdl(MIGRATIONS.map(step => step.postgres))
  const found = await columnsOf(db)
  const tables = [...wanted.tables].flatMap(([name, table]) => tableFaults(name, table, found.get(name)))
  const indexes = await indexesOf(db)
  const others = [...wanted.indexes].flatMap(([name, { table, statement }]): SchemaFault[] => {
    const usable = indexes.get(name)
    if (usable === true) return []
    const problem = `the index ${name} ${usable === undefined ? 'is missing' : 'is not in use'}`
    const ddl = usable === undefined ? statement : `drop index "${name}"; ${statement}`
    return [{ kind: 'index', table, isDerived: isDerived(table), problem, ddl }]
  })
  return [...tables, ...others]
}

function tableFaults(
  table: string,
  { columns, statements }: DdlTable,
  found: ReadonlyMap<string, string> | undefined,
): SchemaFault[] {
  const of = { table, isDerived: isDerived(table) }
  if (found === undefined) {
    const ddl = of.isDerived ? statements.join(';\n') : null
    return [{ kind: 'table', ...of, problem: `the table ${table} is missing`, ddl }]
  }
  return [...columns].flatMap(([name, written]): SchemaFault[] => {
    const [type, wanted] = [found.get(name), longName(written)]
    if (type === wanted) return []
    const wrong = type === undefined ? 'is missing' : `is of the type ${type}, not ${wanted}`
    return [{ kind: 'column', ...of, problem: `the column ${name} of ${table} ${wrong}`, ddl: null }]
  })
}

/** As the server writes a type. */
function longName(type: string): string {
  return type.replace(/^timestamptz\((\d)\)$/, 'timestamp($1) with time zone')
}

async function columnsOf(db: Database): Promise<Map<string, Map<string, string>>> {
  const { rows } = await sql<{ table: string; name: string; type: string }>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_catalog.pg_class as c join pg_catalog.pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
      and a.attnum > 0 and not a.attisdropped`.execute(db)
  const tables = new Map<string, Map<string, string>>()
  for (const { table, name, type } of rows) {
    const columns = tables.get(table) ?? new Map<string, string>()
    tables.set(table, columns.set(name, type))
  }
  return tables
}

/** Whether each index is one that the server keeps and uses: one whose making failed half-way is not. */
async function indexesOf(db: Database): Promise<Map<string, boolean>> {
  const { rows } = await sql<{ name: string; usable: boolean }>`
    select c.relname as name, x.indisvalid and x.indisready and x.indislive as usable
    from pg_catalog.pg_index as x join pg_catalog.pg_class as c on c.oid = x.indexrelid
    where c.relnamespace = current_schema()::regnamespace`.execute(db)
  return new Map(rows.map(({ name, usable }) => [name, usable]))
}
