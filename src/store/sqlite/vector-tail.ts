/**
 * Vectors that no index holds, packed in memory for comparing them one by one. Each search reads what was written since
 * the last one, by whatever process, so that a vector is found by the very next search.
 */
import { type RawBuilder, sql } from 'kysely'
import { nearest, readHalves } from '../../model/vector.ts'
import type { Database } from '../engine.ts'
import type { IndexedSpace } from '../vector-engine.ts'

/** Rows a read. */
const BATCH = 2000

/** So many are kept in memory at the most; what is beyond is read anew at each search, until an index is made. */
const KEPT = 100_000

interface Row {
  readonly id: number
  readonly vector: Uint8Array | null
}

/** Numbers of rows that are near to a vector. */
export interface Candidates {
  readonly ids: readonly number[]
  /** The cosine down to which none was left out; -1 where none was at all. */
  readonly reach: number
}

export class VectorTail {
  readonly #space: IndexedSpace
  /** Rows up to here are in the index, or there is none and it is 0. */
  readonly covered: number
  #last: number
  #ids: number[] = []
  #matrix: Float32Array
  #isCut = false

  constructor(space: IndexedSpace, covered: number) {
    this.#space = space
    this.covered = covered
    this.#last = covered
    this.#matrix = new Float32Array(64 * space.dimensions)
  }

  get length(): number {
    return this.#ids.length
  }

  /** The last row that was looked at. */
  get last(): number {
    return this.#last
  }

  /** The ids in the order of the packed vectors; one may be of a row that is gone. */
  get ids(): readonly number[] {
    return this.#ids
  }

  /** `length` times `dimensions` numbers. */
  get matrix(): Float32Array {
    return this.#matrix.subarray(0, this.#ids.length * this.#space.dimensions)
  }

  /** Takes in what was written since the last time. */
  async refresh(db: Database): Promise<void> {
    while (!this.#isCut && (await this.take(db, BATCH)) === BATCH) this.#isCut = this.length >= KEPT
  }

  /** Takes in the next rows, up to the one of a number. @returns how many were looked at. */
  async take(db: Database, limit: number, end = Number.MAX_SAFE_INTEGER): Promise<number> {
    const between = { after: this.#last, end }
    const { rows } = await rowsBetween(this.#space.number, between, limit).execute(db)
    for (const row of rows) this.#add(row)
    // Rows of other spaces are passed over once, and not at each search.
    if (rows.length < limit) this.#last = Math.max(this.#last, await newest(db))
    return rows.length
  }

  /** The nearest, in no order: also of what is beyond those that are kept. */
  async nearest(db: Database, vector: Float32Array, wanted: number): Promise<Candidates> {
    const found = [nearestOf(this, vector, wanted)]
    for (let last = this.#last; this.#isCut; ) {
      const part = new VectorTail(this.#space, last)
      const read = await part.take(db, BATCH)
      found.push(nearestOf(part, vector, wanted))
      if (read < BATCH) break
      last = part.last
    }
    return together(found)
  }

  #add({ id, vector }: Row): void {
    if (id <= this.#last) return
    this.#last = id
    const { dimensions } = this.#space
    if (vector === null || vector.length !== dimensions * 2) return
    const at = this.#ids.length * dimensions
    if (at + dimensions > this.#matrix.length) {
      const larger = new Float32Array(this.#matrix.length * 2)
      larger.set(this.#matrix)
      this.#matrix = larger
    }
    readHalves(vector, this.#matrix, at)
    this.#ids.push(id)
  }
}

function nearestOf(tail: VectorTail, vector: Float32Array, wanted: number): Candidates {
  const { rows, similarities } = nearest(tail.matrix, vector, wanted)
  const ids = Array.from(rows, row => tail.ids[row]!)
  return { ids, reach: ids.length < tail.length ? (similarities.at(-1) ?? 1) : -1 }
}

/** What several parts give, each as far as it reaches. */
export function together(parts: readonly Candidates[]): Candidates {
  return { ids: parts.flatMap(({ ids }) => ids), reach: Math.max(...parts.map(({ reach }) => reach)) }
}

async function newest(db: Database): Promise<number> {
  const { rows } = await sql<{ id: number }>`select coalesce(max(id), 0) as id from vectors`.execute(db)
  return rows[0]?.id ?? 0
}

function rowsBetween(
  space: number,
  { after, end }: { readonly after: number; readonly end: number },
  limit: number,
): RawBuilder<Row> {
  return sql<Row>`select id, vector from vectors
    where id > ${after} and id <= ${end} and +space = ${space} order by id limit ${limit}`
}
