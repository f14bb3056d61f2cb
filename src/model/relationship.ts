/** Relationships: typed edges between entities. An edge reads as the sentence "source TYPE target". */
import { HeirloomError } from './errors.ts'
import type { Status } from './lifecycle.ts'
import type { MemoryId, Trust, UserId, Visibility } from './memory.ts'
import { nearProjects } from './project.ts'

export const FAMILIES = ['structural', 'intent', 'validation', 'provenance'] as const
export type RelationshipFamily = (typeof FAMILIES)[number]

/** Every type with its family. A further type is a further line. */
export const RELATIONSHIP_TYPES = {
  contains: 'structural',
  part_of: 'structural',
  interfaces_with: 'structural',
  satisfies: 'intent',
  constrained_by: 'intent',
  affected_by_decision: 'intent',
  based_on_assumption: 'intent',
  supersedes: 'intent',
  analyzed_by: 'validation',
  validated_by: 'validation',
  supports: 'validation',
  conflicts_with: 'validation',
  depends_on: 'validation',
  described_by: 'provenance',
  updated_by_session: 'provenance',
  evidenced_by: 'provenance',
  summarized_in: 'provenance',
} as const satisfies Record<string, RelationshipFamily>

export type RelationshipType = keyof typeof RELATIONSHIP_TYPES
export type RelationshipId = string & { readonly brand: 'relationship' }

/** What an edge may end at. */
export const END_KINDS = ['entity', 'memory', 'document', 'session'] as const
export type EndKind = (typeof END_KINDS)[number]

export type Side = 'source' | 'target'

/** A relationship as it stands in the store. Times are ISO 8601, UTC, milliseconds. */
export interface Relationship {
  readonly id: RelationshipId
  readonly type: RelationshipType
  readonly source_kind: EndKind
  readonly source_id: string
  readonly target_kind: EndKind
  readonly target_id: string
  /** 0 to 1. */
  readonly confidence: number | null
  /** The memory that says so. */
  readonly evidence_id: MemoryId | null
  readonly project: string | null
  readonly status: Status
  /** The states before this one, oldest first, so that each restore takes back one step. */
  readonly earlier_statuses: readonly Status[]
  readonly trust: Trust
  readonly valid_from: string | null
  readonly valid_until: string | null
  readonly recorded_at: string
  readonly updated_at: string
  /** Counts every change of state, from 1. */
  readonly version: number
  readonly owner_user_id: UserId
  readonly visibility: Visibility
  readonly shared_with_groups: readonly string[]
}

/** What a relationship says, without its circumstances. An end has at least its id. */
export interface Statement<End extends { readonly id: string }> {
  readonly type: RelationshipType
  readonly source: End
  readonly target: End
}

const TYPES = Object.keys(RELATIONSHIP_TYPES) as RelationshipType[]

const SYMMETRIC: ReadonlySet<RelationshipType> = new Set(['interfaces_with', 'conflicts_with'])

const INVERSES: Partial<Record<RelationshipType, RelationshipType>> = {
  contains: 'part_of',
  part_of: 'contains',
}

const ENDS: Record<RelationshipFamily, readonly EndKind[]> = {
  structural: ['entity'],
  intent: ['entity'],
  validation: ['entity'],
  provenance: END_KINDS,
}

export function familyOf(type: RelationshipType): RelationshipFamily {
  return RELATIONSHIP_TYPES[type]
}

/** @throws INVALID_INPUT listing the valid ones by family, and first the one that may have been meant. */
export function mustBeRelationshipType(type: string): RelationshipType {
  if (Object.hasOwn(RELATIONSHIP_TYPES, type)) return type as RelationshipType
  const meant = nearestType(type)
  const suggestion = meant === undefined ? '' : ` Did you mean ${meant}?`
  const families = FAMILIES.map(
    family => `${family}: ${TYPES.filter(known => familyOf(known) === family).join(', ')}`,
  )
  throw new HeirloomError(
    'INVALID_INPUT',
    `There is no type of relationship "${type}".${suggestion} The types are ${families.join('; ')}.`,
  )
}

/** The types are so unlike each other that a slip of two letters can be of one alone. */
function nearestType(type: string): RelationshipType | undefined {
  const words = type.trim().replace(/(?<=[a-z])(?=[A-Z])/g, '-')
  const name = words.toLowerCase().replace(/[\s_-]+/g, '-')
  // Twice the longest type. The distance takes time for each letter of what was given.
  if (name.length > 40) return undefined
  return TYPES.find(known => {
    const other = known.replaceAll('_', '-')
    return other === name || nearProjects(name, [other]).length > 0
  })
}

/** Whether "A TYPE B" and "B TYPE A" are the same fact. */
export function isSymmetric(type: RelationshipType): boolean {
  return SYMMETRIC.has(type)
}

/** The type by which the same fact is told from its other end; null where no other one tells it. */
export function inverseOf(type: RelationshipType): RelationshipType | null {
  return INVERSES[type] ?? null
}

/** Whether source and target may be one: a component's loopback. */
export function mayReferToItself(type: RelationshipType): boolean {
  return type === 'interfaces_with'
}

/** What either end may be. */
export function endsAllowed(type: RelationshipType): readonly EndKind[] {
  return ENDS[familyOf(type)]
}

/** @throws INVALID_INPUT naming the type, the kind and what may stand there. */
export function mustBeEnd(type: RelationshipType, side: Side, kind: string): EndKind {
  const allowed = endsAllowed(type)
  const found = allowed.find(one => one === kind)
  if (found !== undefined) return found
  throw new HeirloomError(
    'INVALID_INPUT',
    `The ${side} of ${type} cannot be of the kind "${kind}". Allowed there: ${allowed.join(', ')}.`,
  )
}

/**
 * The one statement that stands for all that say the same, so that no fact is stored twice: `contains` for `part_of`,
 * and symmetric types with the lower id as source. Ids are compared as text, by UTF-16 units.
 */
export function normalised<End extends { readonly id: string }>({
  type,
  source,
  target,
}: Statement<End>): Statement<End> {
  if (type === 'part_of') return { type: 'contains', source: target, target: source }
  if (isSymmetric(type) && target.id < source.id) return { type, source: target, target: source }
  return { type, source, target }
}
