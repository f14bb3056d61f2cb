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

/** Looks for the conflicts that follow from what was written so far, and gives the one that the record is in. */
export async function conflictOpenedBy(
  tx: WriteHandle,
  id: string,
): Promise<{ conflict: OpenedConflict; notices: string[] }> {
  await tx.conflicts.settle()
  const conflictId = (await tx.conflicts.contested([id])).get(id)
  if (conflictId === undefined) return { conflict: null, notices: [] }
  const stored = await tx.conflicts.mustGet(conflictId)
  const { slot, members: first, members_total } = toConflictView(stored, stored.detected_at)
  // The record that was written stands among them in any case.
  const own = stored.members.find(({ member_id }) => member_id === id)
  const isShown = own === undefined || first.some(member => member.id === id)
  const members = isShown ? first : [...first.slice(0, SHOWN - 1), toMemberView(own)]
  // Values are stored text, for which a notice is no place.
  const said = quotedIfNeeded(`${slot.subject}.${slot.attribute}`)
  const cut = members.length < members_total ? `; shown are ${members.length} of its ${members_total}` : ''
  return {
    conflict: { id: conflictId, slot, members, members_total },
    notices: [
      `It contradicts what is known of ${said}. To settle it: heirloom resolve ${conflictId} --winner <id>, of those in: heirloom conflict ${conflictId}${cut}`,
    ],
  }
}
