/** How a table is read for a digest or a snapshot, held against its row type by the compiler. */
import type { Selectable } from 'kysely'
import type { Tables } from '../tables.ts'

export type TableName = keyof Tables

/**
 * How a column's value is written: a `count` of 0 is left out as null is, for it is what a new row begins with; `bytes`
 * are Base64.
 */
export type ColumnKind = 'text' | 'json' | 'number' | 'count' | 'bytes'

export interface TableSpec {
  readonly name: TableName
  /** The primary key, or what is as unique in every store; in its order rows are read. */
  readonly key: readonly string[]
  /** Every column that means the same in another store. */
  readonly columns: Readonly<Record<string, ColumnKind>>
  /** Columns that mean something in this store alone, and that a new row is given. */
  readonly local: readonly string[]
  /** Whether it tells what is known; what is not in the state is in the full digest only. */
  readonly inState: boolean
  /** Columns that only the full digest covers. */
  readonly notInState: readonly string[]
}

/** A value as a row type gives it, and how it may be written. */
type KindFor<Value> =
  NonNullable<Value> extends number
    ? 'number' | 'count'
    : NonNullable<Value> extends Uint8Array
      ? 'bytes'
      : 'text' | 'json'

/** A spec that the compiler holds against the table's row type: no column is missing, unknown or of another kind. */
interface Spec<Name extends TableName, Local extends keyof Tables[Name] & string> {
  readonly key: readonly (keyof Tables[Name] & string)[]
  readonly columns: {
    readonly [Column in Exclude<keyof Selectable<Tables[Name]>, Local>]: KindFor<
      Selectable<Tables[Name]>[Column]
    >
  }
  readonly local?: readonly Local[]
  readonly inState?: boolean
  readonly notInState?: readonly (keyof Tables[Name] & string)[]
}

export function table<Name extends TableName, Local extends keyof Tables[Name] & string = never>(
  name: Name,
  spec: Spec<Name, Local>,
): TableSpec {
  const columns = spec.columns as Readonly<Record<string, ColumnKind>>
  return { name, inState: true, notInState: [], local: [], ...spec, columns }
}
