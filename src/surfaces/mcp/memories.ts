/** Memories as items of an answer. */
import type { z } from 'zod'
import type { Operations } from '../../operations/index.ts'
import type { Item } from './answer.ts'
import type { Envelope } from './envelope.ts'

export type Recalled = z.output<Operations['recall']['output']>['results'][number]
export type MemoryView = Omit<z.output<Operations['get']['output']>, 'revisions'>

/** Where a text comes from, for whoever weighs it. */
function originOf({ document, label }: { document: string | null; label: string | null }): string | null {
  return [document, label].filter(part => part !== null).join(' › ') || null
}

export function recalledItem(found: Recalled, envelope: Envelope): Item {
  const {
    rank,
    id,
    kind,
    trust,
    project,
    author,
    title,
    tags,
    valid_from,
    valid_until,
    near_duplicates,
    why,
  } = found
  const head = {
    rank,
    id,
    kind,
    trust,
    status: found.status === 'active' ? null : found.status,
    project,
    origin: originOf(found),
    author,
    title,
    tags: tags.join(', '),
    recorded: found.recorded_at,
    valid_from,
    valid_until,
    revision: found.revision > 1 ? found.revision : null,
    also: near_duplicates.slice(0, 3).join(', '),
    why,
  }
  return toItem(head, found.content, envelope)
}

export function memoryItem(memory: MemoryView, envelope: Envelope): Item {
  return toItem(headOf(memory), memory.content, envelope)
}

/** All fields that say something to a model; hashes and internals are left to programs. */
export function headOf(memory: MemoryView): Record<string, unknown> {
  const { id, kind, trust, status, project, author, title, tags, topics, codebase, file, slot, confidence } =
    memory
  const { valid_from, valid_until, metadata, superseded_by, session_id, client_id, document_id, position } =
    memory
  return {
    id,
    kind,
    trust,
    status,
    project,
    origin: originOf(memory),
    author,
    title,
    tags: tags.join(', '),
    topics: topics.join(', '),
    codebase,
    file,
    slot,
    confidence,
    recorded: memory.recorded_at,
    updated: memory.updated_at,
    valid_from,
    valid_until,
    revision: memory.revision,
    version: memory.version,
    superseded_by,
    metadata,
    client_id,
    session_id,
    document_id,
    position,
  }
}

function toItem(head: Record<string, unknown>, text: string, envelope: Envelope): Item {
  const whole = envelope.wrap(head, text)
  const reason = `its text of ${text.length} characters is left out here; get shows it`
  return { whole, stub: envelope.stub(head, reason), ...(typeof head.id === 'string' ? { id: head.id } : {}) }
}
