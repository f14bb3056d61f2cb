/**
 * What another tool's store is to an import: its rows as they stood there, and what it says of how they belong
 * together. Nothing here decides what becomes of them.
 */
import { HeirloomError } from '../../model/errors.ts'
import { LIMITS } from '../../model/memory.ts'
import { isJson, toStorable } from '../json-safe.ts'

/** A row of another tool's store, as it stood there. */
export interface ForeignMemory {
  /** Its id there, in lower case. */
  readonly id: string
  /** Never blank, at most 64 KiB of UTF-8. */
  readonly content: string
  readonly namespace: string
  /** JSON as the tool stored it. Not checked: it may be malformed, or no list. */
  readonly tags: string
  /** The headings over it, the outermost first: `Guide > Install`. At most 500 characters. */
  readonly title: string | null
  /** The file it came from. */
  readonly source: string | null
  /** ISO 8601, UTC, milliseconds; null where it is missing or not understood. */
  readonly recorded_at: string | null
  readonly updated_at: string | null
  /** What else is worth keeping, without what every row has by default. JSON-safe, and well below 8 KiB. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Ids are in lower case, and need not be among the memories. */
export interface ForeignLink {
  readonly target: string
  /** Null once the source was deleted. */
  readonly source: string | null
  readonly type: string
  readonly created_at: string | null
}

interface OurLink {
  readonly type: 'shared_from' | 'summarizes'
  readonly target: string
  /** Null where the source was deleted there. */
  readonly source: string | null
}

/** What a tool's link is here, where the sentence is "target TYPE source". Gives null for a type that is not known. */
export type LinkReading = (link: ForeignLink) => OurLink | null

/** An open store of another tool. It is never written to; closing it is dropping it (`using`). */
export interface ForeignStore extends Disposable {
  /** For people: `memtomem database (schema 3)`, `memtomem bundle v2`. */
  readonly format: string
  /** Rows in all, those included that will be skipped. */
  readonly memories: number
  /** Namespaces with how many of these rows each has. */
  readonly namespaces: ReadonlyMap<string, number>
  /** The rows that can be memories, in an order that stays. At most `size` at once. */
  batches(size: number): Iterable<readonly ForeignMemory[]>
  /** Where copies come from. */
  links(size: number): Iterable<readonly ForeignLink[]>
  /** What people or agents linked with each other, in words of their own. */
  relations(size: number): Iterable<readonly ForeignLink[]>
  /** Why rows were left out, with how many. Filled while `batches` is read, anew each time. */
  readonly skipped: ReadonlyMap<string, number>
}

/** A SOURCE_MALFORMED; `what` goes on after the file, and ends with the remedy. */
export function malformed(file: string, what: string, cause?: unknown): HeirloomError {
  return new HeirloomError('SOURCE_MALFORMED', `${file} ${what}`, { cause })
}

/** A SOURCE_UNREADABLE; `what` goes on after the file, and ends with the remedy. */
export function unreadable(file: string, what: string, cause?: unknown): HeirloomError {
  return new HeirloomError('SOURCE_UNREADABLE', `${file} ${what}`, { cause })
}

export class Tally {
  readonly counts = new Map<string, number>()

  add(key: string, count = 1): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + count)
  }
}

/** Why a row cannot be a memory; null when it can. */
export function reasonToSkip(id: string, content: string): string | null {
  if (id.trim() === '') return 'no id'
  if (id.length > LIMITS.name || toStorable(id) !== id) return 'an id that cannot be kept'
  if (content.trim() === '') return 'no text'
  return Buffer.byteLength(content) > LIMITS.contentBytes ? TOO_LONG : null
}

export const TOO_LONG = `text of more than ${LIMITS.contentBytes} bytes`

/** The entries that say something: null, zero, false, blank text and the given defaults are left out. */
export function telling(
  values: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries = Object.entries(values).filter(([key, value]) => isTelling(value) && value !== defaults[key])
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? toStorable(value) : value]),
  )
}

function isTelling(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  return typeof value === 'number' ? Number.isFinite(value) && value !== 0 : value === true
}

/** How a value that should have been another is told to people. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return isJson(value) ? 'an object' : `a ${typeof value === 'string' ? 'text' : typeof value}`
}
