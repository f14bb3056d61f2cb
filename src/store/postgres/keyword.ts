/**
 * Keyword search on PostgreSQL: a GIN index over lexemes in which a term's second and third occurrence are lexemes of
 * their own, so that BM25's term frequency can be read from it. ts_rank is not BM25.
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
import type { Statements } from '../statements.ts'

/** Between a term and the number of its occurrence. The analyser lets no control character into a term. */
const OCCURRENCE = '\u001f'

const COUNTED_OCCURRENCES = 3

/** Below this many documents every frequency is counted, so that small stores rank as they do on SQLite. */
const SMALL = 20_000

/** FTS5's own constants, so that both engines choose the same candidates. */
const K1 = 1.2
const B = 0.75

/** The lexemes that a row's words must have, in SQL. */
export const LEXEMES_OF_WORDS = sql`(
  select array_to_tsvector(coalesce(array_agg(case when n = 1 then word else word || ${sql.lit(OCCURRENCE)} || n end), '{}'))
  from (
    select word, row_number() over (partition by word) as n
    from unnest(string_to_array(btrim(words, ' '), ' ')) as word where word <> ''
  ) as numbered where n <= ${sql.lit(COUNTED_OCCURRENCES)}
)`

export class PostgresKeyword implements KeywordEngine {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  async empty({ script }: Change, _permit: Exclusive): Promise<void> {
    await script('truncate keyword_documents; update keyword_totals set documents = 0, terms = 0')
  }

  async insert(db: Database, rows: readonly KeywordRow[]): Promise<void> {
    const withLexemes = rows.map(row => ({ ...row, lexemes: lexemesOf(row.words) }))
    await this.#statements.insert(db, 'keyword_documents', withLexemes)
  }

  async frequencies(
    db: Database,
    part: KeywordPart,
    terms: readonly string[],
    cap: number,
    documents: number,
  ): Promise<Map<string, number>> {
    const found = documents > SMALL ? await commonTerms(db, terms, documents, cap) : new Map<string, number>()
    const rest = terms.filter(term => !found.has(term))
    if (rest.length === 0) return found
    const { rows } = await sql<{ term: string; matches: number }>`
      select t.term, (
        select count(*)::int from (
          select 1 from keyword_documents where live = ${sql.lit(part === 'live' ? 1 : 0)} and lexemes @@ t.query::tsquery
          limit ${documents > SMALL ? cap * 4 : documents + 1}
        ) as capped
      ) as matches
      from unnest(${rest}::text[], ${rest.map(quote)}::text[]) as t(term, query)`.execute(db)
    for (const row of rows) found.set(row.term, row.matches)
    return found
  }

  async search(db: Database, query: KeywordQuery): Promise<KeywordHit[]> {
    if (query.terms.length === 0) return []
    const { rows } = await sql<KeywordHit>`
      select ${COLUMNS} from (
        select d.*, ${score(query)} as score from keyword_documents as d ${joined(query)}
        where d.live = ${sql.lit(query.part === 'live' ? 1 : 0)}
        and d.lexemes @@ ${query.terms.map(quote).join('|')}::tsquery ${matching(query)}
        order by score desc, d.doc limit ${query.limit}
      ) as d order by d.score desc, d.doc`.execute(db)
    return rows
  }

  async holding(db: Database, { tenant_id, terms, limit }: Holding): Promise<string[]> {
    const query = terms.map(quote).join('&')
    const part = (live: number) => sql`(
      select memory_id from keyword_documents where live = ${sql.lit(live)} and lexemes @@ ${query}::tsquery
        and tenant_id = ${tenant_id} and subject = 'memory' order by doc desc limit ${limit})`
    const { rows } = await sql<{ memory_id: string }>`
      select memory_id from (${part(1)} union ${part(0)}) as held order by memory_id desc limit ${limit}`.execute(
      db,
    )
    return rows.map(({ memory_id }) => memory_id)
  }

