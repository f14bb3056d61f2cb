/** Entities: things with a name, such as components, decisions and people, that memories tell of. */
import { excerptOf } from './excerpt.ts'
import type { Status } from './lifecycle.ts'
import type { Trust, UserId, Visibility } from './memory.ts'

export type EntityId = string & { readonly brand: 'entity' }

/** Types that the ready-made queries know. The set is open. */
export const ENTITY_TYPES = [
  'system',
  'component',
  'service',
  'interface',
  'requirement',
  'decision',
  'assumption',
  'claim',
  'evidence',
  'person',
  'team',
  'document',
  'session',
  'event',
] as const

/** In UTF-8 bytes where the name says so, otherwise in UTF-16 units or items. */
export const ENTITY_LIMITS = {
  name: 200,
  aliases: 32,
  descriptionBytes: 16 * 1024,
  propertiesBytes: 8 * 1024,
} as const

/** An entity as it stands in the store. Times are ISO 8601, UTC, milliseconds. */
export interface Entity {
  readonly id: EntityId
  readonly type: string
  readonly name: string
  readonly aliases: readonly string[]
  readonly description: string | null
  readonly properties: Readonly<Record<string, unknown>>
  readonly project: string | null
  readonly status: Status
  readonly earlier_statuses: readonly Status[]
  readonly trust: Trust
  readonly confidence: number | null
  readonly valid_from: string | null
  readonly valid_until: string | null
  readonly recorded_at: string
  readonly updated_at: string
  /** Counts what it says, from 1. */
  readonly revision: number
  /** Counts every change, from 1. */
  readonly version: number
  readonly owner_user_id: UserId
  readonly visibility: Visibility
  readonly shared_with_groups: readonly string[]
  readonly superseded_by: EntityId | null
}

/** A property as a claim about the entity, in text; null where it holds a list or an object, or nothing. */
export function claimOf(property: unknown): string | null {
  if (typeof property === 'string') return property.trim() === '' ? null : property
  return typeof property === 'number' || typeof property === 'boolean' ? String(property) : null
}

/** By what recall finds an entity, besides its name. */
export function textOf({ description, aliases }: Pick<Entity, 'description' | 'aliases'>): string {
  return [description, aliases.length === 0 ? null : `Also: ${aliases.join(', ')}`]
    .filter(part => part !== null)
    .join('\n')
}

/** Properties that stand in an entity's text, and characters of each; the rest is for whoever asks for the entity. */
const SHOWN = { properties: 12, characters: 120 }

/** What an entity says where it is recalled: also its properties, as far as each is one short value. */
export function saidOf(entity: Pick<Entity, 'description' | 'aliases' | 'properties'>): string {
  const all = Object.entries(entity.properties)
  const lines = all
    .flatMap(([name, property]) => {
      const value = claimOf(property)
      return value === null
        ? []
        : [`${excerptOf(name, SHOWN.characters)}: ${excerptOf(value, SHOWN.characters)}`]
    })
    .slice(0, SHOWN.properties)
  const more = all.length - lines.length
  const rest = lines.length > 0 && more > 0 ? [`and ${more} more`] : []
  return [textOf(entity), [...lines, ...rest].join('; ')].filter(part => part !== '').join('\n')
}
