/**
 * How files become memories. Bytes in, documents with passages out: pure but for `walk.ts` and `gathering.ts`, and nothing here knows a
 * store. Every word a reader of the file would see is in some passage; what cannot be understood is refused whole.
 */
import { LIMITS } from '../model/memory.ts'

/** One memory to be: at most 64 KiB of UTF-8, never blank. */
export interface ParsedPassage {
  readonly content: string
  /** Who said or wrote it, at most 200 characters. */
  readonly author: string | null
  /** When it was said: ISO 8601, UTC, milliseconds. */
  readonly at: string | null
  /**
   * The source's own name for it, at most 1,024 characters: a turn's id, or a heading path `Guide > Install > Linux`.
   * The pieces of one long turn or section share it.
   */
  readonly label: string | null
  readonly title: string | null
}

/** What a document says of itself that is a field of each of its memories. All within the limits of a memory. */
export interface DocumentFields {
  project?: string
  codebase?: string
  kind?: string
  tags?: string[]
  topics?: string[]
  author?: string
  at?: string
  client?: string
  session?: string
  valid_from?: string
  valid_until?: string
}

export interface ParsedDocument {
  /** Its name inside the source where one file holds several documents, unique there; otherwise null. */
  readonly key: string | null
  readonly type: 'markdown' | 'text' | 'conversation'
  readonly title: string | null
  readonly fields: DocumentFields
  /** The rest of what it says of itself. JSON-safe, without `__proto__` keys. Its size is not limited here. */
  readonly metadata: Record<string, unknown>
  readonly passages: readonly ParsedPassage[]
  /** What was understood only in part, for a person to read. The text itself is always complete. */
  readonly warnings: readonly string[]
}

/** The name is a file name or path; its extension decides how the bytes are read. */
export interface Source {
  readonly name: string
  readonly bytes: Uint8Array
}

export const LABEL_CHARACTERS = LIMITS.path

/** The text itself, or its beginning with an ellipsis, at most `limit` UTF-16 units and no torn character. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
