/**
 * Which of what could matter stands in a pack of so many tokens: whole items only, and greedily, so that a smaller
 * one may follow where a larger one does not fit. First what is pinned. Then memories by rank, until a quarter of what
 * pins left is still free; that quarter is for entities: those that the prompt names or that recall found, then those
 * that a chosen memory mentions. What entities leave goes to further memories. Wherever a contested memory or entity
 * stands, its conflict stands right behind it, if it fits.
 */
import type { ShownItem } from './context-text.ts'
import { frameOf, itemText, packText } from './context-text.ts'
import type { Envelope } from './envelope.ts'
import type { CountTokens } from './tokens.ts'

/** Of what pins leave. */
const ENTITY_SHARE = 0.25

/** Ids of what was left out that are named. */
const NAMED = 5

export interface EntityChoice {
  readonly item: ShownItem
  /** Memories that it was found by; null where the prompt or recall led to it. */
  readonly mentionedBy: readonly string[] | null
}

export interface Choices {
  readonly pinned: readonly ShownItem[]
  /** Best first. */
  readonly recalled: readonly ShownItem[]
  readonly entities: readonly EntityChoice[]
  /** By id. */
  readonly conflicts: ReadonlyMap<string, ShownItem>
  /** What matched beyond the number that is looked at. */
  readonly beyond: { readonly count: number; readonly ids: readonly string[] }
}

export interface Packed {
  readonly items: readonly (ShownItem & { readonly tokens: number })[]
  readonly text: string
  readonly tokens: number
  readonly left_out: LeftOut
}

export interface LeftOut {
  readonly count: number
  readonly for_budget: number
  readonly for_limit: number
  readonly ids: readonly string[]
}

interface Room {
  readonly envelope: Envelope
  readonly count: CountTokens
  readonly budget: number
}

/** As many digits as the line of what was left out may need. */
const MOST_LEFT_OUT = 99_999

/** No language puts more characters into a token than this, on the whole. */
const CHARACTERS = 8

type Sized = ShownItem & { readonly tokens: number }

export function packItems(choices: Choices, room: Room): Packed {
  const filling = new Filling(choices, room)
  for (const item of choices.pinned) filling.add(item, 0)
  const share = Math.floor(filling.left * ENTITY_SHARE)
  for (const item of choices.recalled) filling.add(item, share)
  const before = filling.left
  for (const { item, mentionedBy } of choices.entities) {
    const by = mentionedBy?.find(id => filling.has(id))
    if (mentionedBy !== null && by === undefined) continue
    const why = by === undefined ? item.why : `mentioned by ${by}`
    filling.add({ ...item, why }, Math.max(0, before - Math.max(share, ROOM_FOR_ONE)))
  }
  for (const item of choices.recalled) filling.add(item, 0)
  return finished(filling.inOrder(), choices, room)
}

/** Where pins leave little, one entity may still take what is there. */
const ROOM_FOR_ONE = 100

class Filling {
  readonly #choices: Choices
  readonly #room: Room
  readonly #sizes = new Map<string, number>()
  readonly #taken = new Map<string, Sized>()
  /** Characters a token, of the item that holds most. */
  #densest = 0
  left: number

  constructor(choices: Choices, room: Room) {
    this.#choices = choices
    this.#room = room
    this.left = room.budget - frameTokens(room, MOST_LEFT_OUT)
  }

  has(id: string): boolean {
    return this.#taken.has(id)
  }

  /** Takes it, with the conflict that it is in, where so many tokens stay free. */
  add(item: ShownItem, free: number): void {
    if (!this.#take(item, free)) return
    const conflict = item.contested === null ? undefined : this.#choices.conflicts.get(item.contested)
    if (conflict !== undefined) this.#take(conflict, 0)
  }

  #take(item: ShownItem, free: number): boolean {
    if (this.#taken.has(item.id)) return false
    const tokens = this.#sizeOf(item, this.left - free)
    if (tokens > this.left - free) return false
    this.left -= tokens
    this.#taken.set(item.id, { ...item, tokens })
    return true
  }

  /** Endless where its length alone says that it cannot be expected to fit: counting costs more than all else. */
  #sizeOf(item: ShownItem, room: number): number {
    const known = this.#sizes.get(item.id)
    if (known !== undefined) return known
    const text = itemText(this.#room.envelope, item)
    if (text.length > room * this.#expected) return Number.POSITIVE_INFINITY
    const tokens = this.#room.count(text)
    this.#sizes.set(item.id, tokens)
    this.#densest = Math.max(this.#densest, text.length / tokens)
    return tokens
  }

  /** Characters that a token may hold, by those that were counted. */
  get #expected(): number {
    return this.#densest === 0 ? CHARACTERS : this.#densest * 1.25
  }

  /** Pinned, recalled by rank, entities; each conflict behind the first item that is in it. */
  inOrder(): Sized[] {
    const { pinned, recalled, entities } = this.#choices
    const ordered = [...pinned, ...recalled, ...entities.map(({ item }) => item)]
    const told = new Set<string>()
    return ordered.flatMap(({ id }) => {
      const item = this.#taken.get(id)
      if (item === undefined) return []
      const conflict = this.#taken.get(item.contested ?? '')
      if (conflict === undefined || told.has(conflict.id)) return [item]
      told.add(conflict.id)
      return [item, conflict]
    })
  }
}

function finished(items: readonly Sized[], choices: Choices, room: Room): Packed {
  const left_out = leftOutOf(items, choices)
  const text = packText(room.envelope, items, left_out.count)
  if (items.length === 0) return { items, text, tokens: room.count(text), left_out }
  const tokens = items.reduce((sum, item) => sum + item.tokens, frameTokens(room, left_out.count))
  return { items, text, tokens, left_out }
}

function frameTokens({ count, envelope }: Room, leftOut: number): number {
  return frameOf(envelope, leftOut).reduce((sum, part) => sum + count(part), 0)
}

function leftOutOf(
  items: readonly Sized[],
  { pinned, recalled, entities, conflicts, beyond }: Choices,
): LeftOut {
  const shown = new Set(items.map(({ id }) => id))
  const chosen = [
    ...pinned,
    ...recalled,
    ...conflicts.values(),
    ...entities.filter(isOwn).map(({ item }) => item),
  ]
  const left = chosen.filter(({ id }) => !shown.has(id)).map(({ id }) => id)
  return {
    count: left.length + beyond.count,
    for_budget: left.length,
    for_limit: beyond.count,
    ids: [...left, ...beyond.ids].slice(0, NAMED),
  }
}

/** What only a memory mentions is not missed without that memory. */
function isOwn({ mentionedBy }: EntityChoice): boolean {
  return mentionedBy === null
}
