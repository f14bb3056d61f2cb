/** The part of a passage by which it is recognised. */
interface Passage {
  readonly contentHash: string
  readonly label: string | null
  readonly author: string | null
}

/**
 * For each new passage the index of the old one with its content and author, or -1. The same label is preferred; of
 * repeated equal passages those stay that have kept their neighbours, and they keep their order. `taken` marks the new
 * passages that are out of the question with an index of 0 or more.
 */
export function matchUnchanged(
  old: readonly Passage[],
  now: readonly Passage[],
  taken?: Int32Array,
): Int32Array {
  const toOld = new Int32Array(now.length).fill(-1)
  if (old.length === 0 || now.length === 0) return toOld
  const toNew = new Int32Array(old.length).fill(-1)
  const link = (from: number, to: number) => {
    toOld[to] = from
    toNew[from] = to
  }
  const free = (to: number) => (toOld[to] ?? -1) < 0 && (taken?.[to] ?? -1) < 0
  const whole = { old: old.map(wholeKey), now: now.map(wholeKey) }
  linkUnique(whole, free, link)
  linkNeighbours(whole, { free, toOld, toNew, link })
  const leftOver = (oldKeys: readonly string[], newKeys: readonly string[]) =>
    pairInOrder(
      oldKeys.map((key, from) => ((toNew[from] ?? -1) < 0 ? key : null)),
      newKeys.map((key, to) => (free(to) ? key : null)),
      link,
    )
  leftOver(whole.old, whole.now)
  // Which equal passages stay is settled; now in order, where neighbours that moved had crossed them.
  const stays = [Array.from(toNew, to => to >= 0), Array.from(toOld, from => from >= 0)] as const
  pairInOrder(
    whole.old.map((key, from) => (stays[0][from] ? key : null)),
    whole.now.map((key, to) => (stays[1][to] ? key : null)),
    link,
  )
  leftOver(old.map(contentKey), now.map(contentKey))
  return toOld
}

function contentKey({ contentHash, author }: Passage): string {
  return JSON.stringify([contentHash, author])
}

function wholeKey({ contentHash, author, label }: Passage): string {
  return JSON.stringify([contentHash, author, label])
}

interface Keys {
  readonly old: readonly string[]
  readonly now: readonly string[]
}

type Link = (from: number, to: number) => void

/** Links what occurs once on both sides (P. Heckel, A technique for isolating differences between files, 1978). */
function linkUnique(keys: Keys, free: (to: number) => boolean, link: Link): void {
  const places = new Map<string, { old: number; now: number }>()
  const REPEATED = -2
  for (const [index, key] of keys.old.entries())
    places.set(key, { old: places.has(key) ? REPEATED : index, now: -1 })
  for (const [index, key] of keys.now.entries()) {
    const place = places.get(key)
    if (place !== undefined && free(index)) place.now = place.now === -1 ? index : REPEATED
  }
  for (const { old, now } of places.values()) if (old >= 0 && now >= 0) link(old, now)
}

interface Links {
  readonly free: (to: number) => boolean
  readonly toOld: Int32Array
  readonly toNew: Int32Array
  readonly link: Link
}

/** Links equal neighbours of what is linked, and equal beginnings and ends, forwards and then backwards. */
function linkNeighbours({ old, now }: Keys, { free, toOld, toNew, link }: Links): void {
  const tryLink = (from: number, to: number) => {
    if (free(to) && toNew[from] === -1 && old[from] === now[to]) link(from, to)
  }
  for (let to = 0; to < now.length; to++) {
    const before = to === 0 ? -1 : (toOld[to - 1] ?? -1)
    if (to === 0 || before >= 0) tryLink(before + 1, to)
  }
  for (let to = now.length - 1; to >= 0; to--) {
    const after = to === now.length - 1 ? old.length : (toOld[to + 1] ?? -1)
    if (after >= 0) tryLink(after - 1, to)
  }
}

/** Calls `pair` with the indexes of the first of each key on both sides, then the second … A null pairs with nothing. */
export function pairInOrder(
  old: readonly (string | null)[],
  now: readonly (string | null)[],
  pair: (from: number, to: number) => void,
): void {
  const waiting = new Map<string, { indexes: number[]; next: number }>()
  for (const [index, key] of old.entries()) {
    if (key === null) continue
    const queue = waiting.get(key)
    if (queue === undefined) waiting.set(key, { indexes: [index], next: 0 })
    else queue.indexes.push(index)
  }
  for (const [index, key] of now.entries()) {
    const queue = key === null ? undefined : waiting.get(key)
    const from = queue?.indexes[queue.next]
    if (queue === undefined || from === undefined) continue
    queue.next++
    pair(from, index)
  }
}
