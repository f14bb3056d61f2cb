/**
 * Keyword search on SQLite: FTS5 over analysed words, its own bm25() as the rough ranking.
 * Joins are CROSS JOINs behind a materialised match: left to itself the planner may run the match once for each row.
 */
import { expressionBuilder, type RawBuilder, sql } from 'kysely'
import type { Database, KeywordEngine, KeywordHit, KeywordPart, KeywordQuery, KeywordRow, KeywordScope, Place } from '../engine.ts'
import { conditions } from '../memory-filter.ts'
import type { Statements } from '../statements.ts'

export class SqliteKeyword implements KeywordEngine {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  async insert(db: Database, rows: readonly KeywordRow[]): Promise<void> {
    // Triggers carry each row into the full-text table of its part.
    await this.#statements.insert(db, 'keyword_documents', rows as never)
  }

  async frequencies(
    db: Database,
    part: KeywordPart,
    terms: readonly string[],
    cap: number,
    documents: number,
  ): Promise<Map<string, number>> {
    const index = fullText(part)
    const found = new Map<string, number>()
    for (const term of terms) {
      const [row] = await this.#statements.run<{ matches: number; last: number; newest: number }>(
        db,
        `frequency ${part}`,
        () => ({
          compile: () =>
            sql<{ matches: number; last: number; newest: number }>`
              select count(*) as matches, max(doc) as last, (select max(doc) from keyword_documents) as newest
              from (select rowid as doc from ${index} where ${index} match ${''} limit ${0})`.compile(db),
        }),
        [quote(term), cap + 1],
      )
      found.set(term, row === undefined ? 0 : estimate(row, cap, documents))
    }
    return found
  }

  async search(db: Database, query: KeywordQuery): Promise<KeywordHit[]> {
    if (query.terms.length === 0) return []
    const index = fullText(query.part)
    const match = query.terms.map(quote).join(' OR ')
    if (query.filter !== null) return this.#searchFiltered(db, query, match)
    return this.#statements.run<KeywordHit>(
      db,
      `search ${query.part}`,
      () => ({
        compile: () =>
          sql<KeywordHit>`
            with hits as materialized (
              select rowid as doc, rank as score from ${index} where ${index} match ${''} order by rank limit ${0}
            )
            select d.* from hits cross join keyword_documents as d on d.doc = hits.doc
            where d.tenant_id = ${''} and d.owner_user_id = ${''}
            order by hits.score, d.doc`.compile(db),
      }),
      [match, query.limit, query.tenant_id, query.owner_user_id],
    )
  }

  async #searchFiltered(db: Database, query: KeywordQuery, match: string): Promise<KeywordHit[]> {
    const index = fullText(query.part)
    const { rows } = await sql<KeywordHit>`
      with hits as materialized (select rowid as doc, rank as score from ${index} where ${index} match ${match})
      select d.* from hits cross join keyword_documents as d on d.doc = hits.doc ${matching(query)}
      order by hits.score, d.doc limit ${query.limit}`.execute(db)
    return rows
  }

  async at(db: Database, scope: KeywordScope, places: readonly Place[]): Promise<KeywordHit[]> {
    if (places.length === 0) return []
    const list = JSON.stringify(places.map(place => [place.document_id, place.position]))
    const build = () => sql<KeywordHit>`
      with places as materialized (
        select value ->> 0 as document_id, value ->> 1 as position from json_each(${list})
      )
      select d.* from places cross join keyword_documents as d
        on d.tenant_id = ${scope.tenant_id} and d.document_id = places.document_id
        and d.position = places.position and d.live = 1 ${matching(scope)}`
    if (scope.filter !== null) return (await build().execute(db)).rows
    return this.#statements.run<KeywordHit>(db, 'places', () => ({ compile: () => build().compile(db) }), [
      list,
      scope.tenant_id,
      scope.tenant_id,
      scope.owner_user_id,
    ])
  }

  async refreshStatistics(): Promise<void> {
    // FTS5 keeps its own counts.
  }
}

function fullText(part: KeywordPart): RawBuilder<unknown> {
  return sql.ref(`keyword_${part}`)
}

/** A term as an FTS5 string, so that no character of it is syntax. */
function quote(term: string): string {
  return `"${term.replaceAll('"', '""')}"`
}

/** Beyond the cap the count goes on as densely as it began: hits come in the order of row ids. */
function estimate(row: { matches: number; last: number; newest: number }, cap: number, documents: number): number {
  if (row.matches <= cap) return row.matches
  return Math.min(documents, Math.round((row.matches * row.newest) / row.last))
}

/** The scope's walls, and its filter as a join on the versions that match. */
function matching(scope: KeywordScope): RawBuilder<unknown> {
  const walls = sql`where d.tenant_id = ${scope.tenant_id} and d.owner_user_id = ${scope.owner_user_id}`
  if (scope.filter === null) return walls
  const { table, fields } = scope.filter
  const wanted = conditions(expressionBuilder(), table, fields)
  return sql`cross join ${sql.ref(table)} as m
    on m.tenant_id = d.tenant_id and m.id = d.memory_id and m.version = d.version
    ${walls} ${wanted.length === 0 ? sql`` : sql`and ${sql.join(wanted, sql` and `)}`}`
}
