import { contentTermsOf, TRAITS } from '../analysis.ts'
import type { Presence } from './bm25.ts'
import { RANKING } from './constants.ts'

/** What a document holds at some place; null where a memory stands in none. */
interface Standing {
  readonly documentId: string | null
  readonly traits: number
}

interface Place extends Standing {
  readonly position: number | null
}

/** A row that lifts another, how far away it stands, and the share of its own that it gives. */
interface Lift {
  readonly row: number
  readonly distance: number
  readonly share: number
}

/** For each row `2 * reach` places, nearest first; -1 where no candidate stands. */
export type Neighbours = Int32Array

const REACH = RANKING.spread.length

/** Who stands beside whom: same document, at most `reach` positions away. Whoever is no candidate lifts nobody. */
export function findNeighbours(places: readonly Place[]): Neighbours {
  const documents = new Map<string, Map<number, number>>()
  places.forEach(({ documentId, position }, row) => {
    if (documentId === null || position === null) return
    const rows = documents.get(documentId)
    if (rows === undefined) documents.set(documentId, new Map([[position, row]]))
    else rows.set(position, row)
  })
  const neighbours = new Int32Array(places.length * 2 * REACH).fill(-1)
  places.forEach(({ documentId, position }, row) => {
    const rows = documentId === null ? undefined : documents.get(documentId)
    if (rows === undefined || position === null) return
    for (let distance = 1; distance <= REACH; distance++) {
      const at = (row * REACH + distance - 1) * 2
      neighbours[at] = rows.get(position - distance) ?? -1
      neighbours[at + 1] = rows.get(position + distance) ?? -1
    }
  })
  return neighbours
}

/** Rows that stand beside a row, nearest first. */
export function beside(row: number, neighbours: Neighbours): number[] {
  const rows: number[] = []
  for (let slot = row * 2 * REACH; slot < (row + 1) * 2 * REACH; slot++)
    if (neighbours[slot]! >= 0) rows.push(neighbours[slot]!)
  return rows
}

/** Those who lift a row, nearest first. */
export function liftsOf(row: number, neighbours: Neighbours, places: readonly Place[]): Lift[] {
  const lifts: Lift[] = []
  for (let slot = 0; slot < 2 * REACH; slot++) {
    const from = neighbours[row * 2 * REACH + slot]!
    if (from < 0) continue
    const share = shareOf(slot, places[row]!.traits, places[from]!.traits)
    lifts.push({ row: from, distance: (slot >> 1) + 1, share })
  }
  return lifts
}

/** Each row with the shares that its neighbours give of their own presence, term by term. */
export function activate(own: Presence, neighbours: Neighbours, places: readonly Standing[]): Presence {
  return { weights: own.weights, values: spread(own.values, neighbours, places) }
}

/** The same for any values of which each row has equally many. */
export function spread(own: Float64Array, neighbours: Neighbours, places: readonly Standing[]): Float64Array {
  const columns = places.length === 0 ? 0 : own.length / places.length
  const values = Float64Array.from(own)
  for (let row = 0; row < places.length; row++) {
    const { documentId, traits } = places[row]!
    if (documentId === null) {
      const gain = 1 + RANKING.alone * dependence(traits)
      for (let at = row * columns; at < (row + 1) * columns; at++) values[at]! *= gain
      continue
    }
    for (let slot = 0; slot < 2 * REACH; slot++) {
      const from = neighbours[row * 2 * REACH + slot]!
      if (from < 0) continue
      const share = shareOf(slot, traits, places[from]!.traits)
      for (let column = 0; column < columns; column++) {
        values[row * columns + column]! += share * own[from * columns + column]!
      }
    }
  }
  return values
}

/** Slot 0 is the place just before: what is asked there is answered here. */
function shareOf(slot: number, traits: number, giver: number): number {
  const share = RANKING.spread[slot >> 1]!
  const answering = slot === 0 && (giver & TRAITS.endsAsking) !== 0 ? RANKING.answer : 0
  return (share + answering) * dependence(traits) * dependence(giver)
}

/** How much a text hangs together with what stands beside it, at most 1: a turn does, a long passage hardly. */
function dependence(traits: number): number {
  return Math.min(1, RANKING.turn / Math.max(1, contentTermsOf(traits)))
}
