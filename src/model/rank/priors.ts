import type { AnalysedQuery } from '../analysis.ts'
import { TRAITS } from '../analysis.ts'
import type { Trust } from '../memory.ts'
import { RANKING } from './constants.ts'

/** What is known of a memory apart from the query. */
interface Standing {
  readonly traits: number
  readonly author: string
  readonly trust: Trust
  readonly confidence: number | null
  readonly recordedAt: string
  /** How likely it is remembered, from 0 to 1; null where it was never reviewed. */
  readonly retrievability: number | null
}

/** The factors on a score, by name; 1 leaves it as it is. */
export interface Factors {
  readonly author: number
  readonly time: number
  readonly number: number
  readonly onlyQuestion: number
  readonly trust: number
  readonly confidence: number
  readonly recency: number
  readonly strength: number
}

const DAY = 86_400_000

/** How likely a memory is to answer this query, before its words are looked at. Every factor is bounded. */
export function factorsFor(query: AnalysedQuery, standing: Standing, now: number): Factors {
  const has = (trait: number): boolean => (standing.traits & trait) !== 0
  const doubt = standing.confidence === null ? 0 : 1 - Math.min(Math.max(standing.confidence, 0), 1)
  return {
    author: isNamed(query, standing.author) ? RANKING.author : 1,
    time: query.asksWhen && has(TRAITS.time) ? RANKING.time : 1,
    number: query.asksHowMany && has(TRAITS.number) ? RANKING.number : 1,
    onlyQuestion: has(TRAITS.onlyQuestion) ? RANKING.onlyQuestion : 1,
    trust: RANKING.trust[standing.trust],
    confidence: 1 - RANKING.doubt * doubt,
    recency: 1 + RANKING.recency * freshness(standing.recordedAt, now),
    strength: 1 + RANKING.strength * strengthened(standing.retrievability),
  }
}

export function productOf(factors: Factors): number {
  return (
    factors.author *
    factors.time *
    factors.number *
    factors.onlyQuestion *
    factors.trust *
    factors.confidence *
    factors.recency *
    factors.strength
  )
}

/** Whether the query names the author by any part of the name. */
function isNamed(query: AnalysedQuery, author: string): boolean {
  return author.length > 2 && query.terms.some(term => author.includes(` ${term} `))
}

/** From -1 to 1; 0 for what was never reviewed. */
function strengthened(retrievability: number | null): number {
  return retrievability === null ? 0 : 2 * Math.min(Math.max(retrievability, 0), 1) - 1
}

/** 1 for this moment or later, halved with every half-life; 0 when the time is not one. */
function freshness(recordedAt: string, now: number): number {
  const days = (now - Date.parse(recordedAt)) / DAY
  return Number.isFinite(days) ? 0.5 ** (Math.max(days, 0) / RANKING.recencyHalfLife) : 0
}
