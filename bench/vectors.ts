/** What the vectors of a store weigh, and how many of those that are truly nearest its index finds. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Space } from '../src/model/space.ts'
import { readHalves } from '../src/model/vector.ts'
import { openStore } from '../src/open.ts'
import type { Database, Engine } from '../src/store/engine.ts'
import type { Store } from '../src/store/store.ts'
import type { BenchEmbedder } from './embedder.ts'
import { nearest } from './scan.ts'
import { round } from './times.ts'

const SHOWN = 10

/** Rows a read. */
const BATCH = 5000

export interface OfVectors {
  /** The table of vectors with its key. */
  readonly vector_row_bytes: number | null
  /** What is derived from it for searching: a file on SQLite, a table with its index on PostgreSQL. */
  readonly vector_index_bytes: number | null
  /** Vectors that are found through an index; the others are compared one by one. */
  readonly indexed_percent: number | null
  /** Of the ten nearest by comparing all, how many are found; to four digits. */
  readonly index_recall: number | null
}

const NONE: OfVectors = {
  vector_row_bytes: null,
  vector_index_bytes: null,
  indexed_percent: null,
  index_recall: null,
}

/** Of the last store at the address. All null where it has no space. */
export async function measureVectors(
  { address, memories }: { readonly address: string; readonly memories: number },
  embedder: BenchEmbedder,
  queries: readonly string[],
): Promise<OfVectors> {
  const { store, context } = await openStore({ store: address, mode: 'existing' })
  try {
    const { principal } = context()
    const space = await store.read(principal, tx => tx.spaces.default())
    if (space === null) return NONE
    const { engine } = store
    const { indexed } = await engine.read(db => engine.vectors.state(db, space))
    const bytes = await engine.read(db => bytesOf(db, engine))
    return {
      vector_row_bytes: Math.round(bytes.rows / memories),
      vector_index_bytes: Math.round(bytes.index / memories),
      indexed_percent: round(((indexed ?? 0) / memories) * 100),
      index_recall: await recallOf(store, principal, { space, embedder, queries }),
    }
  } finally {
    await store.close()
  }
}

/** Bytes of the files beside a SQLite store in which its vectors are searched. */
export function indexFileBytes(address: string): number {
  const folder = `${address}.vectors`
  if (!existsSync(folder)) return 0
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

async function bytesOf(db: Database, engine: Engine): Promise<{ rows: number; index: number }> {
  if (engine.name === 'sqlite') {
    const { rows } = await sql<{ bytes: number }>`select sum(pgsize) as bytes from dbstat
      where name in ('vectors', 'sqlite_autoindex_vectors_1')`.execute(db)
    return { rows: rows[0]?.bytes ?? 0, index: indexFileBytes(engine.location) }
  }
  const { rows } = await sql<{ rows: number; index: number }>`
    select pg_total_relation_size('vectors')::float as rows,
      coalesce(pg_total_relation_size(to_regclass('vector_search')), 0)::float as index`.execute(db)
  return rows[0] ?? { rows: 0, index: 0 }
}

type Asking = {
  readonly space: Space
  readonly embedder: BenchEmbedder
  readonly queries: readonly string[]
}

async function recallOf(
  store: Store,
  principal: Parameters<Store['read']>[0],
  { space, embedder, queries }: Asking,
): Promise<number> {
  const { engine } = store
  const { ids, matrix } = await engine.read(db => allVectors(db, engine, space))
  let [found, asked] = [0, 0]
  for (const vector of await embedder.embed(queries, 'query')) {
    if (vector === null) continue
    const request = { space, vector, limit: SHOWN, part: 'live', filter: null } as const
    const hits = await store.read(principal, tx => tx.vectors.nearest(request))
    const got = new Set<string>(hits.map(({ memory_id }) => memory_id))
    const best = nearest(matrix, vector, SHOWN)
    found += best.filter(row => got.has(ids[row]!)).length
    asked += best.length
  }
  return Math.round((found / asked) * 10_000) / 10_000
}

/** Packed, in the order of their memories. */
async function allVectors(
  db: Database,
  { vectors }: Engine,
  space: Space,
): Promise<{ ids: string[]; matrix: Float32Array }> {
  const count = await db
    .selectFrom('memories')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .execute()
  const matrix = new Float32Array(Number(count[0]?.count ?? 0) * space.dimensions)
  const ids: string[] = []
  for (let last = ''; ; ) {
    let query = db.selectFrom('memories').select('id').orderBy('id').limit(BATCH)
    if (last !== '') query = query.where('id', '>', last as never)
    const page = (await query.execute()).map(({ id }) => id)
    for (const [id, bytes] of await vectors.of(db, space, page)) {
      readHalves(bytes, matrix, ids.length * space.dimensions)
      ids.push(id)
    }
    if (page.length < BATCH) return { ids, matrix: matrix.subarray(0, ids.length * space.dimensions) }
    last = page.at(-1) ?? ''
  }
}
