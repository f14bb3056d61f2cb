/**
 * Statements compiled once and run many times: building a wide INSERT anew costs more than running it.
 */
import type { CompiledQuery } from 'kysely'
import { connectionOf } from './connection.ts'
import type { Database } from './engine.ts'
import type { Tables } from './tables.ts'

/** Rows a statement. Larger gains nothing measurable; PostgreSQL's 65,535 parameters bound rows times columns. */
const BATCH = 32
const SOME = 8
const FEW = 4

type Row = Readonly<Record<string, unknown>>

export class Statements {
  readonly #compiled = new Map<string, CompiledQuery<unknown>>()

  /**
   * Runs a statement whose text depends on `key` alone. `build` is called once; its parameters must come in the order
   * in which `parameters` gives them.
   */
  async run<R>(
    db: Database,
    key: string,
    build: () => { compile(): CompiledQuery<R> },
    parameters: readonly unknown[],
  ): Promise<R[]> {
    let compiled = this.#compiled.get(key)
    if (compiled === undefined) {
      compiled = build().compile()
      this.#compiled.set(key, compiled)
    }
    // Straight to the connection: the builder's own way there costs more than a small statement takes.
    const result = await connectionOf(db).execute<R>({ ...compiled, parameters } as CompiledQuery<R>)
    return result.rows
  }

  /** Inserts rows that all have the columns of the first one. */
  insert(db: Database, table: keyof Tables, rows: readonly Row[]): Promise<void> {
    return this.#insert(db, rows, { key: `insert ${table}`, build: batch => insertion(db, table, batch) })
  }

  /** As `insert`, but for those whose key is there already. */
  insertMissing(db: Database, table: keyof Tables, rows: readonly Row[]): Promise<void> {
    const build = (batch: readonly Row[]) =>
      insertion(db, table, batch).onConflict(conflict => conflict.doNothing())
    return this.#insert(db, rows, { key: `insert missing ${table}`, build })
  }

  async #insert(
    db: Database,
    rows: readonly Row[],
    { key, build }: { key: string; build: (batch: readonly Row[]) => { compile(): CompiledQuery<unknown> } },
  ): Promise<void> {
    const first = rows[0]
    if (first === undefined) return
    const columns = Object.keys(first)
    for (let start = 0; start < rows.length; ) {
      const size = sizeFor(rows.length - start)
      const batch = rows.slice(start, start + size)
      await this.run(db, `${key} ${size} ${columns.join()}`, () => build(batch), values(batch, columns))
      start += size
    }
  }
}

/** One statement for a few rows, since a memory brings a few of some kinds; sizes between would each be compiled. */
function sizeFor(left: number): number {
  if (left >= BATCH) return BATCH
  if (left >= SOME) return SOME
  return left <= FEW ? left : FEW
}

function insertion(db: Database, table: keyof Tables, rows: readonly Row[]) {
  return db.insertInto(table).values(rows as never)
}

function values(rows: readonly Row[], columns: readonly string[]): unknown[] {
  const list = new Array<unknown>(rows.length * columns.length)
  let at = 0
  for (const row of rows) for (const column of columns) list[at++] = row[column]
  return list
}
