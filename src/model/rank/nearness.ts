/** The dense leg as the ranker sees it. */
import { beside, type Neighbours } from './activation.ts'
import { RANKING } from './constants.ts'

/** How near each candidate is to the query by meaning. */
export interface Nearness {
  /** Cosines, none below 0. A candidate without a vector has the mean of the others: it is neither helped nor hurt. */
  readonly values: Float64Array
  /** Rank in the dense leg from 1; 0 where the leg did not bring it. */
  readonly ranks: Int32Array
}

/** From where on something is near to a query. */
export interface NearLevel {
  /** Cosine up to which a query and a text may have nothing in common. The model's own: no floor could hold for all. */
  readonly noise: number
  /** So many of the nearest may be near below that, down to half of it, where most that has nothing in common lies. */
  readonly unsure: number
}

/** @param place among all that there is, from 0 for the nearest. */
export function isNear(similarity: number, place: number, { noise, unsure }: NearLevel): boolean {
  return similarity > noise || (place < unsure && similarity > noise / 2)
}

/**
 * The dense leg's own order, or null where no candidate has a vector. The leg brings the nearest of all memories, so
 * the nearest among the candidates are those that it brought, whatever else is there.
 */
export function toNearness(
  candidates: readonly { readonly similarity: number | null }[],
  level: NearLevel = { noise: 0, unsure: 0 },
): Nearness | null {
  const values = new Float64Array(candidates.length)
  const ranks = new Int32Array(candidates.length)
  const near: number[] = []
  const without: number[] = []
  let sum = 0
  candidates.forEach(({ similarity }, row) => {
    if (similarity === null || !Number.isFinite(similarity)) {
      without.push(row)
      return
    }
    values[row] = Math.max(0, similarity)
    sum += values[row]!
    near.push(row)
  })
  near.sort((a, b) => values[b]! - values[a]! || a - b)
  near.slice(0, RANKING.nearest).forEach((row, place) => {
    if (isNear(values[row]!, place, level)) ranks[row] = place + 1
  })
  if (near.length === 0 || ranks[near[0]!] === 0) return null
  for (const row of without) values[row] = sum / (candidates.length - without.length)
  return { values, ranks }
}

interface Legs {
  readonly keyword: Float64Array
  readonly nearness: Nearness | null
  readonly neighbours: Neighbours | null
}

/** Whether a candidate was brought by a leg, or stands beside one that was. */
export function matters(row: number, { keyword, nearness, neighbours }: Legs): boolean {
  const isBrought = (at: number): boolean =>
    keyword[at]! > 0 || (nearness !== null && nearness.ranks[at]! > 0)
  return isBrought(row) || (neighbours !== null && beside(row, neighbours).some(isBrought))
}
