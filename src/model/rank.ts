/**
 * Decides which of the candidates matter for a query, and in which order. Pure: the same candidates give the same
 * order on every engine, in whatever order they come.
 */
import type { AnalysedQuery } from './analysis.ts'
import type { Trust } from './memory.ts'
import { findNeighbours, liftsOf, type Neighbours } from './rank/activation.ts'
import { type Corpus, type Presence, sumRows, toPresence } from './rank/bm25.ts'
import { findRepeats, holdBack } from './rank/diversify.ts'
import { FEATURES, type Feature, type FeatureTable, toFeatures } from './rank/features.ts'
import { matters, type NearLevel, type Nearness, toNearness } from './rank/nearness.ts'
import { type Factors, factorsFor, productOf } from './rank/priors.ts'
import { weigh, weightsFor } from './rank/weighing.ts'

export type { Corpus } from './rank/bm25.ts'

/** A memory that may matter: brought by a leg, or standing beside one that was. Fields are those of its row. */
export interface RankCandidate {
  readonly key: number
  readonly words: string
  readonly length: number
  readonly traits: number
  readonly author: string
  readonly documentId: string | null
  readonly position: number | null
  readonly trust: Trust
  readonly confidence: number | null
  readonly recordedAt: string
  /** Cosine of its vector with the query's, from -1 to 1; null where either has none. */
  readonly similarity: number | null
}

/** Which stages run. A stage that is off leaves no trace in scores or reasons. */
export interface RankStages {
  readonly activation: boolean
  readonly dense: boolean
  readonly priors: boolean
  readonly diversify: boolean
}

export interface RankOptions {
  readonly stages: RankStages
  readonly now: string
  /** The query's terms that name what a candidate mentions, perhaps by another name; by the candidate's key. */
  readonly mentions?: ReadonlyMap<number, ReadonlySet<string>> | undefined
  /** From where on a candidate is near to the query; by default where it does not point away. */
  readonly near?: NearLevel | undefined
  /** How likely a candidate is remembered, from 0 to 1, by its key; those that were never reviewed have none. */
  readonly strengths?: ReadonlyMap<number, number> | undefined
}

/** Why a result stands where it does. */
export interface Reasons {
  /** The query's terms that the memory itself holds, and how many memories hold each; null where that is not known. */
  readonly terms: readonly { readonly term: string; readonly documents: number | null }[]
  /** The neighbour that gave most, if any gave. */
  readonly liftedBy: { readonly key: number; readonly distance: number } | null
  /** Cosine with the query; null where there is none. */
  readonly similarity: number | null
  /** What each feature adds to the score before the factors; those that add nothing are left out. */
  readonly features: Partial<Record<Feature, number>>
  /** The factors that are not 1. */
  readonly factors: Partial<Factors>
}

/** One result. */
export interface Ranked {
  readonly key: number
  readonly score: number
  /** From 1 in the keyword leg alone; null where it holds none of the words. */
  readonly keywordRank: number | null
  /** From 1 in the dense leg alone; null where that leg did not bring it. */
  readonly denseRank: number | null
  /** Keys of the near-duplicates that this one stands for. */
  readonly duplicates: readonly number[]
  /** Worked out when asked for. */
  readonly explain: () => Reasons
}

const NONE: ReadonlyMap<number, number[]> = new Map()

export interface Measured {
  readonly candidates: readonly RankCandidate[]
  readonly own: Presence
  readonly keyword: Float64Array
  readonly nearness: Nearness | null
  readonly neighbours: Neighbours | null
  readonly features: FeatureTable
  readonly matters: readonly boolean[]
}

interface Scored extends Measured {
  readonly corpus: Corpus
  readonly weights: Float64Array
  readonly factors: readonly (Factors | null)[]
  /** Above 0 for what matters, 0 for the rest. */
  readonly scores: Float64Array
}

/**
 * The candidates that matter, best first: those that hold a word of the query, that are among the nearest to it by
 * meaning, or that stand beside such a one. Equal scores stand in the order of their keys. A memory without the quoted
 * phrase counts only if a neighbour has it, unless no candidate has it.
 */
export function rank(
  query: AnalysedQuery,
  candidates: readonly RankCandidate[],
  corpus: Corpus,
  options: RankOptions,
): Ranked[] {
  const scored = scoreAll(measure(query, candidates, corpus, options), corpus, options)
  const sorted = scored.candidates
  const order = orderOf(scored.scores)
  const { shown, duplicates } = options.stages.diversify
    ? diversify(order, sorted)
    : { shown: order, duplicates: NONE }
  const keywordRanks = new Map(orderOf(scored.keyword).map((row, place) => [row, place + 1]))
  return shown.map(row => ({
    key: sorted[row]!.key,
    score: scored.scores[row]!,
    keywordRank: keywordRanks.get(row) ?? null,
    denseRank: scored.nearness?.ranks[row] || null,
    duplicates: duplicates.get(row) ?? [],
    explain: () => explain(query, scored, row),
  }))
}

