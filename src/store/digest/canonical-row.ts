/**
 * A row as one text, the same on both engines and in every version of the schema that has what the row says.
 */
import { canonicalJson } from '../../model/digest.ts'
import { HeirloomError } from '../../model/errors.ts'
import type { Row } from './rows.ts'
import type { ColumnKind, TableSpec } from './tables.ts'

type Cover = 'full' | 'state'

interface Field {
  readonly column: string
  readonly kind: ColumnKind
  /** `"column":` with what stands before it, at the start of the text and later. */
  readonly first: string
  readonly next: string
  readonly inState: boolean
}

const fields = new WeakMap<TableSpec, readonly Field[]>()

/** The columns in the order of RFC 8785: by their UTF-16 code units. */
function fieldsOf(spec: TableSpec): readonly Field[] {
  const known = fields.get(spec)
  if (known !== undefined) return known
  const made = Object.keys(spec.columns)
    .sort()
    .map(column => ({
      column,
      kind: spec.columns[column]!,
      first: `{${JSON.stringify(column)}:`,
      next: `,${JSON.stringify(column)}:`,
      inState: !spec.notInState.includes(column),
    }))
  fields.set(spec, made)
  return made
}

/**
 * RFC 8785 JSON of a row's columns that are not null, JSON columns as the values they hold, bytes as Base64. What is null is left out
 * (and a count of 0), so that a step of the schema which adds an empty column changes no text.
 * @throws STORE_CORRUPT where a JSON column holds something else.
 */
export function canonicalRow(spec: TableSpec, row: Row, cover: Cover): string {
  let text = ''
  for (const field of fieldsOf(spec)) {
    if (cover === 'state' && !field.inState) continue
    const value = textOf(spec, field, row)
    if (value !== '') text += (text === '' ? field.first : field.next) + value
  }
  return closed(text)
}

/** Both texts of a row of a table whose two differ, for less than making each. */
export function canonicalRows(spec: TableSpec, row: Row): Readonly<Record<Cover, string>> {
  let full = ''
  let state = ''
  for (const field of fieldsOf(spec)) {
    const value = textOf(spec, field, row)
    if (value === '') continue
    full += (full === '' ? field.first : field.next) + value
    if (field.inState) state += (state === '' ? field.first : field.next) + value
  }
  return { full: closed(full), state: closed(state) }
}

function closed(text: string): string {
  return text === '' ? '{}' : `${text}}`
}

/** The value's canonical text, or nothing where there is no value. */
function textOf(spec: TableSpec, { column, kind }: Field, row: Row): string {
  const value = row[column]
  if (value === null || value === undefined || (value === 0 && kind === 'count')) return ''
  if (kind === 'bytes') return `"${Buffer.from(value as Uint8Array).toString('base64')}"`
  if (kind !== 'json') return JSON.stringify(value)
  if (value === '[]' || value === '{}') return value
  try {
    return canonicalJson(JSON.parse(value as string))
  } catch (cause) {
    const where = spec.key.map(part => String(row[part])).join(' ')
    throw new HeirloomError('STORE_CORRUPT', `${spec.name} ${where}: ${column} does not hold JSON.`, {
      cause,
    })
  }
}

/**
 * The row that a full text was made of: JSON columns as canonical text, what is absent null, or 0 for counts.
 * Columns that the spec does not know are dropped.
 */
export function parseCanonicalRow(spec: TableSpec, text: string): Row {
  const given = JSON.parse(text) as Row
  const row: Record<string, unknown> = {}
  for (const [column, kind] of Object.entries(spec.columns)) {
    const value = given[column]
    if (value === undefined) row[column] = kind === 'count' ? 0 : null
    else if (kind === 'bytes') row[column] = Buffer.from(value as string, 'base64')
    else row[column] = kind === 'json' ? canonicalJson(value) : value
  }
  return row
}
