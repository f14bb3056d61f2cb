/** The shared flow of every operation that moves a record from one state to another. */
import * as z from 'zod'
import type { Entity, EntityId } from '../model/entity.ts'
import { mustMove, type Status, type Transition } from '../model/lifecycle.ts'
import type { Memory, MemoryId } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import { mustNotOverrule } from './decided.ts'
import { nextRecord, nextVersion } from './drafting.ts'
import { mustBeOpen } from './entering.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, stampFor } from './operation.ts'
import { type Found, mustFindForChange } from './subject.ts'
import { mustHaveNoTwin } from './twins.ts'

export const transitionInput = z.object({
  id: fields.id.describe('The id of a memory, an entity or a relationship.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

export const transitionOutput = z.object({
  id: z.string(),
  subject: z.enum(['memory', 'entity', 'relationship']),
  status: z.string(),
  was: z.string(),
  updated_at: z.string(),
  conflict: openedConflict,
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

export type Moved = Omit<z.infer<typeof transitionOutput>, 'conflict' | 'notices' | 'receipt'>

interface Move {
  readonly id: string
  readonly step: Transition
  readonly at: string
}

interface Standing {
  readonly status: Status
  readonly earlier_statuses: readonly Status[]
  readonly superseded_by: string | null
}

/** @throws ILLEGAL_TRANSITION naming both states. */
export async function moveOne(
  tx: WriteHandle,
  { id, step, at }: Move,
  superseded_by: string | null = null,
): Promise<Moved> {
  return moveFound(tx, await mustFindForChange(tx, id), { step, at, superseded_by })
}

export async function moveFound(
  tx: WriteHandle,
  found: Found,
  {
    step,
    at,
    superseded_by = null,
    also = {},
  }: { step: Transition; at: string; superseded_by?: string | null; also?: Partial<Memory> },
): Promise<Moved> {
  const { kind, record } = found
  const { id, status: was } = record
  const pointer = 'superseded_by' in record ? record.superseded_by : null
  const change = moved(kind, { ...record, superseded_by: superseded_by ?? pointer }, step)
  if (kind === 'memory') {
    const next = nextVersion(
      record,
      { ...change, ...also, superseded_by: change.superseded_by as MemoryId | null },
      at,
    )
    await mustHaveNoTwin(tx, next)
    await tx.memories.change(record, next)
    return { id, subject: kind, status: next.status, was, updated_at: next.updated_at }
  }
  if (kind === 'entity') {
    const own = { ...change, ...trusted(also), superseded_by: change.superseded_by as EntityId | null }
    const next: Entity = nextRecord(record, own, at)
    await tx.entities.change(record, next)
    return { id, subject: kind, status: next.status, was, updated_at: next.updated_at }
  }
  const { superseded_by: _none, ...own } = change
  const next = nextRecord(record, { ...own, ...trusted(also) }, at)
  await tx.relationships.change(record, next)
  return { id, subject: kind, status: next.status, was, updated_at: next.updated_at }
}

function trusted({ trust }: Partial<Memory>): Partial<Pick<Memory, 'trust'>> {
  return trust === undefined ? {} : { trust }
}

function moved(kind: Found['kind'], record: Standing & { readonly id: string }, step: Transition): Standing {
  const { status, earlier } = mustMove(
    { kind, id: record.id },
    { status: record.status, earlier: record.earlier_statuses },
    step,
  )
  // What was superseded before it was forgotten still points to its successor when it is restored.
  const keepsSuccessor = earlier.includes('superseded') || status === 'superseded'
  return { status, earlier_statuses: earlier, superseded_by: keepsSuccessor ? record.superseded_by : null }
}

type Afterwards = (tx: WriteHandle, before: Found, at: string) => Promise<string[]>

/** An operation's run for a step that takes nothing but an id and a note, and for what follows from it. */
export function runStep(step: Transition, afterwards: Afterwards = async () => []) {
  return async (input: z.output<typeof transitionInput>, context: Context) => {
    const stamp = stampFor(context, step, input.note)
    const work = async (tx: WriteHandle) => {
      const found = await mustFindForChange(tx, input.id)
      if (step === 'restore') await mustNotOverrule(tx, found, context.principal)
      await mustBeOpen(tx, standingAmong(found, step), { step, principal: context.principal })
      const done = await moveFound(tx, found, { step, at: stamp.at })
      const followed = await afterwards(tx, found, stamp.at)
      const { conflict, notices } = await conflictOpenedBy(tx, input.id)
      return { ...done, conflict, notices: [...followed, ...notices] }
    }
    return context.store.change(context.principal, stamp, work, {
      signal: context.signal,
      idempotency: claimFor(step, input),
    })
  }
}

/** What is to be agreed again is as well guarded as what is. */
function standingAmong(
  { record }: Found,
  step: Transition,
): Pick<Memory, 'status' | 'trust' | 'project'> & { id: string } {
  const { id, trust, project, status, earlier_statuses } = record
  return { id, trust, project, status: step === 'restore' ? (earlier_statuses.at(-1) ?? status) : status }
}
