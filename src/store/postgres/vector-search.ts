/**
 * The statements that find the nearest vectors. Each gives the rows with their vectors, in no order that is to be relied
 * on: the caller compares the vectors themselves.
 */
import { expressionBuilder, type RawBuilder, sql } from 'kysely'
import { toHalves } from '../../model/vector.ts'
import type { KeywordHit } from '../engine.ts'
import { conditions } from '../memory-filter.ts'
import type { IndexedSpace, VectorQuery } from '../vector-engine.ts'
import { toHalfvecText } from './half-text.ts'
import { COLUMNS, joined, matching } from './keyword.ts'

/** A row with its vector, before its cosine is known. */
export type Found = KeywordHit & { readonly vector: Uint8Array }

/** A query with the schema that the extension is in. */
export interface Search {
  readonly query: VectorQuery
  readonly schema: string
}

/** The widest vectors that the server can index. */
export const WIDEST = 4000

/** With its dimensions, so that one that was left behind never serves another space of the same number. */
export function indexName({ number, dimensions }: Pick<IndexedSpace, 'number' | 'dimensions'>): string {
  return `vector_search_${number}_${dimensions}`
}

/** Pattern of the names of the indexes of a space's number, whatever their dimensions. */
export function indexesLike(number: number): string {
  return indexName({ number, dimensions: 0 }).replace(/0$/, '%').replaceAll('_', '\\_')
}

/** Through the index, and one by one what is not in it. */
export function throughIndex(search: Search): RawBuilder<Found> {
  const { query } = search
  return withRows(
    query,
    sql`select doc, subject_id from ((${inIndex(search)}) union all (${beside(search)})) as near
      where ${isFilled(query)} order by distance limit ${query.limit}`,
  )
}

function inIndex(search: Search): RawBuilder<unknown> {
  const { query, schema } = search
  const { number, dimensions } = query.space
  // Word for word what the index is of.
  const apart = distance(search, sql`s.embedding::${sql.id(schema, 'halfvec')}(${sql.lit(dimensions)})`)
  return sql`select d.doc, s.subject_id, ${apart} as distance
    from vector_search as s join keyword_documents as d on d.memory_id = s.subject_id ${joined(query)}
    where s.space = ${sql.lit(number)} and s.is_indexed and d.live = ${liveOf(query)} ${matching(query)}
    order by ${apart} limit ${query.limit}`
}

/** Whether they are in the scope is only asked of the nearest: the offset has the rows looked up one after the other. */
function beside(search: Search): RawBuilder<unknown> {
  const { query } = search
  return sql`select d.doc, s.subject_id, s.distance from (
      select subject_id, ${distance(search, sql`embedding`)} as distance
      from vector_search where space = ${sql.lit(query.space.number)} and not is_indexed order by distance
    ) as s
    cross join lateral (
      select d.doc from keyword_documents as d ${joined(query)}
      where d.memory_id = s.subject_id and d.live = ${liveOf(query)} ${matching(query)} offset 0
    ) as d
    order by s.distance limit ${query.limit}`
}

/** How many rows are in the scope, up to one more than what was asked for, beside each of the nearest of them. */
type Counted = { readonly size: number } & (Found | { readonly doc: null })

export function isFound(row: Counted): row is Counted & Found {
  return row.doc !== null
}

/** What is in the scope first, and then all of it one by one; nothing but its size where there is more than `most`. */
export function oneByOne(search: Search, most: number | null): RawBuilder<Counted> {
  const { query } = search
  const scope = query.filter === null ? wholeScope(search) : filteredScope(search, query.filter, most)
  return sql`with ${scope} select size.rows as size, r.* from size left join lateral (${rowsOf(query)}) as r on true`
}

