/** Memories as items of an answer. */
import type { z } from 'zod'
import type { Envelope } from '../../operations/envelope.ts'
import type { Operations } from '../../operations/index.ts'
import type { Item } from './answer.ts'

export type Recalled = z.output<Operations['recall']['output']>['results'][number]
type Got = z.output<Operations['get']['output']>

/** What `get` tells beyond the memory itself is not told of each version, or of each memory in a list. */
type Beside =
  | 'origin'
  | 'contested'
  | 'mentions'
  | 'graduated_to_entity_id'
  | 'pinned'
  | 'strength'
  | 'notices'
export type MemoryView = Omit<Got, 'revisions' | Beside> & Partial<Pick<Got, Beside & keyof Got>>

/** Where a text comes from, for whoever weighs it. */
function originOf({
  document,
  label,
  origin = null,
}: {
  readonly document: string | null
  readonly label: string | null
  readonly origin?: string | null | undefined
}): string | null {
  const place = [document, label].filter(part => part !== null).join(' › ')
  return [place, origin ?? ''].filter(part => part !== '').join('; ') || null
}

export function recalledItem(found: Recalled, envelope: Envelope): Item {
  const { rank, id, kind, trust, project, author, title, tags, near_duplicates, why } = found
  const head = {
    rank,
    id,
    kind,
    trust,
    status: found.status === 'active' ? null : found.status,
    project,
    contested: found.contested,
    origin: originOf(found),
    author,
    title,
    tags: tags.join(', '),
    recorded: found.recorded_at,
    valid_from: found.valid_from,
    valid_until: found.valid_until,
    revision: found.revision > 1 ? found.revision : null,
    also: near_duplicates.slice(0, 3).join(', '),
    why: why === undefined ? null : { ...why, factors: rounded(why.factors) },
  }
  return toItem(head, found.content, envelope)
}

export function memoryItem(memory: MemoryView, envelope: Envelope): Item {
  return toItem(headOf(memory), memory.content, envelope)
}

/** Left to programs: hashes, owners and what else says nothing to a model. */
export function headOf(memory: MemoryView): Record<string, unknown> {
  const { document: _document, label: _label, content: _content, content_hash: _hash, ...shown } = memory
  const { owner_user_id: _owner, visibility: _visibility, shared_with_groups: _groups, ...own } = shown
  const { partition: _partition, scheme_version: _scheme, reference_count: _count, ...rest } = own
  const { recorded_at, updated_at, last_referenced_at: _last, tags, topics, ...fields } = rest
  return {
    ...fields,
    origin: originOf(memory),
    tags: tags.join(', '),
    topics: topics.join(', '),
    recorded: recorded_at,
    updated: updated_at,
  }
}

/** Characters of a text that is left out, so that a model can choose what to get. */
const SHOWN_OF_LONG = 150

function toItem(head: Record<string, unknown>, text: string, envelope: Envelope): Item {
  const whole = envelope.wrap(head, text)
  const reason = `its text of ${text.length} characters is left out here; get shows it`
  const begins = text.length <= SHOWN_OF_LONG ? text : `${text.slice(0, SHOWN_OF_LONG).toWellFormed()}…`
  return {
    whole,
    brief: envelope.brief({ ...head, begins }, reason),
    ...(typeof head.id === 'string' ? { id: head.id } : {}),
  }
}

function rounded(factors: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(factors).map(([name, factor]) => [name, Number(factor.toFixed(3))]),
  )
}
