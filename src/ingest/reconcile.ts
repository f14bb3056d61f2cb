/**
 * What becomes of a document's passages when it is read again. Ids carry links, usage and history, so a passage keeps
 * its id wherever it can be recognised, and nothing that vanished is forgotten.
 */
import { matchUnchanged, pairInOrder } from './unchanged.ts'

export interface StoredPassage {
  readonly id: string
  readonly position: number
  readonly label: string | null
  readonly author: string | null
  /** Of its text as the document had it, not as a person may have revised it since. */
  readonly contentHash: string
  /** Active or waiting for review. False: superseded, because it had vanished from the document earlier. */
  readonly live: boolean
}

/** Its index among the new passages is its position. */
export interface NewPassage {
  readonly contentHash: string
  readonly label: string | null
  readonly author: string | null
}

/** Every new position is in exactly one of kept, revised and added; every live id in one of kept, revised, vanished. */
export interface Reconciliation {
  /** The same content by the same author. `moved`: its position or label differs. `restored`: it was not live. */
  readonly kept: { id: string; position: number; moved: boolean; restored: boolean }[]
  readonly revised: { id: string; position: number }[]
  readonly added: { position: number }[]
  readonly vanished: { id: string }[]
}

/**
 * Unchanged passages first (the live before the vanished), then changed ones: those with the label of a leftover, and
 * failing that those at its place between the same two kept neighbours. Among equals the order decides. Takes time in
 * proportion to n log n. Kept, revised and added are in the order of their positions, vanished in that of the old.
 */
export function reconcile(stored: readonly StoredPassage[], parsed: readonly NewPassage[]): Reconciliation {
  const inOrder = stored.toSorted((a, b) => a.position - b.position)
  const live = inOrder.filter(passage => passage.live)
  const gone = inOrder.filter(passage => !passage.live)
  const unchanged = matchUnchanged(live, parsed)
  const restored = matchUnchanged(gone, parsed, unchanged)
  const revised = matchChanged(live, parsed, unchanged, restored)

  const result: Reconciliation = { kept: [], revised: [], added: [], vanished: [] }
  for (const [position, { label }] of parsed.entries()) {
    const same = live[unchanged[position] ?? -1] ?? gone[restored[position] ?? -1]
    const changed = live[revised[position] ?? -1]
    if (same !== undefined) {
      const moved = same.position !== position || same.label !== label
      result.kept.push({ id: same.id, position, moved, restored: !same.live })
    } else if (changed !== undefined) result.revised.push({ id: changed.id, position })
    else result.added.push({ position })
  }
  const used = new Set([...unchanged, ...revised])
  for (const [index, { id }] of live.entries()) if (!used.has(index)) result.vanished.push({ id })
  return result
}

/** For each new passage the index of the live one it revises, or -1. */
function matchChanged(
  live: readonly StoredPassage[],
  parsed: readonly NewPassage[],
  unchanged: Int32Array,
  restored: Int32Array,
): Int32Array {
  const revised = new Int32Array(parsed.length).fill(-1)
  const used = new Set(unchanged)
  const oldPlaces = placesOf(live.map((_, index) => (used.has(index) ? index : -1)))
  const returned = restored.map(index => (index >= 0 ? 1 : 0))
  const newPlaces = placesOf(unchanged, returned)
  const oldGap = (old: number) => oldPlaces[old]?.gap ?? ''
  const newGap = (position: number) => newPlaces[position]?.gap ?? ''

  const pair = (oldKey: (old: number) => string | null, newKey: (position: number) => string | null) => {
    const olds = [...live.keys()].filter(old => !used.has(old))
    const news = [...parsed.keys()].filter(
      n => (unchanged[n] ?? -1) < 0 && returned[n] === 0 && (revised[n] ?? -1) < 0,
    )
    pairInOrder(olds.map(oldKey), news.map(newKey), (old, position) => {
      revised[news[position] ?? 0] = olds[old] ?? -1
      used.add(olds[old] ?? -1)
    })
  }
  const labelled = (label: string | null | undefined, gap: string) =>
    label == null ? null : `${gap} ${label}`
  pair(
    old => labelled(live[old]?.label, oldGap(old)),
    position => labelled(parsed[position]?.label, newGap(position)),
  )
  pair(
    old => live[old]?.label ?? null,
    position => parsed[position]?.label ?? null,
  )
  pair(
    old => `${oldGap(old)} ${oldPlaces[old]?.index}`,
    position => `${newGap(position)} ${newPlaces[position]?.index}`,
  )
  return revised
}

/** Where a passage stands between two kept ones: `gap` names both, `index` counts from the first. */
interface Place {
  readonly gap: string
  readonly index: number
}

/** `kept` holds the old index of each kept passage and -1 for the others; `passedOver` marks what is not counted. */
function placesOf(kept: Iterable<number>, passedOver?: Int32Array): (Place | null)[] {
  const marks = [...kept, -1]
  const places: (Place | null)[] = new Array(marks.length - 1).fill(null)
  let before = -1
  let open: { position: number; index: number }[] = []
  for (const [position, mark] of marks.entries()) {
    const isEnd = position === places.length
    if (mark < 0 && !isEnd) {
      if (passedOver?.[position] !== 1) open.push({ position, index: open.length })
      continue
    }
    for (const { position: at, index } of open)
      places[at] = { gap: `${before}-${isEnd ? 'end' : mark}`, index }
    before = mark
    open = []
  }
  return places
}
