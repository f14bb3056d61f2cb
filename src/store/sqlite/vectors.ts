/**
 * Nearest vectors on SQLite: vectors are rows. The rows that the index file of a space holds are found through it, those
 * that it does not hold yet are compared one by one; either way the row itself decides, by its own vector.
 */
import { expressionBuilder, type RawBuilder, sql } from 'kysely'
import { cosineOfHalves } from '../../model/vector.ts'
import type { Database, Engine, KeywordHit } from '../engine.ts'
import type { Exclusive } from '../exclusive.ts'
import { conditions, isIndexed } from '../memory-filter.ts'
import type {
  FoldOptions,
  IndexedSpace,
  IndexState,
  VectorEngine,
  VectorHit,
  VectorQuery,
  VectorRow,
} from '../vector-engine.ts'
import { COLUMNS, liveOf, matching } from './keyword.ts'
import type { IndexPlace, VectorIndex } from './vector-index.ts'
import { type Named, unpacked, vectorsBy, vectorsOf } from './vector-rows.ts'

type Compared = Named & { readonly similarity: number }

/** A row with its vector, before its cosine is known. */
type Found = KeywordHit & { readonly vector: Uint8Array }

/** So many more than are wanted are looked at: some of them are not live, or not the caller's. */
const MORE = 2

/** Candidates that are looked up at the most before the rows of a filter are compared one by one instead. */
const WIDEST = 20_000

export class SqliteVectors implements VectorEngine {
  readonly #place: IndexPlace
  readonly #indexes = new Map<string, VectorIndex>()

  /** `file` is the store's; null for one in memory, which is searched without an index. */
  constructor(engine: Pick<Engine, 'statements' | 'read'>, file: string | null) {
    const { statements } = engine
    const folder = file === null ? null : `${file}.vectors`
    this.#place = { statements, folder, read: work => engine.read(work) }
  }

  async obstacle(): Promise<string | null> {
    return null
  }

  async insert(db: Database, rows: readonly VectorRow[]): Promise<void> {
    await this.#place.statements.insert(db, 'vectors', rows as never)
  }

  async nearest(db: Database, query: VectorQuery): Promise<VectorHit[]> {
    const index = await this.#indexOf(query.space)
    const searched = await index.refresh(db)
    for (let wanted = query.limit * MORE; ; ) {
      // Another search may have taken in more meanwhile, which this one does not see, but comes across.
      const total = searched.size
      const { ids, reach } = await searched.candidates(db, query.vector, wanted)
      const hits = await this.#hits(db, query, ids)
      if (wanted >= total) return best(hits, query.limit)
      // Further away there may be nearer ones: of the file where these are of the tail, or the other way round.
      const found = hits.filter(({ similarity }) => similarity >= reach).length
      if (found >= query.limit) return best(hits, query.limit)
      const next = nextWidth({ wanted, found, limit: query.limit })
      if (query.filter !== null && isCheaperExactly(next, { query, total, share: found / wanted }))
        return best(await this.#exactly(db, query), query.limit)
      wanted = Math.min(next, total)
    }
  }

  /**
   * Those of the candidates that are in the scope, or at least the `limit` nearest of these. A row costs three times what
   * its vector does, so vectors are compared first, and mostly no more rows are looked up than are wanted.
   */
  async #hits(db: Database, query: VectorQuery, ids: readonly number[]): Promise<VectorHit[]> {
    if (ids.length === 0) return []
    const { space, vector, limit } = query
    const list = JSON.stringify(ids)
    const parameters = [list, space.number, space.dimensions * 2]
    const [packed] = await this.#run(db, 'vectors by number', () => vectorsBy(space, list), parameters)
    const near = compared(unpacked(packed, space), vector).sort((a, b) => b.similarity - a.similarity)
    let end = Math.min(limit, near.length)
    // Equally near ones are told apart by their rows.
    while (end > 0 && near[end]?.similarity === near[end - 1]?.similarity) end++
    const hits = await this.#rowsOf(db, query, near.slice(0, end))
    if (hits.length < limit) hits.push(...(await this.#rowsOf(db, query, near.slice(end))))
    return hits
  }

  async #rowsOf(db: Database, query: VectorQuery, near: readonly Compared[]): Promise<VectorHit[]> {
    if (near.length === 0) return []
    const similarities = new Map(near.map(({ subject_id, similarity }) => [subject_id, similarity]))
    const list = JSON.stringify([...similarities.keys()])
    const { tenant_id, owner_user_id } = query
    const rows =
      query.filter === null && !query.onlyEntities
        ? await this.#run(db, `rows of ${query.part}`, () => rowsOf(query, list), [
            list,
            tenant_id,
            tenant_id,
            owner_user_id,
          ])
        : (await rowsOf(query, list).execute(db)).rows
    return rows.map(row => ({ ...row, similarity: similarities.get(row.memory_id)! }))
  }

  /** All that the filter leaves, compared one by one. */
  async #exactly(db: Database, query: VectorQuery): Promise<VectorHit[]> {
    const { rows } = await filteredRows(query).execute(db)
    return compared(rows, query.vector).map(({ vector: _vector, ...hit }) => hit)
  }

  async of(db: Database, space: IndexedSpace, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
    if (ids.length === 0) return new Map()
    const list = JSON.stringify(ids)
    const parameters = [list, space.number, space.dimensions * 2]
    const [packed] = await this.#run(db, 'vectors of', () => vectorsOf(space, list), parameters)
    return new Map(unpacked(packed, space).map(({ subject_id, vector }) => [subject_id, vector]))
  }

  async state(db: Database, space: IndexedSpace): Promise<IndexState> {
    return (await this.#refreshed(db, space)).state()
  }

  async needsFold(db: Database, space: IndexedSpace, options: FoldOptions): Promise<boolean> {
    return (await this.#refreshed(db, space)).needsFold(options)
  }

  async fold(permit: Exclusive, space: IndexedSpace, options: FoldOptions): Promise<void> {
    await (await this.#indexOf(space)).fold(options, permit)
  }

  async forget(space: IndexedSpace): Promise<void> {
    this.#indexes.delete(space.id)
    if (this.#place.folder !== null) await removeIndex(this.#place.folder, space.id)
  }

  async #refreshed(db: Database, space: IndexedSpace): Promise<VectorIndex> {
    const index = await this.#indexOf(space)
    await index.refresh(db)
    return index
  }

  /** Most commands search no vectors, so the code for it is loaded for the first that does. */
  async #indexOf(space: IndexedSpace): Promise<VectorIndex> {
    const { VectorIndex } = await import('./vector-index.ts')
    const index = this.#indexes.get(space.id) ?? new VectorIndex(this.#place, space)
    this.#indexes.set(space.id, index)
    return index
  }

  #run<R>(
    db: Database,
    key: string,
    build: () => RawBuilder<R>,
    parameters: readonly unknown[],
  ): Promise<R[]> {
    return this.#place.statements.run(db, key, () => ({ compile: () => build().compile(db) }), parameters)
  }
}

