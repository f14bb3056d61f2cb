/** From what a writer says to the memory that is stored, and from one version to the next. */
import type * as z from 'zod'
import { trustOfChannel } from '../model/access.ts'
import { contentHash } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory, MemoryDraft, MemoryId } from '../model/memory.ts'
import { partitionOf, SCHEME_VERSION } from '../model/scheme.ts'
import type { described } from './fields.ts'
import type { Context } from './operation.ts'

/** What is wrong where a memory would stop being valid before it begins to be, or null. */
export function orderProblem(from: string | null, until: string | null): string | null {
  if (from === null || until === null || from < until) return null
  return `valid_until (${until}) must be later than valid_from (${from}). Correct one of them.`
}

/** @throws INVALID_INPUT as `orderProblem` says. */
export function mustBeOrdered(from: string | null, until: string | null): void {
  const problem = orderProblem(from, until)
  if (problem !== null) throw new HeirloomError('INVALID_INPUT', problem)
}

type Said = { readonly content: string } & z.output<z.ZodObject<typeof described>>

interface Drafting {
  readonly project: string | null
  /** Whether it is somebody else's text. */
  readonly isUntrusted: boolean
  readonly context: Context
}

/** A memory that stands in no document, by what is said of it. */
export function draftOf(said: Said, { project, isUntrusted, context }: Drafting): MemoryDraft {
  return {
    content: said.content,
    kind: said.kind ?? 'note',
    title: said.title ?? null,
    tags: said.tags ?? [],
    metadata: said.metadata ?? {},
    project,
    codebase: said.codebase ?? null,
    file: said.file ?? null,
    topics: said.topics ?? [],
    client_id: context.client,
    session_id: context.session,
    author: said.author ?? null,
    trust: isUntrusted ? 'untrusted' : trustOfChannel(context.principal.kind),
    confidence: said.confidence ?? null,
    slot: said.slot ?? null,
    slot_pattern: null,
    valid_from: said.valid_from ?? null,
    valid_until: said.valid_until ?? null,
    document_id: null,
    position: null,
    label: null,
  }
}

/** The first version of a memory. What is somebody else's text is only a candidate. */
export function newMemory(
  draft: MemoryDraft,
  context: Context,
  at: string,
  { isCandidate = false }: { readonly isCandidate?: boolean } = {},
): Memory {
  const content_hash = contentHash(draft.content)
  return {
    ...draft,
    id: context.newId() as MemoryId,
    content_hash,
    source_hash: draft.document_id === null ? null : content_hash,
    status: isCandidate || draft.trust === 'untrusted' ? 'candidate' : 'active',
    earlier_statuses: [],
    recorded_at: at,
    updated_at: at,
    revision: 1,
    version: 1,
    owner_user_id: context.principal.user_id,
    visibility: 'private',
    shared_with_groups: [],
    partition: partitionOf(draft),
    scheme_version: SCHEME_VERSION,
    origin_id: null,
    origin_tags: null,
    reference_count: 0,
    last_referenced_at: null,
    superseded_by: null,
  }
}

/** The next version of a memory; what follows from other fields follows again. */
export function nextVersion(memory: Memory, change: Partial<Memory>, at: string): Memory {
  const next = {
    ...memory,
    ...change,
    version: memory.version + 1,
    updated_at: laterThan(memory.updated_at, at),
  }
  return { ...next, content_hash: contentHash(next.content), partition: partitionOf(next) }
}

/** The next version of an entity or a relationship. */
export function nextRecord<T extends { readonly version: number; readonly updated_at: string }>(
  record: T,
  change: Partial<T>,
  at: string,
): T {
  return {
    ...record,
    ...change,
    version: record.version + 1,
    updated_at: laterThan(record.updated_at, at),
  }
}

/** Versions follow each other in time even where the clock does not: two changes may share a millisecond. */
function laterThan(before: string, at: string): string {
  return at > before ? at : new Date(Date.parse(before) + 1).toISOString()
}
