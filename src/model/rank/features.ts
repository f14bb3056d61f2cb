/** What is measured of each candidate for one query, for the linear ranker. */
import { type AnalysedQuery, TRAITS } from '../analysis.ts'
import { activate, type Neighbours, spread } from './activation.ts'
import { type Presence, sumRows } from './bm25.ts'
import { RANKING } from './constants.ts'
import type { Nearness } from './nearness.ts'

/**
 * In the order of a row's values, each from 0 to 1. `words`, `dense` and `activatedDense` are divided by their maximum
 * among the candidates, so that weights carry over between corpora. `words` is BM25; with activation it is the sum of
 * each term's activated presence to the power of `RANKING.coverage`. What follows it is the same value for those who
 * have the trait, and 0 for the rest, so that a trait counts as much as the words do that it stands beside.
 */
export const FEATURES = [
  'words',
  'author',
  'time',
  'number',
  'onlyQuestion',
  'asking',
  'dense',
  'activatedDense',
] as const

export type Feature = (typeof FEATURES)[number]

/** One row per candidate, one column per feature. */
export type FeatureTable = Float64Array

interface Measured {
  readonly traits: number
  readonly author: string
  readonly documentId: string | null
}

export interface Evidence {
  readonly own: Presence
  /** BM25 of each row alone. */
  readonly keyword: Float64Array
  /** Null where activation is off. */
  readonly neighbours: Neighbours | null
  /** Null where the dense leg is off, or gave nothing. */
  readonly nearness: Nearness | null
  /** Whether it counts who said something, and in what form. */
  readonly priors: boolean
}

const COLUMN = Object.fromEntries(FEATURES.map((feature, column) => [feature, column])) as Readonly<
  Record<Feature, number>
>

/** A stage that is off leaves its features 0. */
export function toFeatures(
  query: AnalysedQuery,
  candidates: readonly Measured[],
  { own, keyword, neighbours, nearness, priors }: Evidence,
): FeatureTable {
  const table = new Float64Array(candidates.length * FEATURES.length)
  put(
    table,
    'words',
    neighbours === null ? keyword : sumRows(activate(own, neighbours, candidates), RANKING.coverage),
  )
  if (nearness !== null) {
    put(table, 'dense', nearness.values)
    if (neighbours !== null) put(table, 'activatedDense', spread(nearness.values, neighbours, candidates))
  }
  if (priors) putTraits(table, query, candidates)
  return table
}

function putTraits(table: FeatureTable, query: AnalysedQuery, candidates: readonly Measured[]): void {
  candidates.forEach(({ traits, author }, row) => {
    const at = row * FEATURES.length
    const words = table[at + COLUMN.words]!
    if (words === 0) return
    const give = (feature: Feature, has: boolean): void => {
      if (has) table[at + COLUMN[feature]] = words
    }
    give('author', isNamed(query, author))
    give('time', query.asksWhen && (traits & TRAITS.time) !== 0)
    give('number', query.asksHowMany && (traits & TRAITS.number) !== 0)
    give('onlyQuestion', (traits & TRAITS.onlyQuestion) !== 0)
    give('asking', (traits & TRAITS.endsAsking) !== 0)
  })
}

/** Whether the query names the author by any part of the name. */
function isNamed(query: AnalysedQuery, author: string): boolean {
  return author.length > 2 && query.terms.some(term => author.includes(` ${term} `))
}

function put(table: FeatureTable, feature: Feature, values: Float64Array): void {
  let most = 0
  for (let row = 0; row < values.length; row++) if (values[row]! > most) most = values[row]!
  if (most === 0) return
  const column = COLUMN[feature]
  for (let row = 0; row < values.length; row++) table[row * FEATURES.length + column] = values[row]! / most
}
