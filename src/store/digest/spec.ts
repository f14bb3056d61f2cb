/** How a table is read for a digest or a snapshot, held against its row type by the compiler. */
import type { Selectable } from 'kysely'
import type { Tables } from '../tables.ts'

export type TableName = keyof Tables

/** How a column's value is written: a `count` of 0 is left out as null is, for it is what a new row begins with. */
export type ColumnKind = 'text' | 'json' | 'number' | 'count'

export interface TableSpec {
  readonly name: TableName
  /** The primary key, in the order of which rows are read. */
  readonly key: readonly string[]
  /** Every column. */
  readonly columns: Readonly<Record<string, ColumnKind>>
  /** Whether it tells what is known; what is not in the state is in the full digest only. */
  readonly inState: boolean
  /** Columns that only the full digest covers. */
  readonly notInState: readonly string[]
}

/** A value as a row type gives it, and how it may be written. */
type KindFor<Value> = NonNullable<Value> extends number ? 'number' | 'count' : 'text' | 'json'

/** A spec that the compiler holds against the table's row type: no column is missing, unknown or of another kind. */
interface Spec<Name extends TableName> {
  readonly key: readonly (keyof Tables[Name] & string)[]
  readonly columns: {
    readonly [Column in keyof Selectable<Tables[Name]>]: KindFor<Selectable<Tables[Name]>[Column]>
  }
  readonly inState?: boolean
  readonly notInState?: readonly (keyof Tables[Name] & string)[]
}

export function table<Name extends TableName>(name: Name, spec: Spec<Name>): TableSpec {
  const columns = spec.columns as Readonly<Record<string, ColumnKind>>
  return { name, inState: true, notInState: [], ...spec, columns }
}
