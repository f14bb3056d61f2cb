/**
 * Keyword search on SQLite: FTS5 over analysed words, its own bm25() as the rough ranking.
 * Joins are CROSS JOINs behind a materialised match: left to itself the planner may run the match once for each row.
 */
import { expressionBuilder, type RawBuilder, sql } from 'kysely'
import {
  type Database,
  HIT_COLUMNS,
  type Holding,
  type KeywordEngine,
  type KeywordHit,
  type KeywordPart,
  type KeywordQuery,
  type KeywordRow,
  type KeywordScope,
  type Place,
  type Write,
} from '../engine.ts'
import type { Change, Exclusive } from '../exclusive.ts'
import { conditions } from '../memory-filter.ts'
import { fullTextTables } from '../schema/0001-memories.ts'
import type { Statements } from '../statements.ts'
import { mergeSegments } from './segments.ts'

/** From this many rows in one call on they go straight into the full-text table. */
const MANY = 32

/** So many rows wait at the most; looking through them takes some 0.2 ms. */
const TAIL = 64

export class SqliteKeyword implements KeywordEngine {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  async empty({ script }: Change, _permit: Exclusive): Promise<void> {
    // Without its triggers a table is emptied at once instead of row by row, and a full-text table that is damaged
    // can still be dropped.
    for (const part of ['live', 'past']) {
      for (const on of ['insert', 'delete', 'enter', 'leave']) {
        await script(`drop trigger if exists keyword_${part}_${on}`)
      }
      await script(`drop table if exists keyword_${part}; drop view if exists keyword_${part}_words`)
    }
    await script('delete from keyword_documents; update keyword_totals set documents = 0, terms = 0')
    await script(fullTextTables)
  }

  async insert(db: Database, rows: readonly KeywordRow[]): Promise<void> {
    const pending = rows.length < MANY ? 1 : 0
    // Triggers carry each row that is not pending into the full-text table of its part.
    await this.#statements.insert(db, 'keyword_documents', rows.map(row => ({ ...row, pending })) as never)
    if (pending === 1) await this.#foldTail(db)
  }

  async #foldTail(db: Database): Promise<void> {
    const count = sql<{
      waiting: number
    }>`select count(*) as waiting from keyword_documents where pending = 1`
    const [row] = await this.#run(db, 'tail length', () => count, [])
    if ((row?.waiting ?? 0) < TAIL) return
    await sql`update keyword_documents set pending = 0 where pending = 1`.execute(db)
  }

  async frequencies(
    db: Database,
    part: KeywordPart,
    terms: readonly string[],
    cap: number,
    documents: number,
  ): Promise<Map<string, number>> {
    const waiting = await this.#run(db, `tail words ${part}`, () => tailWords(part), [])
    const found = new Map<string, number>()
    for (const term of terms) {
      const [row] = await this.#run(db, `frequency ${part}`, () => frequency(part), [quote(term), cap + 1])
      const indexed = row === undefined ? 0 : estimate(row, cap, documents)
      const needle = ` ${term} `
      found.set(term, indexed + waiting.filter(({ words }) => words.includes(needle)).length)
    }
    return found
  }

  async search(db: Database, query: KeywordQuery): Promise<KeywordHit[]> {
    if (query.terms.length === 0) return []
    const match = query.terms.map(quote).join(' OR ')
    const { tenant_id, owner_user_id, limit } = query
    const plain = query.filter === null && !query.onlyEntities
    const indexed = plain
      ? await this.#run(db, `search ${query.part}`, () => indexedHits(query, match), [
          match,
          limit,
          tenant_id,
          owner_user_id,
        ])
      : (await filteredHits(query, match).execute(db)).rows
    const waiting = plain
      ? await this.#run(db, `tail ${query.part}`, () => tail(query), [tenant_id, owner_user_id])
      : (await tail(query).execute(db)).rows
    const needles = query.terms.map(term => ` ${term} `)
    return [...waiting.filter(({ words }) => needles.some(needle => words.includes(needle))), ...indexed]
  }

  async holding(db: Database, { tenant_id, terms, limit }: Holding): Promise<string[]> {
    const match = terms.map(quote).join(' AND ')
    const found: KeywordRow['memory_id'][] = []
    for (const part of ['live', 'past'] as const) {
      const { rows } = await holdingAll(part, match, { tenant_id, limit }).execute(db)
      found.push(...rows.map(({ memory_id }) => memory_id))
      const waiting = await waitingWords(part, tenant_id).execute(db)
      const needles = terms.map(term => ` ${term} `)
      const held = waiting.rows.filter(({ words }) => needles.every(needle => words.includes(needle)))
      found.push(...held.map(({ memory_id }) => memory_id))
    }
    return [...new Set(found)].sort().reverse().slice(0, limit)
  }

  async at(db: Database, scope: KeywordScope, places: readonly Place[]): Promise<KeywordHit[]> {
    if (places.length === 0) return []
    const list = JSON.stringify(toSpans(places))
    const { tenant_id, owner_user_id } = scope
    if (scope.filter !== null) return (await rowsAt(scope, list).execute(db)).rows
    return this.#run(db, 'places', () => rowsAt(scope, list), [list, tenant_id, tenant_id, owner_user_id])
  }

  #run<R>(
    db: Database,
    key: string,
    build: () => RawBuilder<R>,
    parameters: readonly unknown[],
  ): Promise<R[]> {
    return this.#statements.run(db, key, () => ({ compile: () => build().compile(db) }), parameters)
  }

  async putInOrder(write: Write): Promise<void> {
    await mergeSegments('live', write)
    await mergeSegments('past', write)
  }
}

