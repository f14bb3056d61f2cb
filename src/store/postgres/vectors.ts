/**
 * Nearest vectors on PostgreSQL. Rows of `vectors` are what counts; beside them, derived, stands a table of the same
 * vectors in the type of the extension, with an index for each space. New rows wait beside the index and are compared
 * one by one until there are enough to take them in, so that a vector is found by the very next search of anybody.
 */
import { sql } from 'kysely'
import { dot, fromHalves } from '../../model/vector.ts'
import type { Database } from '../engine.ts'
import type { Exclusive } from '../exclusive.ts'
import { isIndexed } from '../memory-filter.ts'
import type { Statements } from '../statements.ts'
import type {
  FoldOptions,
  IndexedSpace,
  IndexState,
  VectorEngine,
  VectorHit,
  VectorQuery,
  VectorRow,
} from '../vector-engine.ts'
import type { Outside } from './outside.ts'
import { VectorExtension } from './vector-extension.ts'
import { VectorFolder } from './vector-folder.ts'
import {
  type Found,
  hitsOf,
  isFound,
  oneByOne,
  type Search,
  throughIndex,
  vectorsAfter,
} from './vector-search.ts'
import { addSearchRows, beginSearch, isWhole, readIndexState, type Shape } from './vector-table.ts'

export interface PostgresVectorsOptions {
  /** From how many vectors on a space has its rows in the table of the extension. */
  readonly tableFrom: number
  /** From how many on it has an index; null where it never has. */
  readonly indexFrom: number | null
  /** Null where there is a single session for all. */
  readonly outside: Outside | null
}

/** Up to here comparing all vectors in this process takes some milliseconds, and nothing needs to be made for it. */
const FEWEST = 500

/** Making an index takes PGlite four milliseconds a vector, and nothing else runs meanwhile; it compares all instead. */
export function indexing({ inProcess }: { readonly inProcess: boolean }) {
  return { tableFrom: FEWEST, indexFrom: inProcess ? null : FEWEST }
}

/** Vectors that are read at once where they are compared here. */
const BATCH = 2000

/** So few rows are compared one by one whatever the index holds. */
const NARROW = 1000

export class PostgresVectors implements VectorEngine {
  readonly #statements: Statements
  readonly #options: PostgresVectorsOptions
  readonly #extension = new VectorExtension()

  constructor(statements: Statements, options: PostgresVectorsOptions) {
    this.#statements = statements
    this.#options = options
  }

  async obstacle(db: Database): Promise<string | null> {
    return (await this.#extension.find(db)).obstacle
  }

  async insert(db: Database, rows: readonly VectorRow[]): Promise<void> {
    await this.#statements.insert(db, 'vectors', rows as never)
    await addSearchRows(db, this.#extension, rows)
  }

  async nearest(db: Database, query: VectorQuery): Promise<VectorHit[]> {
    const { schema } = await this.#extension.find(db)
    const shape = schema === null ? null : await beginSearch(db, query)
    if (schema === null || shape === null) return this.#here(db, query)
    const rows = await this.#there(db, { query, schema }, shape)
    if (rows.length === 0 && !(await isWhole(db, query.space))) return this.#here(db, query)
    return best(compared(rows, query), query)
  }

  async #there(db: Database, search: Search, { hasIndex, indexed }: Shape): Promise<readonly Found[]> {
    const { filter, limit } = search.query
    if (hasIndex && filter !== null && isIndexed(filter.fields)) {
      const narrow = await this.#exactly(db, search, narrowest(limit, indexed))
      if (narrow !== null) return narrow
    }
    if (hasIndex) {
      const { rows } = await throughIndex(search).execute(db)
      if (rows.length >= limit) return rows
    }
    // The index gave up after many rows that are outside of the scope, so few are in it.
    return (await this.#exactly(db, search, null)) ?? []
  }

  /** Null where there is more than `most` to compare. */
  async #exactly(db: Database, search: Search, most: number | null): Promise<readonly Found[] | null> {
    const { rows } = await oneByOne(search, most).execute(db)
    return most !== null && (rows[0]?.size ?? 0) > most ? null : rows.filter(isFound)
  }

  /** Compares all that is in the scope in this process. */
  async #here(db: Database, query: VectorQuery): Promise<VectorHit[]> {
    let nearest: { readonly doc: number; readonly similarity: number }[] = []
    for (let after = 0; ; ) {
      const { rows } = await vectorsAfter(query, after, BATCH).execute(db)
      nearest = best([...nearest, ...compared(rows, query)], query)
      const last = rows.at(-1)
      if (last === undefined || rows.length < BATCH) break
      after = last.doc
    }
    const { rows } = await hitsOf(nearest.map(({ doc }) => doc)).execute(db)
    const hits = new Map(rows.map(row => [row.doc, row]))
    return nearest.flatMap(({ doc, similarity }) => {
      const hit = hits.get(doc)
      return hit === undefined ? [] : [{ ...hit, similarity }]
    })
  }

  async of(db: Database, space: IndexedSpace, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
    if (ids.length === 0) return new Map()
    const { rows } = await sql<{ subject_id: string; vector: Uint8Array }>`
      select subject_id, vector from vectors
      where space = ${space.number} and subject_id = any(${ids}::uuid[]) and vector is not null`.execute(db)
    return new Map(rows.map(({ subject_id, vector }) => [subject_id, vector]))
  }

  async state(db: Database, space: IndexedSpace): Promise<IndexState> {
    return readIndexState(db, space, await this.#extension.find(db))
  }

  needsFold(db: Database, space: IndexedSpace, options: FoldOptions): Promise<boolean> {
    return this.#folder(space, options).isNeeded(db)
  }

  fold(permit: Exclusive, space: IndexedSpace, options: FoldOptions): Promise<void> {
    return this.#folder(space, options).fold(permit)
  }

  /** The space is gone already: an index that this role cannot drop is in nobody's way, and goes with the next fold. */
  async forget(space: IndexedSpace): Promise<void> {
    await this.#folder(space, { isBusy: false })
      .dropIndex()
      .catch(() => undefined)
  }

  #folder(space: IndexedSpace, options: FoldOptions): VectorFolder {
    return new VectorFolder({ ...this.#options, ...options, space, extension: this.#extension })
  }
}

/**
 * So many rows of a filter are compared one by one rather than through the index. That takes some 8 us a row, and
 * through the index twice that for each row that is passed over: `limit` by what share of the rows the filter leaves.
 */
function narrowest(limit: number, indexed: number): number {
  return Math.max(NARROW, Math.round(Math.sqrt(2 * limit * indexed)))
}

function compared<Row extends { readonly vector: Uint8Array }>(
  rows: readonly Row[],
  { vector }: VectorQuery,
) {
  return rows
    .filter(row => row.vector.length === vector.length * 2)
    .map(({ vector: bytes, ...row }) => ({ ...row, similarity: dot(vector, fromHalves(bytes)) }))
}

/** Equal ones in the order of their rows. */
function best<Hit extends { readonly doc: number; readonly similarity: number }>(
  hits: readonly Hit[],
  { limit }: VectorQuery,
): Hit[] {
  return hits.toSorted((a, b) => b.similarity - a.similarity || a.doc - b.doc).slice(0, limit)
}