/** What cannot be removed is only in the way of nobody. */
async function removeIndex(folder: string, space: string): Promise<void> {
  const { removeManifest } = await import('./vector-manifest.ts')
  const { removeGenerations } = await import('./vector-folder.ts')
  try {
    removeManifest(folder, space)
    removeGenerations(folder, space, null)
  } catch {}
}

/** From how many of so many candidates pass, how many more to look at. */
function nextWidth({ wanted, found, limit }: { wanted: number; found: number; limit: number }): number {
  const share = Math.max(found, 0.5) / wanted
  return Math.ceil(Math.max(wanted * 4, (limit / share) * 1.5))
}

/** Looking up candidates costs by how many they are, comparing what a filter leaves by how many that is. */
function isCheaperExactly(
  candidates: number,
  { query, total, share }: { query: VectorQuery; total: number; share: number },
): boolean {
  if (query.filter === null) return false
  if (candidates > WIDEST) return true
  return isIndexed(query.filter.fields) && share * total < candidates
}

/** With their cosines; what is of other dimensions can be compared with nothing. */
function compared<Row extends { readonly vector: Uint8Array }>(
  rows: readonly Row[],
  vector: Float32Array,
): (Row & { readonly similarity: number })[] {
  return rows
    .filter(row => row.vector.length === vector.length * 2)
    .map(row => ({ ...row, similarity: cosineOfHalves(vector, row.vector) }))
}

/** Equal ones in the order of their rows. */
function best(hits: readonly VectorHit[], limit: number): VectorHit[] {
  return hits.toSorted((a, b) => b.similarity - a.similarity || a.doc - b.doc).slice(0, limit)
}

/** Cross joins, since SQLite keeps to their order: left to itself it may begin with every row of the owner. */
function rowsOf(query: VectorQuery, list: string): RawBuilder<KeywordHit> {
  return sql`with wanted as materialized (select value as id from json_each(${list}))
    select ${COLUMNS} from wanted
    cross join keyword_documents as d
      on d.tenant_id = ${query.tenant_id} and d.memory_id = wanted.id and d.live = ${liveOf(query.part)}
    ${matching(query)}`
}

function filteredRows(query: VectorQuery): RawBuilder<Found> {
  const { tenant_id, owner_user_id, space, filter } = query
  if (filter === null) throw new Error('Bug: nothing to begin with')
  const wanted = conditions(expressionBuilder(), filter.table, filter.fields)
  return sql`select ${COLUMNS}, v.vector from ${sql.ref(filter.table)} as m
    cross join keyword_documents as d
      on d.tenant_id = m.tenant_id and d.memory_id = m.id and d.version = m.version
    cross join vectors as v on v.space = ${space.number} and v.subject_id = m.id and v.vector is not null
    where m.tenant_id = ${tenant_id} and m.owner_user_id = ${owner_user_id}
      and d.live = ${liveOf(query.part)} ${wanted.length === 0 ? sql`` : sql`and ${sql.join(wanted, sql` and `)}`}`
}
