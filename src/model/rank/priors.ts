import type { Trust } from '../memory.ts'
import { RANKING } from './constants.ts'

/** What is known of a memory apart from the query. */
interface Standing {
  readonly trust: Trust
  readonly confidence: number | null
  readonly recordedAt: string
  /** How likely it is remembered, from 0 to 1; null where it was never reviewed. */
  readonly retrievability: number | null
}

/** The factors on a score, by name; 1 leaves it as it is. */
export interface Factors {
  readonly trust: number
  readonly confidence: number
  readonly recency: number
  readonly strength: number
}

const DAY = 86_400_000

/** How far a memory is to be preferred to others that fit the query as well. Every factor is bounded. */
export function factorsFor(standing: Standing, now: number): Factors {
  const doubt = standing.confidence === null ? 0 : 1 - Math.min(Math.max(standing.confidence, 0), 1)
  return {
    trust: RANKING.trust[standing.trust],
    confidence: 1 - RANKING.doubt * doubt,
    recency: 1 + RANKING.recency * freshness(standing.recordedAt, now),
    strength: 1 + RANKING.strength * strengthened(standing.retrievability),
  }
}

export function productOf(factors: Factors): number {
  return factors.trust * factors.confidence * factors.recency * factors.strength
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