function wholeScope(search: Search): RawBuilder<unknown> {
  const { query } = search
  return sql`size as (select 0 as rows), found as (
      select d.doc, s.subject_id from keyword_documents as d ${joined(query)}
      join vector_search as s on s.space = ${sql.lit(query.space.number)} and s.subject_id = d.memory_id
      where ${isFilled(query)} and d.live = ${liveOf(query)} ${matching(query)}
      order by ${distance(search, sql`s.embedding`)} limit ${query.limit}
    )`
}

/**
 * Each row that the filter leaves costs one look at its vector; whether it is live is only asked of the nearest. Without
 * the limits in them the lateral parts might be joined by looking at all there is.
 */
function filteredScope(
  search: Search,
  { table, fields }: NonNullable<VectorQuery['filter']>,
  most: number | null,
): RawBuilder<unknown> {
  const { query } = search
  const { tenant_id, owner_user_id, space, limit } = query
  const wanted = conditions(expressionBuilder(), table, fields)
  const narrowed = wanted.length === 0 ? sql`` : sql`and ${sql.join(wanted, sql` and `)}`
  return sql`scoped as materialized (
      select m.id, m.version from ${sql.table(table)} as m
      where m.tenant_id = ${tenant_id} and m.owner_user_id = ${owner_user_id} ${narrowed}
      ${most === null ? sql`` : sql`limit ${most + 1}`}
    ),
    size as (select count(*)::int as rows from scoped),
    near as (
      select c.id, c.version, s.distance from scoped as c cross join lateral (
        select ${distance(search, sql`e.embedding`)} as distance
        from vector_search as e where e.space = ${sql.lit(space.number)} and e.subject_id = c.id limit 1
      ) as s
      where ${isFilled(query)} ${most === null ? sql`` : sql`and (select rows from size) <= ${most}`}
      order by s.distance
    ),
    found as (
      select d.doc, near.id as subject_id from near cross join lateral (
        select d.doc from keyword_documents as d
        where d.memory_id = near.id and d.version = near.version and d.live = ${liveOf(query)}
          ${matching({ ...query, filter: null })} limit 1
      ) as d
      order by near.distance limit ${limit}
    )`
}

/** The next so many vectors of the scope after a row of the keyword index, in the order of these. */
export function vectorsAfter(query: VectorQuery, after: number, batch: number) {
  return sql<{ doc: number; vector: Uint8Array }>`
    select d.doc, v.vector from keyword_documents as d ${joined(query)}
    join vectors as v on v.space = ${sql.lit(query.space.number)} and v.subject_id = d.memory_id and v.vector is not null
    where d.live = ${liveOf(query)} ${matching(query)} and d.doc > ${after}
    order by d.doc limit ${batch}`
}

export function hitsOf(docs: readonly number[]): RawBuilder<KeywordHit> {
  return sql`select ${COLUMNS} from keyword_documents as d where d.doc = any(${docs}::bigint[])`
}

function withRows(query: VectorQuery, found: RawBuilder<unknown>): RawBuilder<Found> {
  return sql`with found as materialized (${found}) ${rowsOf(query)}`
}

function rowsOf({ space }: VectorQuery): RawBuilder<unknown> {
  return sql`select ${COLUMNS}, v.vector from found
    join keyword_documents as d on d.doc = found.doc
    join vectors as v on v.space = ${sql.lit(space.number)} and v.subject_id = found.subject_id`
}

/** Decided once: until all that is stored is in the table, it gives nothing, and the caller looks elsewhere. */
function isFilled({ space }: VectorQuery): RawBuilder<unknown> {
  return sql`exists (select from vector_search_spaces where space = ${sql.lit(space.number)})`
}

/** Of a vector and the one that is asked for: 1 less their cosine. */
function distance({ query, schema }: Search, of: RawBuilder<unknown>): RawBuilder<number> {
  const asked = toHalfvecText(toHalves(query.vector))
  return sql`${of} operator(${sql.id(schema)}.<=>) ${asked}::${sql.id(schema, 'halfvec')}`
}

function liveOf({ part }: VectorQuery): RawBuilder<unknown> {
  return sql.lit(part === 'live' ? 1 : 0)
}
