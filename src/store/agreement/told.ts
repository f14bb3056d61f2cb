/** Memories against the journal: each version must be what its entry, on top of those before it, says it became. */
import { canonicalJson } from '../../model/digest.ts'
import type { Memory } from '../../model/memory.ts'
import { UNJOURNALLED } from '../memory-writer.ts'
import type { Checking } from './findings.ts'
import type { Line, Version } from './line.ts'

/** Never journalled: texts as they came, and use, which is no change. */
const UNTOLD: ReadonlySet<string> = new Set([...UNJOURNALLED, 'reference_count', 'last_referenced_at'])

/** What entries tell of a memory, taken one by one. */
export class Account {
  readonly #line: Line
  #entries = 0
  #state: Record<string, unknown> = {}
  /** Whether every payload since the creation was there: then a field that is not told of is empty. */
  #whole = true

  constructor(line: Line) {
    this.#line = line
  }

  take(payload: string | null, { findings }: Checking): void {
    this.#entries++
    this.#apply(after(payload))
    const told = this.#state.version
    const number = typeof told === 'number' ? told : this.#entries
    const version = this.#version(number)
    if (version === undefined || version.memory === null) return
    const wrong = this.#differences(version.memory)
    if (wrong.length === 0) return
    findings.add(
      'journal',
      `version ${number} of ${this.#line.id} is not as journalled in ${wrong.join(', ')}`,
    )
  }

  end({ findings }: Checking): void {
    const { id, present } = this.#line
    if (this.#entries === present.number) return
    findings.add(
      'journal',
      `${id} is at version ${present.number}, the journal tells of ${this.#entries} changes`,
    )
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

/** Null where it was erased, or cannot be read; the chain tells of the latter. */
function after(payload: string | null): Record<string, unknown> | null {
  if (payload === null) return null
  try {
    const { after: now } = JSON.parse(payload) as { after: unknown }
    return typeof now === 'object' ? (now as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}
