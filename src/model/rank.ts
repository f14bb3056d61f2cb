/**
 * Decides which of the candidates matter for a query, and in which order. Pure: the same candidates give the same
 * order on every engine, in whatever order they come.
 */
import type { AnalysedQuery } from './analysis.ts'
import type { Trust } from './memory.ts'
import { activate, findNeighbours, liftsOf, type Neighbours } from './rank/activation.ts'
import { type Corpus, type Presence, sumRows, toPresence } from './rank/bm25.ts'
import { RANKING } from './rank/constants.ts'
import { findRepeats, holdBack } from './rank/diversify.ts'
import { type Factors, factorsFor, productOf } from './rank/priors.ts'

export type { Corpus } from './rank/bm25.ts'

/** A memory that may matter: a keyword hit, or a neighbour of one in its document. Fields are those of its row. */
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
}

/** Which stages run. A stage that is off leaves no trace in scores or reasons. */
export interface RankOptions {
  readonly stages: { readonly activation: boolean; readonly priors: boolean; readonly diversify: boolean }
  readonly now: string
  /** The query's terms that name what a candidate mentions, perhaps by another name; by the candidate's key. */
  readonly mentions?: ReadonlyMap<number, ReadonlySet<string>> | undefined
  /** How likely a candidate is remembered, from 0 to 1, by its key; those that were never reviewed have none. */
  readonly strengths?: ReadonlyMap<number, number> | undefined
}

/** Why a result stands where it does. */
export interface Reasons {
  /** The query's terms that the memory itself holds. */
  readonly terms: readonly string[]
  /** The neighbour that gave most, if any gave. */
  readonly liftedBy: { readonly key: number; readonly distance: number } | null
  /** The factors that are not 1. */
  readonly factors: Partial<Factors>
}

/** One result. `keywordRank` counts from 1 in the keyword leg alone; null when only a neighbour lifted it. */
export interface Ranked {
  readonly key: number
  readonly score: number
  readonly keywordRank: number | null
  /** Keys of the near-duplicates that this one stands for. */
  readonly duplicates: readonly number[]
  /** Worked out when asked for. */
  readonly explain: () => Reasons
}

const NONE: ReadonlyMap<number, number[]> = new Map()

interface Scored {
  readonly candidates: readonly RankCandidate[]
  readonly own: Presence
  readonly keyword: Float64Array
  readonly neighbours: Neighbours | null
  readonly factors: readonly (Factors | null)[]
  readonly scores: Float64Array
}

/**
 * The candidates that matter, best first; those that neither match nor stand beside a match are left out. Equal
 * scores stand in the order of their keys. A memory without the quoted phrase counts only if a neighbour has it,
 * unless no candidate has it.
 */
export function rank(
  query: AnalysedQuery,
  candidates: readonly RankCandidate[],
  corpus: Corpus,
  options: RankOptions,
): Ranked[] {
  // In the order of keys, so that sums and twins do not depend on the order in which the candidates came.
  const sorted = [...candidates].sort((a, b) => a.key - b.key)
  const scored = scoreAll(query, sorted, corpus, options)
  const order = orderOf(scored.scores)
  const { shown, duplicates } = options.stages.diversify
    ? diversify(order, sorted)
    : { shown: order, duplicates: NONE }
  const keywordRanks = new Map(orderOf(scored.keyword).map((row, place) => [row, place + 1]))
  return shown.map(row => ({
    key: sorted[row]!.key,
    score: scored.scores[row]!,
    keywordRank: keywordRanks.get(row) ?? null,
    duplicates: duplicates.get(row) ?? [],
    explain: () => explain(query, scored, row),
  }))
}

function scoreAll(
  query: AnalysedQuery,
  candidates: readonly RankCandidate[],
  corpus: Corpus,
  { stages, now, mentions, strengths }: RankOptions,
): Scored {
  const own = toPresence(query.terms, candidates, corpus, mentions)
  dropWithoutPhrases(own, query, candidates)
  const keyword = sumRows(own, 1)
  const neighbours = stages.activation ? findNeighbours(candidates) : null
  const scores =
    neighbours === null
      ? Float64Array.from(keyword)
      : sumRows(activate(own, neighbours, candidates), RANKING.coverage)
  const at = Date.parse(now)
  const factors = candidates.map((candidate, row) => {
    if (!stages.priors || !(scores[row]! > 0)) return null
    const retrievability = strengths?.get(candidate.key) ?? null
    const found = factorsFor(query, { ...candidate, retrievability }, at)
    scores[row]! *= productOf(found)
    return found
  })
  return { candidates, own, keyword, neighbours, factors, scores }
}

/** A phrase that nobody has binds nobody: agents quote titles and names that were never said in those words. */
function dropWithoutPhrases(
  { weights, values }: Presence,
  query: AnalysedQuery,
  texts: readonly RankCandidate[],
): void {
  const needles = query.phrases
    .map(phrase => ` ${phrase.join(' ')} `)
    .filter(needle => texts.some(({ words }) => words.includes(needle)))
  if (needles.length === 0) return
  texts.forEach(({ words }, row) => {
    if (needles.every(needle => words.includes(needle))) return
    values.fill(0, row * weights.length, (row + 1) * weights.length)
  })
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
  const { candidates, own, keyword, neighbours } = scored
  const lifts = neighbours === null ? [] : liftsOf(row, neighbours, candidates)
  const given = lifts
    .map(({ row: from, distance, share }) => ({
      key: candidates[from]!.key,
      distance,
      gift: share * keyword[from]!,
    }))
    .filter(({ gift }) => gift > 0)
    .sort((a, b) => b.gift - a.gift)[0]
  return {
    terms: query.terms.filter((_, column) => own.values[row * query.terms.length + column]! > 0),
    liftedBy: given === undefined ? null : { key: given.key, distance: given.distance },
    factors: Object.fromEntries(Object.entries(scored.factors[row] ?? {}).filter(([, value]) => value !== 1)),
  }
}
