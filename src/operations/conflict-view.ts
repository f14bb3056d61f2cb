/** A conflict as every surface shows it. */
import * as z from 'zod'
import { asOfNow, CONFLICT_STATUSES, type Conflict, type Member } from '../model/conflict.ts'
import { quotedIfNeeded } from '../model/excerpt.ts'
import { TRUSTS } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'

const slot = z.object({ subject: z.string(), attribute: z.string() })

export const memberView = z.object({
  kind: z.enum(['memory', 'entity']),
  id: z.string(),
  value: z.string(),
  trust: z.enum(TRUSTS),
  joined_at: z.string(),
})

type MemberView = z.infer<typeof memberView>

export const conflictView = z.object({
  id: z.string(),
  slot,
  project: z.string().nullable(),
  status: z.enum(CONFLICT_STATUSES),
  resolution: z.string().nullable(),
  winner: z.string().nullable(),
  note: z.string().nullable(),
  detected_at: z.string(),
  resolved_at: z.string().nullable(),
  resolved_by: z.string().nullable(),
  members: z.array(memberView).describe('The first of them, where there are many.'),
  members_total: z.int().describe('How many members it has.'),
})

export type ConflictView = z.infer<typeof conflictView>

/** Members of one conflict that an answer shows. */
const SHOWN = 10

/** `now` decides whether members have expired meanwhile. */
export function toConflictView(stored: Conflict, now: string): ConflictView {
  const conflict = asOfNow(stored, now)
  const { id, subject, attribute, project, status, resolution, note, detected_at, resolved_at } = conflict
  return {
    id,
    slot: { subject, attribute },
    project,
    status,
    resolution,
    winner: conflict.winner_id,
    note,
    detected_at,
    resolved_at,
    resolved_by: conflict.resolved_by_kind,
    members: conflict.members.slice(0, SHOWN).map(toMemberView),
    members_total: conflict.members.length,
  }
}

function toMemberView({ member_kind, member_id, value, trust, joined_at }: Member): MemberView {
  return { kind: member_kind, id: member_id, value, trust, joined_at }
}

/** The conflict that a write opened or joined, as its answer tells it. */
export const openedConflict = conflictView
  .pick({ id: true, slot: true, members: true, members_total: true })
  .nullable()

export type OpenedConflict = z.infer<typeof openedConflict>

/**
 * Looks for the conflicts that follow from what was written so far. Gives the one that the record is in, or else one
 * that came about between others, as where a name comes to mean something else; the notices tell of all.
 */
export async function conflictOpenedBy(
  tx: WriteHandle,
  id: string,
): Promise<{ conflict: OpenedConflict; notices: string[] }> {
  const found = await tx.conflicts.settle()
  const ownId = (await tx.conflicts.contested([id])).get(id)
  const others = found.filter(other => other.id !== ownId)
  const own = ownId === undefined ? null : await tx.conflicts.mustGet(ownId)
  const shown = own ?? others[0]
  if (shown === undefined) return { conflict: null, notices: [] }
  const conflict = openedView(shown, id)
  const told = own === null ? [] : [`It contradicts what is known of ${saidOf(own)}. ${waysOut(own)}`]
  const notices = [...told, ...contradictionNotices(others)]
  const { length } = conflict.members
  if (length < conflict.members_total) notices[0] += `; shown are ${length} of its ${conflict.members_total}`
  return { conflict, notices }
}

/** The record that was written stands among the members that are shown, if it is one. */
function openedView(stored: Conflict, id: string): NonNullable<OpenedConflict> {
  const { slot, members: first, members_total } = toConflictView(stored, stored.detected_at)
  const own = stored.members.find(({ member_id }) => member_id === id)
  const isShown = own === undefined || first.some(member => member.id === id)
  const members = isShown ? first : [...first.slice(0, SHOWN - 1), toMemberView(own)]
  return { id: stored.id, slot, members, members_total }
}

/** Conflicts of others that notices name. */
const TOLD = 3

/** What came about between others than the record that was written. */
export function contradictionNotices(found: readonly Conflict[]): string[] {
  const left = found.length - TOLD
  return [
    ...found
      .slice(0, TOLD)
      .map(one => `What is known of ${saidOf(one)} is contradictory now. ${waysOut(one)}`),
    ...(left > 0 ? [`Contradictory now besides: ${left} more. See: heirloom conflicts`] : []),
  ]
}

function waysOut({ id }: Conflict): string {
  return `To settle it: heirloom resolve ${id} --winner <id>, of those in: heirloom conflict ${id}`
}

/** Values are stored text, for which a notice is no place. */
function saidOf({ subject, attribute }: Conflict): string {
  return quotedIfNeeded(`${subject}.${attribute}`)
}
