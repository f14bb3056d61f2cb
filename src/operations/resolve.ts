import * as z from 'zod'
import { type Conflict, forPeople, isExpired, whatEnded } from '../model/conflict.ts'
import { HeirloomError } from '../model/errors.ts'
import { nameSome } from '../model/excerpt.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictView, toConflictView } from './conflict-view.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { mustFindForChange } from './subject.ts'
import { letWin } from './winning.ts'

const input = z.object({
  id: fields.id.describe('The id of a conflict.'),
  winner: fields.id.optional().describe('The id of the member that holds; the others give way to it.'),
  keep_both: z.boolean().optional().describe('All of them are true; they stay as they are.'),
  dismiss: z.boolean().optional().describe('It is no contradiction; they stay as they are.'),
  because: fields.note.trim().optional().describe('Why; needed to keep both or to dismiss.'),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = conflictView.extend({
  superseded: z.array(z.string()).describe('Memories that gave way to the winner.'),
  changed: z
    .array(z.object({ id: z.string(), property: z.string() }))
    .describe('Entities whose property took the winner’s value.'),
  receipt: fields.receiptOut,
})

type Input = z.output<typeof input>
type Output = Omit<z.infer<typeof output>, 'receipt'>

type Decision = 'winner' | 'kept_both' | 'dismissed'

export const resolve = defineOperation({
  name: 'resolve',
  summary: 'Settle a contradiction: name the winner, keep both, or dismiss it.',
  example:
    'resolve 0198c0de-0000-7000-8000-000000000000 --winner 0198c0de-0000-7000-8000-000000000001 --because "measured on Monday"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const decision = mustDecide(input)
    const stamp = stampFor(context, 'resolve', input.because || undefined)
    const work = (tx: WriteHandle) => settleOne(tx, input, { decision, at: stamp.at, context })
    return context.store.change(context.principal, stamp, work, {
      signal: context.signal,
      idempotency: claimFor('resolve', input),
    })
  },
})

function mustDecide({ winner, keep_both, dismiss, because = '' }: Input): Decision {
  const decisions: Decision[] = [
    ...(winner === undefined ? [] : (['winner'] as const)),
    ...(keep_both ? (['kept_both'] as const) : []),
    ...(dismiss ? (['dismissed'] as const) : []),
  ]
  const [decision] = decisions
  if (decision === undefined || decisions.length > 1) {
    throw new HeirloomError(
      'INVALID_INPUT',
      'resolve: say exactly one of these: winner (the id of a member), keep_both or dismiss. The members are in: heirloom conflict <id>',
    )
  }
  if (decision === 'winner' || because !== '') return decision
  throw new HeirloomError(
    'INVALID_INPUT',
    `resolve: say why both stay as they are, so that nobody asks again: --because "…"`,
  )
}

interface Settling {
  readonly decision: Decision
  readonly at: string
  readonly context: Context
}

async function settleOne(
  tx: WriteHandle,
  { id, winner, because }: Input,
  { decision, at, context }: Settling,
): Promise<Output> {
  const conflict = await mustBeOpen(tx, id, at)
  await mustBeSettledBy(tx, conflict, { decision, at, context })
  const member = conflict.members.find(({ member_id }) => member_id === winner) ?? null
  if (winner !== undefined && member === null) throw noMember(conflict, winner)
  const next: Conflict = {
    ...conflict,
    version: conflict.version + 1,
    status: decision === 'dismissed' ? 'dismissed' : 'resolved',
    resolution: decision,
    winner_kind: member?.member_kind ?? null,
    winner_id: member?.member_id ?? null,
    note: because || null,
    resolved_at: at,
    resolved_by_kind: context.principal.kind,
    resolved_by_user_id: context.principal.user_id,
    closes_at: null,
  }
  await tx.conflicts.put(conflict, next)
  const outcome =
    member === null ? { superseded: [], changed: [] } : await letWin(tx, { conflict, member, at, context })
  return { ...toConflictView(next, at), ...outcome }
}

/** Open, and kept from other writers together with its members until this transaction ends. */
async function mustBeOpen(tx: WriteHandle, id: string, at: string): Promise<Conflict> {
  const seen = await tx.conflicts.mustGet(id)
  // Records before slots, and in one order, as all writers take them.
  for (const memberId of seen.members.map(({ member_id }) => member_id).sort())
    await lockIfThere(tx, memberId)
  const conflict = await tx.conflicts.mustGetForChange(id)
  const ended = whatEnded(conflict, at)
  if (ended === null) return conflict
  const isByItself = conflict.status === 'open' || conflict.status === 'closed'
  const [entry] = isByItself
    ? []
    : await tx.journal.entries({ subject_kind: 'conflict', subject_id: id, limit: 1 })
  const receipt = entry === undefined ? null : await tx.journal.receiptOf(entry)
  const remedy = receipt === null ? '' : ` To take that back: heirloom undo ${receipt}`
  throw new HeirloomError('CONFLICT', `${ended}${remedy}`)
}

async function lockIfThere(tx: WriteHandle, id: string): Promise<void> {
  try {
    await mustFindForChange(tx, id)
  } catch (error) {
    if (!(error instanceof HeirloomError) || error.code !== 'NOT_FOUND') throw error
  }
}

/** Where what a person said is claimed no more, others may settle what is left of the conflict: by a winner. */
async function mustBeSettledBy(
  tx: WriteHandle,
  conflict: Conflict,
  { decision, at, context }: Settling,
): Promise<void> {
  const { id, members } = conflict
  const stated = members.filter(({ trust }) => trust === 'stated').map(({ member_id }) => member_id)
  if (context.principal.kind === 'person' || stated.length === 0) return
  // Before claims are whole, what is not among them may be claimed all the same.
  if (await tx.conflicts.isFilling()) throw forPeople(id, stated)
  const claims = (await tx.claims.inSlot(conflict)).filter(claim => !isExpired(claim, at))
  const claiming = new Set(claims.map(({ subject_id }) => subject_id))
  const standing = stated.filter(member => claiming.has(member))
  if (standing.length > 0) throw forPeople(id, standing)
  if (decision !== 'winner') throw forGood(id, stated)
}

/** Kept or dismissed, all that stood in a conflict is never contested again, whatever comes back of it. */
function forGood(id: string, stated: readonly string[]): HeirloomError {
  return new HeirloomError(
    'ACCESS_DENIED',
    `A person said ${nameSome(stated, ' and ')} there before, and would not be asked again if that came back. Name a winner among the others: heirloom resolve ${id} --winner <id>, or ask the user to keep or dismiss all.`,
  )
}

function noMember({ id, members }: Conflict, winner: string): HeirloomError {
  const named = nameSome(members.map(({ member_id, value }) => `${member_id} (${value})`))
  return new HeirloomError(
    'INVALID_INPUT',
    `resolve: ${winner} is no member of conflict ${id}. Its members: ${named}. See them side by side: heirloom conflict ${id}`,
  )
}