/** What a search gives of a row. */
export const COLUMNS = sql.join(HIT_COLUMNS.map(name => sql.ref(`d.${name}`)))

function frequency(part: KeywordPart): RawBuilder<{ matches: number; last: number; newest: number }> {
  const index = fullText(part)
  return sql`select count(*) as matches, max(doc) as last, (select max(doc) from keyword_documents) as newest
    from (select rowid as doc from ${index} where ${index} match ${''} limit ${0})`
}

/**
 * Ordered by `rank` FTS5 sorts every match in a statement of its own; by bm25(), which is what rank means, SQLite
 * keeps no more than the best: 2.7 ms instead of 4.1 for 5,000 matches at 500,000 rows.
 */
function indexedHits(query: KeywordQuery, match: string): RawBuilder<KeywordHit> {
  const index = fullText(query.part)
  return sql`with hits as materialized (
      select rowid as doc, bm25(${index}) as score from ${index} where ${index} match ${match}
      order by score limit ${query.limit}
    )
    select ${COLUMNS} from hits cross join keyword_documents as d on d.doc = hits.doc ${matching(query)}
    order by hits.score, d.doc`
}

function filteredHits(query: KeywordQuery, match: string): RawBuilder<KeywordHit> {
  const index = fullText(query.part)
  return sql`with hits as materialized (select rowid as doc, rank as score from ${index} where ${index} match ${match})
    select ${COLUMNS} from hits cross join keyword_documents as d on d.doc = hits.doc ${matching(query)}
    order by hits.score, d.doc limit ${query.limit}`
}

/** Rows of the part that no full-text table has yet. */
function tail(scope: KeywordScope): RawBuilder<KeywordHit> {
  return sql`with waiting as materialized (
      select doc from keyword_documents where pending = 1 and live = ${liveOf(scope.part)}
    )
    select ${COLUMNS} from waiting cross join keyword_documents as d on d.doc = waiting.doc ${matching(scope)}`
}

function holdingAll(
  part: KeywordPart,
  match: string,
  { tenant_id, limit }: Pick<Holding, 'tenant_id' | 'limit'>,
): RawBuilder<{ memory_id: string }> {
  const index = fullText(part)
  return sql`with hits as materialized (
      select rowid as doc from ${index} where ${index} match ${match} order by rowid desc limit ${limit}
    )
    select d.memory_id from hits cross join keyword_documents as d on d.doc = hits.doc
    where d.tenant_id = ${tenant_id} and d.subject = 'memory'`
}

function waitingWords(
  part: KeywordPart,
  tenant_id: string,
): RawBuilder<{ memory_id: string; words: string }> {
  return sql`select memory_id, words from keyword_documents
    where pending = 1 and live = ${liveOf(part)} and tenant_id = ${tenant_id} and subject = 'memory'`
}

function tailWords(part: KeywordPart): RawBuilder<{ words: string }> {
  return sql`select words from keyword_documents where pending = 1 and live = ${liveOf(part)}`
}

type Span = [document_id: string, first: number, last: number]

/** Places that follow each other are looked up at once: one descent of the index instead of one a place. */
function toSpans(places: readonly Place[]): Span[] {
  const spans: Span[] = []
  for (const { document_id, position } of places) {
    const span = spans.at(-1)
    if (span !== undefined && span[0] === document_id && span[2] === position - 1) span[2] = position
    else spans.push([document_id, position, position])
  }
  return spans
}

function rowsAt(scope: KeywordScope, list: string): RawBuilder<KeywordHit> {
  return sql`with spans as materialized (
      select value ->> 0 as document_id, value ->> 1 as first, value ->> 2 as last from json_each(${list})
    )
    select ${COLUMNS} from spans cross join keyword_documents as d
      on d.tenant_id = ${scope.tenant_id} and d.document_id = spans.document_id
      and d.position between spans.first and spans.last and d.live = 1 ${matching(scope)}`
}

export function liveOf(part: KeywordPart): RawBuilder<number> {
  return sql.lit(part === 'live' ? 1 : 0)
}

function fullText(part: KeywordPart): RawBuilder<unknown> {
  return sql.ref(`keyword_${part}`)
}

/** A term as an FTS5 string, so that no character of it is syntax. */
function quote(term: string): string {
  return `"${term.replaceAll('"', '""')}"`
}

/** Beyond the cap the count goes on as densely as it began: hits come in the order of row ids. */
function estimate(
  row: { matches: number; last: number; newest: number },
  cap: number,
  documents: number,
): number {
  if (row.matches <= cap) return row.matches
  return Math.min(documents, Math.round((row.matches * row.newest) / row.last))
}

/** The scope's walls, and its filter as a join on the versions that match. */
export function matching(scope: KeywordScope): RawBuilder<unknown> {
  const kind = scope.onlyEntities ? sql`and d.subject = 'entity'` : sql``
  const walls = sql`where d.tenant_id = ${scope.tenant_id} and d.owner_user_id = ${scope.owner_user_id} ${kind}`
  if (scope.filter === null) return walls
  const { table, fields } = scope.filter
  const wanted = conditions(expressionBuilder(), table, fields)
  return sql`cross join ${sql.ref(table)} as m
    on m.tenant_id = d.tenant_id and m.id = d.memory_id and m.version = d.version
    ${walls} ${wanted.length === 0 ? sql`` : sql`and ${sql.join(wanted, sql` and `)}`}`
}
