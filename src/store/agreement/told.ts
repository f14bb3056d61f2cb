/** Memories against the journal: each version must be what its entry, on top of those before it, says it became. */
import { canonicalJson } from '../../model/digest.ts'
import type { Memory } from '../../model/memory.ts'
import { UNJOURNALLED } from '../memory-writer.ts'
import type { Checking } from './findings.ts'
import type { Line, Version } from './line.ts'

/** Never journalled: texts as they came, and use, which is no change. */
const UNTOLD: ReadonlySet<string> = new Set([...UNJOURNALLED, 'reference_count', 'last_referenced_at'])

/** What entries tell of a memory, taken one by one. What they take back, they tell of no more. */
export class Account {
  readonly #line: Line
  /** The version at which it is by what was told so far; 0 where it was withdrawn. */
  #number = 0
  /** Whether an entry told of another version than the next or the one before. */
  #skipped = false
  #state: Record<string, unknown> = {}
  /** Whether every payload since the creation was there: then a field that is not told of is empty. */
  #whole = true
  /** Fields in which a version differs from what was told of it, by its number. */
  readonly #wrong = new Map<number, readonly string[]>()

  constructor(line: Line) {
    this.#line = line
  }

  take(payload: string | null): void {
    const { isWithdrawn, fields } = afterOf(payload)
    if (isWithdrawn) {
      this.#withdraw()
      return
    }
    this.#apply(fields)
    const told = this.#state.version
    const number = typeof told === 'number' ? told : this.#number + 1
    if (Math.abs(number - this.#number) !== 1) this.#skipped = true
    this.#number = number
    const version = this.#version(number)
    const memory = version?.memory ?? null
    this.#wrong.set(number, memory === null ? [] : this.#differences(memory))
  }

  end({ findings }: Checking): void {
    const { id, present } = this.#line
    for (const [number, fields] of this.#wrong) {
      if (number > this.#number || fields.length === 0) continue
      findings.add('journal', `version ${number} of ${id} is not as journalled in ${fields.join(', ')}`)
    }
    if (this.#number !== present.number) {
      findings.add(
        'journal',
        `${id} is at version ${present.number}, the journal tells of ${this.#number} changes`,
      )
    } else if (this.#skipped) findings.add('journal', `the journal leaves out or repeats a change of ${id}`)
  }

  /** That it was made was taken back: what comes is told of anew. */
  #withdraw(): void {
    this.#number = 0
    this.#state = {}
    this.#whole = true
    this.#wrong.clear()
  }

  /** Nothing that was said before an erased payload is sure to hold after it. */
  #apply(now: Record<string, unknown> | null): void {
    if (now === null) {
      this.#state = {}
      this.#whole = false
    } else Object.assign(this.#state, now)
  }

  #version(number: number): Version | undefined {
    const { past, present } = this.#line
    if (number === present.number) return present
    const there = past[number - 1]
    return there?.number === number ? there : past.find(version => version.number === number)
  }

  #differences(memory: Memory): string[] {
    return Object.entries(memory).flatMap(([field, value]) => {
      if (UNTOLD.has(field)) return []
      const told = this.#state[field]
      if (told === undefined && !this.#whole) return []
      return isSame(told, value) ? [] : [field]
    })
  }
}

function isSame(told: unknown, value: unknown): boolean {
  if (told === undefined) return value === null || (Array.isArray(value) && value.length === 0)
  if (told === value) return true
  if (typeof told !== 'object' || typeof value !== 'object' || told === null || value === null) return false
  return canonicalJson(told) === canonicalJson(value)
}

interface After {
  /** That nothing came after. */
  readonly isWithdrawn: boolean
  /** Null where they were erased, or cannot be read; the chain tells of the latter. */
  readonly fields: Record<string, unknown> | null
}

function afterOf(payload: string | null): After {
  const unknown = { isWithdrawn: false, fields: null }
  if (payload === null) return unknown
  try {
    const { after } = JSON.parse(payload) as { after: unknown }
    if (typeof after !== 'object') return unknown
    return { isWithdrawn: after === null, fields: after as Record<string, unknown> | null }
  } catch {
    return unknown
  }
}
