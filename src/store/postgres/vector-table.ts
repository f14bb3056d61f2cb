/**
 * The table of vectors in the type of the extension. It is derived and made at run time, since the steps of the schema
 * must run where there is no extension; `vector_search_spaces` names the spaces of which it holds every vector.
 */
import { sql } from 'kysely'
import type { Database } from '../engine.ts'
import type { Change } from '../exclusive.ts'
import type { IndexedSpace, IndexState, VectorQuery, VectorRow } from '../vector-engine.ts'
import { toHalfvecText } from './half-text.ts'
import type { ExtensionFound, VectorExtension } from './vector-extension.ts'
import { indexesLike, indexName, WIDEST } from './vector-search.ts'

/** In the order in which they can be dropped. */
export const SEARCH_TABLES = ['vector_search_spaces', 'vector_search'] as const

/** Rows an insertion: some 2.5 KB of text each. */
const BATCH = 500

/** What a search may look at beyond its limit, and at the least: more where an index holds many (docs/decisions/0023). */
const MARGIN = 1.5
const LEAST_LOOKED_AT = 200
const LEAST_OF_MANY = 400
const MANY = 50_000
const MOST_LOOKED_AT = 1000

/**
 * Of how many rows the index may pass over one before it gives up, but not before so many: passing over one costs some
 * 20 us, and looking whether a row is in the scope, as is done then, 1 us.
 */
const PASSED_OVER = 20
const LEAST_PASSED_OVER = 2000

/** How much of `work_mem` it may remember what it passed over in. */
const MEMORY = 8

/** What a search finds. */
export interface Shape {
  readonly hasIndex: boolean
  /** About how many rows the index holds. */
  readonly indexed: number
}

/** Has the search that follows in this transaction look at enough. Null where there is no table. */
export async function beginSearch(db: Database, { space, limit }: VectorQuery): Promise<Shape | null> {
  const wanted = Math.min(MOST_LOOKED_AT, Math.ceil(limit * MARGIN))
  const least = sql`case when c.reltuples > ${MANY} then ${LEAST_OF_MANY} else ${LEAST_LOOKED_AT} end`
  const lookedAt = sql`greatest(${wanted}, ${least})::int::text`
  const passedOver = sql`greatest(${LEAST_PASSED_OVER}, coalesce(c.reltuples, 0) / ${PASSED_OVER})::int::text`
  const { rows } = await sql<Shape & { isThere: boolean }>`
    select to_regclass('vector_search') is not null as "isThere", x.indexrelid is not null as "hasIndex",
      coalesce(c.reltuples, 0) as indexed,
      set_config('hnsw.iterative_scan', 'strict_order', true),
      set_config('hnsw.ef_search', ${lookedAt}, true),
      set_config('hnsw.max_scan_tuples', ${passedOver}, true),
      set_config('hnsw.scan_mem_multiplier', ${String(MEMORY)}, true)
    from (values (to_regclass(${indexName(space)}))) as named(index)
    left join pg_catalog.pg_index as x on x.indexrelid = named.index and x.indisvalid
    left join pg_catalog.pg_class as c on c.oid = x.indexrelid`.execute(db)
  const [shape] = rows
  return shape?.isThere ? shape : null
}

/** Makes the tables, for everybody who may use those of the vectors. */
export async function makeSearchTables({ db, script }: Change, schema: string): Promise<void> {
  const { rows } = await sql<{ isThere: boolean }>`
    select to_regclass('vector_search') is not null as "isThere"`.execute(db)
  if (rows[0]?.isThere) return
  await script(`
    create table vector_search (
      space integer not null,
      subject_id uuid not null,
      is_indexed boolean not null,
      embedding "${schema}".halfvec not null,
      primary key (space, subject_id),
      foreign key (space, subject_id) references vectors (space, subject_id) on delete cascade
    );
    create index vector_search_beside on vector_search (space) where not is_indexed;
    create table vector_search_spaces (
      space integer primary key references spaces (number) on delete cascade
    )`)
  const { rows: grants } = await sql<{ statement: string }>`
    select format('grant %s on ${sql.raw(SEARCH_TABLES.join(', '))} to %s', string_agg(a.privilege_type, ', '),
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as statement
    from pg_catalog.pg_class as c cross join aclexplode(c.relacl) as a
    where c.oid = 'vectors'::regclass and a.grantee <> c.relowner
      and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    group by a.grantee`.execute(db)
  for (const { statement } of grants) await script(statement)
}

