import { TRAITS } from '../analysis.ts'
import type { Presence } from './bm25.ts'
import { RANKING } from './constants.ts'

/** A place in a document, and what stands there. */
interface Place {
  readonly documentId: string | null
  readonly position: number | null
  readonly traits: number
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

/** Those who lift a row, nearest first. */
export function liftsOf(row: number, neighbours: Neighbours, places: readonly Place[]): Lift[] {
  const lifts: Lift[] = []
  for (let slot = 0; slot < 2 * REACH; slot++) {
    const from = neighbours[row * 2 * REACH + slot]!
    if (from >= 0)
      lifts.push({ row: from, distance: (slot >> 1) + 1, share: shareOf(slot, places[from]!.traits) })
  }
  return lifts
}

/** Each row with the shares that its neighbours give of their own presence, term by term. */
export function activate(own: Presence, neighbours: Neighbours, places: readonly Place[]): Presence {
  const columns = own.weights.length
  const values = Float64Array.from(own.values)
  for (let row = 0; row < places.length; row++) {
    if (places[row]!.documentId === null) {
      for (let at = row * columns; at < (row + 1) * columns; at++) values[at]! *= 1 + RANKING.alone
      continue
    }
    for (let slot = 0; slot < 2 * REACH; slot++) {
      const from = neighbours[row * 2 * REACH + slot]!
      if (from < 0) continue
      const share = shareOf(slot, places[from]!.traits)
      for (let column = 0; column < columns; column++) {
        values[row * columns + column]! += share * own.values[from * columns + column]!
      }
    }
  }
  return { weights: own.weights, values }
}

/** Slot 0 is the place just before: what is asked there is answered here. */
function shareOf(slot: number, traits: number): number {
  const share = RANKING.spread[slot >> 1]!
  return slot === 0 && (traits & TRAITS.endsAsking) !== 0 ? share + RANKING.answer : share
}
