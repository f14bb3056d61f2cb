/** What a list of statements makes, read from their text. Knows the DDL that our steps are written in, and no other. */

export interface DdlTable {
  /** Types as they are written, by column. */
  readonly columns: ReadonlyMap<string, string>
  /** The statements that make it, in their order. */
  readonly statements: readonly string[]
}

export interface DdlIndex {
  readonly table: string
  readonly statement: string
}

export interface Ddl {
  readonly tables: ReadonlyMap<string, DdlTable>
  readonly indexes: ReadonlyMap<string, DdlIndex>
}

interface Reading {
  readonly tables: Map<string, { columns: Map<string, string>; statements: string[] }>
  readonly indexes: Map<string, DdlIndex>
}

const CREATE_TABLE = /^create table "?(\w+)"? \(([\s\S]*)\)[^)]*$/i
const ADD_COLUMN = /^alter table "?(\w+)"? add column "?(\w+)"? ([\s\S]+)$/i
const CREATE_INDEX = /^create (?:unique )?index "?(\w+)"?\s+on "?(\w+)"?/i
const DROP = /^drop (table|index)(?: if exists)? "?(\w+)"?$/i

/** What is there after all of the scripts. */
export function readDdl(scripts: readonly string[]): Ddl {
  const found: Reading = { tables: new Map(), indexes: new Map() }
  for (const statement of scripts.flatMap(statementsOf)) read(statement, found)
  return found
}

/** No statement of a step has a semicolon inside. */
function statementsOf(script: string): string[] {
  return script
    .split(';')
    .map(statement => statement.trim())
    .filter(statement => statement !== '')
}

function read(statement: string, { tables, indexes }: Reading): void {
  const [, made, body = ''] = CREATE_TABLE.exec(statement) ?? []
  if (made !== undefined) tables.set(made, { columns: columnsOf(body), statements: [statement] })
  const [, altered, column = '', rest = ''] = ADD_COLUMN.exec(statement) ?? []
  if (altered !== undefined) {
    tables.get(altered)?.columns.set(column, typeOf(rest))
    tables.get(altered)?.statements.push(statement)
  }
  const [, index, table = ''] = CREATE_INDEX.exec(statement) ?? []
  if (index !== undefined) indexes.set(index, { table, statement })
  const [, kind, dropped = ''] = DROP.exec(statement) ?? []
  if (kind === 'index') indexes.delete(dropped)
  if (kind !== 'table') return
  tables.delete(dropped)
  for (const [name, { table: of }] of indexes) if (of === dropped) indexes.delete(name)
}

function columnsOf(body: string): Map<string, string> {
  const columns = new Map<string, string>()
  for (const part of partsOf(body)) {
    if (/^(primary key|foreign key|check|unique|constraint)\b/i.test(part)) continue
    const [, name = '', rest = ''] = /^"?(\w+)"?\s+([\s\S]+)$/.exec(part) ?? []
    columns.set(name, typeOf(rest))
  }
  return columns
}

/** Between the commas that stand in no parentheses. */
function partsOf(body: string): string[] {
  const parts = ['']
  let depth = 0
  for (const character of body) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (character === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts.map(part => part.trim())
}

function typeOf(rest: string): string {
  return rest
    .replace(
      /\s*\b(not null|null|primary key|references|default|check|collate|generated|unique)\b[\s\S]*$/i,
      '',
    )
    .trim()
}
