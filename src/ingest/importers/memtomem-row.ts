import { LIMITS } from '../../model/memory.ts'
import { shorten } from '../document.ts'
import { toStorable } from '../json-safe.ts'
import { toTime } from '../time.ts'
import { type ForeignMemory, telling } from './foreign-store.ts'

/** What a row of the database and a record of a bundle have in common, under memtomem's own names. */
interface MemtomemRow {
  readonly id: string
  readonly content: string
  readonly namespace: string
  readonly tags: string
  readonly headings: unknown
  readonly source_file: unknown
  readonly created_at: unknown
  readonly updated_at: unknown
  readonly rest: Readonly<Record<string, unknown>>
}

/** What else a chunk says that is kept, as columns and as fields of a bundle's record. */
export const KEPT = [
  'chunk_type',
  'start_line',
  'end_line',
  'language',
  'scope',
  'project_root',
  'origin',
  'importance_score',
  'access_count',
  'use_count',
  'last_accessed_at',
  'redaction_count',
  'retrieval_context',
  'valid_from_unix',
  'valid_to_unix',
] as const

const DEFAULTS = { chunk_type: 'raw_text', language: 'en', scope: 'user' }

/** A description of the chunk that memtomem searches with; the longest text among what is kept. */
const CONTEXT_CHARACTERS = 1000

export function toForeign(row: MemtomemRow): ForeignMemory {
  return {
    id: row.id.toLowerCase(),
    content: toStorable(row.content),
    namespace: toStorable(row.namespace),
    tags: toStorable(row.tags),
    title: titleOf(row.headings),
    source: typeof row.source_file === 'string' ? toStorable(row.source_file) || null : null,
    recorded_at: toTime(row.created_at),
    updated_at: toTime(row.updated_at),
    metadata: metadataOf(row.rest),
  }
}

/** Headings stand there with their marks, and inside one another where a share put its own before them. */
function titleOf(headings: unknown): string | null {
  if (!Array.isArray(headings)) return null
  const texts = headings.filter(heading => typeof heading === 'string')
  const path = texts.map(text => text.replace(/(^|: |> )#{1,6} +/g, '$1').trim()).filter(text => text !== '')
  return path.length === 0 ? null : shorten(toStorable(path.join(' > ')), LIMITS.title)
}

function metadataOf({ valid_from_unix, valid_to_unix, ...rest }: Readonly<Record<string, unknown>>) {
  const bounded = Object.entries(rest).map(([key, value]) => [
    key,
    typeof value === 'string' ? shorten(value, CONTEXT_CHARACTERS) : value,
  ])
  return telling(
    {
      ...Object.fromEntries(bounded),
      valid_from: fromUnix(valid_from_unix),
      valid_to: fromUnix(valid_to_unix),
    },
    DEFAULTS,
  )
}

function fromUnix(seconds: unknown): string | null {
  return typeof seconds === 'number' ? toTime(seconds) : null
}