/** The features of candidates, in the order of their keys; `matters` tells which of them may be results. */
export function measure(
  query: AnalysedQuery,
  candidates: readonly RankCandidate[],
  corpus: Corpus,
  { stages, mentions, near }: Pick<RankOptions, 'stages' | 'mentions' | 'near'>,
): Measured {
  // In the order of keys, so that sums and twins do not depend on the order in which the candidates came.
  const sorted = [...candidates].sort((a, b) => a.key - b.key)
  const own = toPresence(query.terms, sorted, corpus, mentions)
  const isBound = dropWithoutPhrases(own, query, sorted)
  const keyword = sumRows(own, 1)
  const nearness = stages.dense ? toNearness(sorted, near) : null
  const neighbours = stages.activation ? findNeighbours(sorted) : null
  const features = toFeatures(query, sorted, { own, keyword, neighbours, nearness, priors: stages.priors })
  const legs = { keyword, nearness: isBound ? null : nearness, neighbours }
  const mattering = sorted.map((_, row) => matters(row, legs))
  return { candidates: sorted, own, keyword, nearness, neighbours, features, matters: mattering }
}

function scoreAll(measured: Measured, corpus: Corpus, { stages, now, strengths }: RankOptions): Scored {
  const { candidates, features, matters, nearness } = measured
  const weights = weightsFor({ ...stages, dense: nearness !== null })
  const scores = weigh(features, weights)
  const at = Date.parse(now)
  const factors = candidates.map((candidate, row) => {
    if (!matters[row]) scores[row] = 0
    if (!stages.priors || !matters[row]) return null
    const retrievability = strengths?.get(candidate.key) ?? null
    const found = factorsFor({ ...candidate, retrievability }, at)
    scores[row]! *= productOf(found)
    return found
  })
  return { ...measured, corpus, weights, factors, scores }
}

/**
 * Whether the quoted phrases bind. A phrase that nobody has binds nobody: agents quote titles and names that were never
 * said in those words.
 */
function dropWithoutPhrases(
  { weights, values }: Presence,
  query: AnalysedQuery,
  texts: readonly RankCandidate[],
): boolean {
  const needles = query.phrases
    .map(phrase => ` ${phrase.join(' ')} `)
    .filter(needle => texts.some(({ words }) => words.includes(needle)))
  if (needles.length === 0) return false
  texts.forEach(({ words }, row) => {
    if (needles.every(needle => words.includes(needle))) return
    values.fill(0, row * weights.length, (row + 1) * weights.length)
  })
  return true
}

/** Rows with a score, best first, equal ones in their order. */
function orderOf(scores: Float64Array): number[] {
  const rows: number[] = []
  for (let row = 0; row < scores.length; row++) if (scores[row]! > 0) rows.push(row)
  return rows.sort((a, b) => scores[b]! - scores[a]!)
}

/** The rows to show, and for each the keys of those that it stands for. */
function diversify(
  order: readonly number[],
  candidates: readonly RankCandidate[],
): { shown: number[]; duplicates: ReadonlyMap<number, number[]> } {
  const repeats = findRepeats(order.map(row => candidates[row]!))
  const duplicates = new Map<number, number[]>()
  for (const [place, twin] of repeats) {
    const keys = duplicates.get(order[twin]!) ?? []
    duplicates.set(order[twin]!, [...keys, candidates[order[place]!]!.key])
  }
  const standing = order.filter((_, place) => !repeats.has(place))
  return { shown: holdBack(standing, row => candidates[row]!), duplicates }
}

function explain(query: AnalysedQuery, scored: Scored, row: number): Reasons {
  const { candidates, corpus, own, nearness, features, weights } = scored
  const added = FEATURES.map((feature, column) => {
    const value = features[row * FEATURES.length + column]! * weights[column]!
    return [feature, value] as const
  })
  return {
    terms: query.terms
      .filter((_, column) => own.values[row * query.terms.length + column]! > 0)
      .map(term => ({ term, documents: corpus.frequencies.get(term) ?? null })),
    liftedBy: lifterOf(scored, row),
    similarity: nearness === null ? null : candidates[row]!.similarity,
    features: Object.fromEntries(added.filter(([, value]) => value !== 0)),
    factors: Object.fromEntries(Object.entries(scored.factors[row] ?? {}).filter(([, value]) => value !== 1)),
  }
}

/** Words count before meaning: they are what a reader can check. */
function lifterOf({ candidates, keyword, nearness, neighbours }: Scored, row: number): Reasons['liftedBy'] {
  const lifts = neighbours === null ? [] : liftsOf(row, neighbours, candidates)
  for (const given of [keyword, nearness?.values]) {
    const best = lifts
      .map(({ row: from, distance, share }) => ({ from, distance, gift: share * (given?.[from] ?? 0) }))
      .filter(({ gift }) => gift > 0)
      .sort((a, b) => b.gift - a.gift)[0]
    if (best !== undefined) return { key: candidates[best.from]!.key, distance: best.distance }
  }
  return null
}
