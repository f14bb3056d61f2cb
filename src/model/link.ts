/** Links: where a memory came from. A link reads as the sentence "target TYPE source". */
import { HeirloomError } from './errors.ts'
import { STATUSES, type Status } from './lifecycle.ts'
import type { MemoryId } from './memory.ts'

/** How many sources a target may have by links of one type. */
type Cardinality = 'one' | 'many'

/** Every type with its cardinality. A further type is a further line. */
const CARDINALITIES = {
  shared_from: 'one',
  superseded_by: 'one',
  consolidated_from: 'many',
  reflected_from: 'many',
  summarizes: 'many',
  derived_from: 'many',
} as const satisfies Record<string, Cardinality>

export type LinkType = keyof typeof CARDINALITIES

export const LINK_TYPES = Object.keys(CARDINALITIES) as [LinkType, ...LinkType[]]

/** Whether a target has one source at the most by links of this type. */
export function takesOneSource(type: LinkType): boolean {
  return CARDINALITIES[type] === 'one'
}

export function isLinkType(type: string): type is LinkType {
  return Object.hasOwn(CARDINALITIES, type)
}

/** @throws INVALID_INPUT listing the valid ones. */
export function mustBeLinkType(type: string): LinkType {
  if (isLinkType(type)) return type
  throw new HeirloomError(
    'INVALID_INPUT',
    `There is no type of link "${type}". The types are ${LINK_TYPES.join(', ')}.`,
  )
}

/** What a source was when it was last seen, kept for when it is gone. */
export interface SourceCopy {
  readonly source_hash: string | null
  /** The source's own name for itself: a passage's label, else its title. */
  readonly source_label: string | null
  readonly source_owner: string | null
}

export interface Link extends SourceCopy {
  readonly target_id: MemoryId
  readonly type: LinkType
  /** The source's id as text, whether the source is here or not. */
  readonly source_ref: string
  /** The source, while it is in this store. */
  readonly source_id: MemoryId | null
  /** When the source was deleted, or found to be missing. */
  readonly source_deleted_at: string | null
  readonly target_partition: string
  readonly created_at: string
}

/**
 * The state of a memory as lineage shows it. Besides its own states: `live` is active; `erased` was deleted or never
 * found; `elsewhere` is in another store; `hidden` is not for the caller to see.
 */
export const NODE_STATES = [
  'live',
  ...STATUSES.filter(status => status !== 'active'),
  'erased',
  'elsewhere',
  'hidden',
] as const
export type NodeState = Exclude<Status, 'active'> | 'live' | 'erased' | 'elsewhere' | 'hidden'

/** Of a memory that is there. */
export function stateOf(status: Status): NodeState {
  return status === 'active' ? 'live' : status
}

/** Of a source that is not there, by what its link says of it. */
export function stateOfMissing(link: Pick<Link, 'source_deleted_at'>): NodeState {
  return link.source_deleted_at === null ? 'elsewhere' : 'erased'
}
