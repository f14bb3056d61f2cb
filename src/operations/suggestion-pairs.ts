/**
 * Pairs of memories that may contradict each other without a slot in common. Pairs come from indexes: what mentions
 * one entity, and what has nearly the same words. The work is bounded, whatever the store holds.
 */
import { isLive, isValidAt, type Memory } from '../model/memory.ts'
import { signatureOf } from '../model/similarity.ts'
import { slotKey } from '../model/slot.ts'
import { readStatement, type Statement } from '../model/statement.ts'
import { compareStatements, type Likeness } from '../model/suggestion.ts'
import type { ReadHandle } from '../store/store.ts'

/** The newest memories that are looked at. */
export const WINDOW = 1000

/** Pairs that are compared. */
export const PAIRS = 20_000

/** Characters of a text that an answer shows. */
export const TOLD = 1000

/** Of those that mention one entity, or have one signature, so many are compared with each other. */
export const TOGETHER = 40

/** The newest of them, of which near-duplicates are looked up among all others, however old. */
const LOOKED_UP = 200

/** A text that is longer makes more than one statement. */
const LONGEST = 2000

interface Gathered {
  readonly memories: readonly Memory[]
  /** Whether there are more than were looked at. */
  readonly isCut: boolean
  readonly now: string
}

/** The newest live memories that hold now and are short enough to be compared. */
export async function gatherStatements(
  tx: ReadHandle,
  { project, now }: { readonly project: string | undefined; readonly now: string },
): Promise<Gathered> {
  const found = await tx.memories.list(
    { statuses: ['active'], trusts: ['stated', 'observed', 'inferred'], valid_at: now, project },
    { limit: WINDOW + 1 },
  )
  const memories = found.slice(0, WINDOW).filter(memory => isComparable(memory, now))
  return { memories, isCut: found.length > WINDOW, now }
}

export interface Pair {
  readonly older: Memory
  readonly newer: Memory
  readonly likeness: Likeness
  /** The entity that both mention. */
  readonly entity: string | null
}

/** The likeliest first; without those that stand, or stood, in a conflict with each other. */
export async function findPairs(
  tx: ReadHandle,
  { memories, now }: Gathered,
): Promise<{ pairs: Pair[]; isCut: boolean }> {
  const comparison = new Comparison()
  const byId = new Map<string, Memory>(memories.map(memory => [memory.id, memory]))
  const mentions = await tx.mentions.of([...byId.keys()])
  for (const [entity, ids] of groupsOf(mentions)) {
    comparison.all(
      ids.map(id => byId.get(id)!),
      entity,
    )
  }
  for (const alike of Map.groupBy(memories, memory => comparison.signatureOf(memory)).values()) {
    comparison.all(alike, null)
  }
  for (const memory of memories.slice(0, LOOKED_UP)) {
    for (const { id } of await tx.keyword.similar(memory)) {
      const other = byId.get(id) ?? (await tx.memories.find(id))
      if (other !== null && isComparable(other, now)) comparison.one(memory, other, null)
    }
  }
  const pairs = await withoutKnown(tx, comparison.pairs)
  return { pairs, isCut: comparison.isCut }
}

function isComparable(memory: Memory, now: string): boolean {
  return isLive(memory) && isValidAt(memory, now) && memory.content.length <= LONGEST
}

/** The memories by what they mention, in the order in which they are looked at. */
function groupsOf(mentions: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [memory, entities] of [...mentions].sort(([a], [b]) => (a < b ? 1 : -1))) {
    for (const entity of entities) groups.set(entity, [...(groups.get(entity) ?? []), memory])
  }
  return groups
}

class Comparison {
  readonly #statements = new Map<string, Statement>()
  readonly #found = new Map<string, Pair | null>()
  isCut = false

  /** The likeliest first. */
  get pairs(): Pair[] {
    return [...this.#found.values()]
      .filter(pair => pair !== null)
      .sort((a, b) => b.likeness.score - a.likeness.score || (a.newer.id < b.newer.id ? 1 : -1))
  }

  all(group: readonly Memory[], entity: string | null): void {
    const some = group.slice(0, TOGETHER)
    if (some.length < group.length) this.isCut = true
    some.forEach((memory, at) => {
      for (const other of some.slice(at + 1)) this.one(memory, other, entity)
    })
  }

  one(a: Memory, b: Memory, entity: string | null): void {
    if (a.id === b.id || !areComparable(a, b)) return
    const [older, newer] = a.id < b.id ? [a, b] : [b, a]
    const key = `${older.id} ${newer.id}`
    if (this.#found.has(key)) return
    if (this.#found.size >= PAIRS) {
      this.isCut = true
      return
    }
    const sameSubject = entity !== null
    const likeness = compareStatements(this.#statement(older), this.#statement(newer), {
      sameSubject,
      twoHeadings: areApart(headingOf(a), headingOf(b)),
    })
    this.#found.set(key, likeness === null ? null : { older, newer, likeness, entity })
  }

  /** Equal for texts whose words are the same but for their values. */
  signatureOf(memory: Memory): string {
    const terms = [...this.#statement(memory).terms].sort().join(' ')
    return terms === '' ? memory.id : signatureOf(terms).join(' ')
  }

  #statement(memory: Memory): Statement {
    const known = this.#statements.get(memory.id)
    if (known !== undefined) return known
    const read = readStatement(memory.content)
    this.#statements.set(memory.id, read)
    return read
  }
}

/** Where it stands in a document; the label of a turn of a conversation only counts. */
function headingOf({ label, author }: Memory): string | null {
  return author === null ? label : null
}

function areApart(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other
}

/** Those that claim one slot are compared as claims; what happened once and once more is no contradiction. */
function areComparable(a: Memory, b: Memory): boolean {
  if (a.project !== b.project || (a.kind === 'episode' && b.kind === 'episode')) return false
  if (a.slot === null || b.slot === null) return true
  return (
    slotKey(a.slot.subject) !== slotKey(b.slot.subject) ||
    slotKey(a.slot.attribute) !== slotKey(b.slot.attribute)
  )
}

async function withoutKnown(tx: ReadHandle, pairs: readonly Pair[]): Promise<Pair[]> {
  const ids = new Set(pairs.flatMap(({ older, newer }) => [older.id, newer.id]))
  const memberships = await tx.conflicts.membershipsOf([...ids])
  return pairs.filter(({ older, newer }) => {
    const one = new Set(memberships.get(older.id))
    return !memberships.get(newer.id)?.some(conflict => one.has(conflict))
  })
}
