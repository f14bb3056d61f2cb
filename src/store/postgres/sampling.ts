/**
 * The GIN indexes against their rows, both ways, for terms taken evenly from all rows: a row must be found by each
 * term that it has, and what a term finds must have it.
 */
import { sql } from 'kysely'
import type { Database } from '../engine.ts'
import { quote } from './keyword.ts'

const TERMS = 200

/** Rows that a term may be in before it is passed over: what many rows have is dear to look up, and others stand for it. */
const COMMON = 5000

const PARTS = [
  { live: 1, name: 'live' },
  { live: 0, name: 'past' },
] as const

interface Sampled {
  readonly doc: number
  readonly term: string
}

/** In words for people. */
export async function sampleProblems(db: Database): Promise<string[]> {
  const problems: string[] = []
  for (const { live, name } of PARTS) {
    for (const { doc, term } of await sample(db, live)) {
      const { missed, foreign } = await lookUp(db, { live, doc, term })
      if (missed) problems.push(`the index of the ${name} part does not find row ${doc} by "${term}"`)
      if (foreign !== null)
        problems.push(`the index of the ${name} part finds row ${foreign} by "${term}", which it has not`)
    }
  }
  return problems
}

/** A term each of rows that lie evenly between the first and the last: in one row the first, in the next the last. */
async function sample(db: Database, live: number): Promise<Sampled[]> {
  const { rows } = await sql<{ doc: number; words: string }>`
    with places as (
      select doc, row_number() over (order by doc) - 1 as place, count(*) over () as number
      from keyword_documents where live = ${live}
    ),
    chosen as materialized (
      select doc from places where place % greatest(1, number / ${TERMS}) = 0 order by doc limit ${TERMS}
    )
    select d.doc, d.words from chosen join keyword_documents as d on d.doc = chosen.doc order by d.doc`.execute(
    db,
  )
  return rows.flatMap(({ doc, words }, index) => {
    const terms = words.split(' ').filter(word => word !== '')
    const term = index % 2 === 0 ? terms[0] : terms.at(-1)
    return term === undefined ? [] : [{ doc, term }]
  })
}

/** What the index finds is kept apart before it is compared, or the server would look at the row instead. */
async function lookUp(
  db: Database,
  { live, doc, term }: Sampled & { readonly live: number },
): Promise<{ missed: boolean; foreign: number | null }> {
  const { rows } = await sql<{ found: number; hit: boolean; foreign: number | null }>`
    with hits as materialized (
      select doc, words from keyword_documents
      where live = ${sql.lit(live)} and lexemes @@ ${quote(term)}::tsquery limit ${COMMON}
    )
    select count(*)::int as found, coalesce(bool_or(doc = ${doc}), false) as hit,
      min(doc) filter (where strpos(words, ${` ${term} `}) = 0) as foreign
    from hits`.execute(db)
  const { found = 0, hit = false, foreign = null } = rows[0] ?? {}
  return { missed: !hit && found < COMMON, foreign }
}
