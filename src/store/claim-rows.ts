/** What memories and entities claim, as rows of the table of claims. Pure. */
import type { Claim, MemberKind, SlotPlace } from '../model/conflict.ts'
import { claimOf, type Entity } from '../model/entity.ts'
import { isLive, type Memory, type Slot, type Trust, type UserId } from '../model/memory.ts'
import { slotKey, valueKey } from '../model/slot.ts'
import type { ClaimTable } from './knowledge-tables.ts'

/** A claim, but for the slot that its subject leads to. */
export type SaidClaim = Omit<ClaimTable, 'tenant_id' | 'slot_subject'>

/** What a memory with a slot claims. */
export function memoryClaim(memory: Memory & { readonly slot: Slot }): SaidClaim {
  const { id, slot, trust, project, owner_user_id, valid_from, valid_until, recorded_at } = memory
  return {
    subject_kind: 'memory',
    subject_id: id,
    attribute_key: slotKey(slot.attribute),
    owner_user_id,
    project: project ?? '',
    said_key: slotKey(slot.subject),
    said_subject: slot.subject,
    attribute: slot.attribute,
    value: slot.value,
    value_key: valueKey(slot.value, slot.attribute),
    trust,
    valid_from,
    valid_until,
    recorded_at,
  }
}

/** Whether a memory claims anything that counts. */
export function isClaiming(memory: Memory | null): memory is Memory & { readonly slot: Slot } {
  return memory !== null && memory.slot !== null && isLive(memory)
}

/**
 * The entity that a subject means among the active ones of its name: the only one of the project, else the only one of
 * none. Else its own normal form.
 */
export function subjectMeant(
  named: readonly { readonly id: string; readonly project: string | null }[],
  { said_key, project }: Pick<ClaimTable, 'said_key' | 'project'>,
): string {
  const own = named.filter(entity => entity.project === project)
  const shared = named.filter(entity => entity.project === null)
  const meant = new Set((own.length > 0 ? own : shared).map(({ id }) => id))
  const [only] = meant
  return meant.size === 1 && only !== undefined ? only : said_key
}

/** What of a memory makes its claim, as one text; empty where it claims nothing that counts. */
export function claimedBy(memory: Memory | null): string {
  if (!isClaiming(memory)) return ''
  const { id, slot, project, owner_user_id, trust, valid_from, valid_until } = memory
  return JSON.stringify([id, slot, project, owner_user_id, trust, valid_from, valid_until])
}

/** What the properties of an active entity claim. */
export function propertyClaims(entity: Entity | null): Omit<ClaimTable, 'tenant_id'>[] {
  if (entity === null || !isLive(entity)) return []
  const { id, name, project, owner_user_id, trust, valid_from, valid_until, recorded_at } = entity
  const claims = new Map<string, Omit<ClaimTable, 'tenant_id'>>()
  for (const [attribute, property] of Object.entries(entity.properties)) {
    const value = claimOf(property)
    if (value === null) continue
    // Two spellings of one attribute are one claim: the later one's.
    claims.set(slotKey(attribute), {
      subject_kind: 'entity',
      subject_id: id,
      attribute_key: slotKey(attribute),
      owner_user_id,
      project: project ?? '',
      said_key: '',
      slot_subject: id,
      said_subject: name,
      attribute,
      value,
      value_key: valueKey(value, attribute),
      trust,
      valid_from,
      valid_until,
      recorded_at,
    })
  }
  return [...claims.values()]
}

export function placeOf(
  row: Pick<ClaimTable, 'owner_user_id' | 'project' | 'slot_subject' | 'attribute_key'>,
): SlotPlace {
  const { owner_user_id, project, slot_subject, attribute_key } = row
  return {
    owner_user_id: owner_user_id as UserId,
    project: project === '' ? null : project,
    slot_subject,
    attribute_key,
  }
}

export function toClaim(row: ClaimTable): Claim {
  const { value, value_key, valid_from, valid_until, recorded_at, said_subject, attribute } = row
  return {
    subject_kind: row.subject_kind as MemberKind,
    subject_id: row.subject_id,
    trust: row.trust as Trust,
    value,
    value_key,
    valid_from,
    valid_until,
    recorded_at,
    said_subject,
    attribute,
  }
}

/** The order in which claims were recorded. */
export function byRecording(a: Claim, b: Claim): number {
  return a.recorded_at === b.recorded_at
    ? a.subject_id < b.subject_id
      ? -1
      : 1
    : a.recorded_at < b.recorded_at
      ? -1
      : 1
}