/** Whether the table holds every vector of the space. */
export async function isWhole(db: Database, { number }: Pick<IndexedSpace, 'number'>): Promise<boolean> {
  const { rows } = await sql`select from vector_search_spaces where space = ${number}`.execute(db)
  return rows.length > 0
}

/**
 * Writes rows beside those that were just written to `vectors`, in the same transaction. These hold a lock that the
 * making of the table waits for, so whoever finds none here is seen by whoever makes it.
 */
export async function addSearchRows(
  db: Database,
  extension: VectorExtension,
  rows: readonly VectorRow[],
): Promise<void> {
  if (rows.length === 0) return
  const own = Map.groupBy(rows, row => row.space)
  const { rows: spaces } = await sql<{ number: number; dimensions: number }>`
    select number, dimensions from spaces
    where number = any(${[...own.keys()]}::int[]) and to_regclass('vector_search') is not null`.execute(db)
  if (spaces.length === 0) return
  const { schema } = await extension.find(db)
  for (const { number: space, dimensions } of spaces) {
    if (schema === null) await sql`delete from vector_search_spaces where space = ${space}`.execute(db)
    else {
      // What is of other dimensions can be compared with nothing.
      const fitting = own.get(space)?.filter(({ vector }) => vector?.length === 2 * dimensions) ?? []
      await writeSearchRows(db, { schema, space, rows: fitting })
    }
  }
}

export interface SearchRows {
  readonly schema: string
  readonly space: number
  readonly rows: readonly Pick<VectorRow, 'subject_id' | 'vector'>[]
}

/**
 * What waits beside the index waits only where there is one: taking rows into it one by one takes a millisecond each,
 * and making it of all of them a tenth of that.
 */
export async function writeSearchRows(db: Database, { schema, space, rows }: SearchRows): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH) {
    const ids: string[] = []
    const texts: string[] = []
    for (const { subject_id, vector } of rows.slice(start, start + BATCH)) {
      const text = vector === null ? null : toHalfvecText(vector)
      if (text === null) continue
      ids.push(subject_id)
      texts.push(text)
    }
    await sql`insert into vector_search (space, subject_id, is_indexed, embedding)
      select ${sql.lit(space)}, given.id, not ${hasAnyIndex(space)}, given.text::${sql.id(schema, 'halfvec')}
      from unnest(${ids}::uuid[], ${texts}::text[]) as given(id, text)
      on conflict do nothing`.execute(db)
  }
}

/** Also one that is no good, or of another space that had the number: it would refuse vectors of other dimensions. */
function hasAnyIndex(space: number) {
  return sql`exists (
    select from pg_catalog.pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'i' and relname like ${indexesLike(space)}
  )`
}

export async function readIndexState(
  db: Database,
  space: IndexedSpace,
  { schema, obstacle }: ExtensionFound,
): Promise<IndexState> {
  const { number, dimensions } = space
  const { rows } = await sql<{ vectors: number; isThere: boolean; isValid: boolean | null }>`
    select (select count(*)::int from vectors where space = ${number} and vector is not null) as vectors,
      to_regclass('vector_search') is not null as "isThere",
      (select indisvalid from pg_catalog.pg_index where indexrelid = to_regclass(${indexName(space)})) as "isValid"`.execute(
    db,
  )
  const { vectors = 0, isThere = false, isValid = null } = rows[0] ?? {}
  const without = (problem: string | null): IndexState => ({ indexed: null, tail: vectors, problem })
  // Then nothing is found by meaning at all, which is told by itself.
  if (obstacle !== null) return without(null)
  if (dimensions > WIDEST)
    return without(`pgvector indexes up to ${WIDEST} dimensions, and these vectors have ${dimensions}.`)
  if (schema === null || !isThere || isValid === null) return without(null)
  if (!isValid)
    return without('Making the index did not come to its end. It is made again: heirloom embed --drain')
  if (!(await isWhole(db, space)))
    return without('Its vectors are still being copied for it: heirloom embed --drain')
  const { rows: counted } = await sql<{ indexed: number }>`
    select count(*)::int as indexed from vector_search where space = ${number} and is_indexed`.execute(db)
  const indexed = counted[0]?.indexed ?? 0
  return { indexed, tail: vectors - indexed, problem: null }
}
