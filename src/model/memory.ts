/**
 * What a memory is: its fields, the words they may take, and their limits. Field names are those of the tables and
 * of every surface, so that nothing is renamed on its way from a database to an agent.
 */
import type { Status } from './lifecycle.ts'

export type TenantId = string & { readonly brand: 'tenant' }
export type UserId = string & { readonly brand: 'user' }
export type MemoryId = string & { readonly brand: 'memory' }
export type DocumentId = string & { readonly brand: 'document' }

/** The tenant `default` and its user `local`, which every fresh store has. */
export const BOOTSTRAP_ID = '00000000-0000-0000-0000-000000000001'

/** From what a person said down to what must be reviewed before anyone relies on it. */
export const TRUSTS = ['stated', 'observed', 'inferred', 'untrusted'] as const
export type Trust = (typeof TRUSTS)[number]

export const VISIBILITIES = ['private', 'group', 'public'] as const
export type Visibility = (typeof VISIBILITIES)[number]

export const KIND_PATTERN = /^[a-z][a-z0-9_-]{0,31}$/

/** Sizes in UTF-8 bytes where the name says so, otherwise in UTF-16 units or items. */
export const LIMITS = {
  contentBytes: 64 * 1024,
  metadataBytes: 8 * 1024,
  requestBytes: 1024 * 1024,
  tags: 32,
  tag: 64,
  topics: 32,
  topic: 128,
  name: 200,
  title: 500,
  path: 1024,
  note: 2000,
  idempotencyKey: 200,
  slotPart: 500,
  results: 100,
} as const

/** What a memory claims: one value for one attribute of one subject. */
export interface Slot {
  readonly subject: string
  readonly attribute: string
  readonly value: string
}

/** A memory as it stands in the store. Times are ISO 8601, UTC, milliseconds. */
export interface Memory {
  readonly id: MemoryId
  readonly kind: string
  readonly content: string
  readonly content_hash: string
  readonly title: string | null
  readonly tags: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly project: string | null
  readonly codebase: string | null
  readonly file: string | null
  readonly topics: readonly string[]
  readonly client_id: string | null
  readonly session_id: string | null
  readonly author: string | null
  readonly status: Status
  /** The states before this one, oldest first, so that each restore takes back one step. */
  readonly earlier_statuses: readonly Status[]
  readonly trust: Trust
  readonly confidence: number | null
  readonly slot: Slot | null
  /** The sentence form that the slot was read by; null where somebody gave it. */
  readonly slot_pattern: string | null
  readonly valid_from: string | null
  readonly valid_until: string | null
  readonly recorded_at: string
  /** When the present version began. Use does not move it. */
  readonly updated_at: string
  /** Counts bodies, from 1. */
  readonly revision: number
  /** Counts every change of state, from 1. */
  readonly version: number
  readonly owner_user_id: UserId
  readonly visibility: Visibility
  readonly shared_with_groups: readonly string[]
  readonly partition: string
  readonly scheme_version: number
  readonly document_id: DocumentId | null
  readonly position: number | null
  readonly label: string | null
  /** Of a passage: its content hash in the source when that was last read. It differs where a person revised it. */
  readonly source_hash: string | null
  readonly origin_id: string | null
  /** The tags that it had there, as they stood, where it was imported. */
  readonly origin_tags: string | null
  readonly reference_count: number
  readonly last_referenced_at: string | null
  readonly superseded_by: MemoryId | null
}

/** What a writer says of a new memory; the rest follows from the channel, the clock and the scheme. */
export type MemoryDraft = Pick<
  Memory,
  | 'content'
  | 'kind'
  | 'title'
  | 'tags'
  | 'metadata'
  | 'project'
  | 'codebase'
  | 'file'
  | 'topics'
  | 'client_id'
  | 'session_id'
  | 'author'
  | 'trust'
  | 'confidence'
  | 'slot'
  | 'slot_pattern'
  | 'valid_from'
  | 'valid_until'
  | 'document_id'
  | 'position'
  | 'label'
>

/** Whether a memory holds at the given time. `valid_from` is inside the interval, `valid_until` outside. */
export function isValidAt(memory: Pick<Memory, 'valid_from' | 'valid_until'>, at: string): boolean {
  return (
    (memory.valid_from === null || memory.valid_from <= at) &&
    (memory.valid_until === null || memory.valid_until > at)
  )
}

/** Whether default recall may answer with it: active, and not waiting in quarantine. */
export function isLive(memory: Pick<Memory, 'status' | 'trust'>): boolean {
  return memory.status === 'active' && memory.trust !== 'untrusted'
}