  async at(db: Database, scope: KeywordScope, places: readonly Place[]): Promise<KeywordHit[]> {
    if (places.length === 0) return []
    const documents = places.map(place => place.document_id)
    const positions = places.map(place => place.position)
    // LIMIT keeps the planner from joining by a scan of the whole table, 10 ms at 10,000 rows. A place holds one live
    // passage, or a few for the moment in which a document is read again.
    const { rows } = await sql<KeywordHit>`
      select ${COLUMNS} from unnest(${documents}::uuid[], ${positions}::int[]) as places(document_id, position)
      cross join lateral (
        select d.* from keyword_documents as d ${joined(scope)}
        where d.tenant_id = ${scope.tenant_id} and d.document_id = places.document_id
          and d.position = places.position and d.live = 1 ${matching(scope)}
        limit 4
      ) as d`.execute(db)
    return rows
  }

  putInOrder(write: Write): Promise<void> {
    return write(async db => {
      await sql`analyze keyword_documents`.execute(db)
      // Rows that wait beside the index are looked through one by one at every search.
      await sql`select gin_clean_pending_list('keyword_live'::regclass), gin_clean_pending_list('keyword_past'::regclass)`.execute(
        db,
      )
    })
  }
}

/** What a search gives of a row. */
export const COLUMNS = sql.join(HIT_COLUMNS.map(name => sql.ref(`d.${name}`)))

/** Frequencies of the terms that the planner's statistics know to be common. */
async function commonTerms(
  db: Database,
  terms: readonly string[],
  documents: number,
  cap: number,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ term: string; share: number }>`
    select term, share from (
      select unnest(most_common_elems::text::text[]) as term, unnest(most_common_elem_freqs) as share
      from pg_catalog.pg_stats
      where schemaname = current_schema() and tablename = 'keyword_documents' and attname = 'lexemes'
    ) as common where term = any(${terms})`.execute(db)
  const found = new Map<string, number>()
  for (const { term, share } of rows) {
    const matches = Math.round(share * documents)
    if (matches > cap) found.set(term, matches)
  }
  return found
}

/** BM25 of a row over the query's terms, as SQL over the lexemes that the index found. */
function score(query: KeywordQuery): RawBuilder<number> {
  const length = sql`(${K1}::float8 * (${1 - B}::float8 + ${B / Math.max(1, query.average_length)}::float8 * d.length))`
  const parts = query.terms.map(term => {
    const matches = query.frequencies.get(term) ?? 0
    const idf = Math.max(1e-6, Math.log((query.documents - matches + 0.5) / (matches + 0.5)))
    const occurrences = sql.join(
      [3, 2, 1].map(n => sql`when d.lexemes @@ ${quote(occurrence(term, n))}::tsquery then ${sql.lit(n)}`),
      sql` `,
    )
    const tf = sql`(case ${occurrences} else 0 end)`
    return sql`${idf}::float8 * (${tf} * ${K1 + 1}::float8) / (${tf} + ${length})`
  })
  return sql<number>`(${sql.join(parts, sql` + `)})`
}

export function joined(scope: KeywordScope): RawBuilder<unknown> {
  if (scope.filter === null) return sql``
  return sql`join ${sql.table(scope.filter.table)} as m
    on m.tenant_id = d.tenant_id and m.id = d.memory_id and m.version = d.version`
}

/** The scope's walls and its filter. */
export function matching(scope: KeywordScope): RawBuilder<unknown> {
  const kind = scope.onlyEntities ? sql`and d.subject = 'entity'` : sql``
  const walls = sql`and d.tenant_id = ${scope.tenant_id} and d.owner_user_id = ${scope.owner_user_id} ${kind}`
  if (scope.filter === null) return walls
  const wanted = conditions(expressionBuilder(), scope.filter.table, scope.filter.fields)
  return wanted.length === 0 ? walls : sql`${walls} and ${sql.join(wanted, sql` and `)}`
}

function occurrence(term: string, n: number): string {
  return n === 1 ? term : `${term}${OCCURRENCE}${n}`
}

/** A lexeme in the syntax of tsquery and tsvector, where no character of it is syntax. */
export function quote(lexeme: string): string {
  return `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

function lexemesOf(words: string): string {
  const seen = new Map<string, number>()
  const lexemes: string[] = []
  for (const word of words.split(' ')) {
    if (word === '') continue
    const n = (seen.get(word) ?? 0) + 1
    seen.set(word, n)
    if (n <= COUNTED_OCCURRENCES) lexemes.push(quote(occurrence(word, n)))
  }
  return lexemes.join(' ')
}
