/** From a row of another tool's store to the memory that it becomes. Pure. */
import type { ForeignMemory } from '../ingest/importers/foreign-store.ts'
import { LIMITS, type Memory, type MemoryDraft } from '../model/memory.ts'
import type { ProjectSettings } from '../store/projects.ts'
import { newMemory, orderProblem } from './drafting.ts'
import { withSlot } from './entering.ts'
import { tagOf } from './fields.ts'
import type { Context } from './operation.ts'

export interface Importing {
  readonly project: string | null
  readonly settings: ProjectSettings
  readonly third_party: boolean
  /** Whether it waits until a person has reviewed it. */
  readonly isCandidate: boolean
  readonly tool: string
  readonly context: Context
  readonly at: string
}

/** It keeps its id there, its raw tags and its time: that is when it was learned, though not here. */
export function toImported(
  row: ForeignMemory,
  { project, settings, third_party, isCandidate, tool, context, at }: Importing,
): Memory {
  const { valid_from, valid_to, ...metadata } = row.metadata
  const validity = validityOf(valid_from, valid_to)
  const draft: MemoryDraft = {
    content: row.content,
    kind: 'note',
    title: row.title,
    tags: tagsOf(row.tags),
    metadata: Object.keys(metadata).length === 0 ? {} : { [tool]: metadata },
    project,
    codebase: null,
    file: row.source !== null && row.source.length <= LIMITS.path ? row.source : null,
    topics: [],
    client_id: context.client,
    session_id: context.session,
    author: null,
    trust: third_party ? 'untrusted' : 'observed',
    confidence: null,
    slot: null,
    slot_pattern: null,
    ...validity,
    document_id: null,
    position: null,
    label: null,
  }
  const memory = newMemory(withSlot(draft, settings), context, at, { isCandidate })
  const recorded = row.recorded_at !== null && row.recorded_at < at ? row.recorded_at : at
  return {
    ...memory,
    recorded_at: recorded,
    updated_at: recorded,
    origin_id: row.id,
    origin_tags: row.tags,
  }
}

/** Those that can be tags here; the others stay among the raw ones. */
function tagsOf(json: string): string[] {
  const tags = parsed(json)
  if (!Array.isArray(tags)) return []
  const known = tags.flatMap(tag => (typeof tag === 'string' ? (tagOf(tag) ?? []) : []))
  return [...new Set(known)].slice(0, LIMITS.tags)
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return null
  }
}

function validityOf(from: unknown, until: unknown) {
  const valid_from = typeof from === 'string' ? from : null
  const valid_until = typeof until === 'string' ? until : null
  return orderProblem(valid_from, valid_until) === null
    ? { valid_from, valid_until }
    : { valid_from: null, valid_until: null }
}
