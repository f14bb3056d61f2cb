/** The shared flow of every operation that moves a memory from one state to another. */
import * as z from 'zod'
import { mustMove, type Transition } from '../model/lifecycle.ts'
import type { MemoryId } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { nextVersion } from './drafting.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, stampFor } from './operation.ts'
import { mustHaveNoTwin } from './twins.ts'

export const transitionInput = z.object({
  id: fields.id,
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

export const transitionOutput = z.object({
  id: z.string(),
  status: z.string(),
  was: z.string(),
  updated_at: z.string(),
})

/** @throws ILLEGAL_TRANSITION naming both states. */
export async function moveOne(
  tx: WriteHandle,
  { id, step, at }: { id: string; step: Transition; at: string },
  superseded_by: MemoryId | null = null,
): Promise<z.infer<typeof transitionOutput>> {
  const memory = await tx.memories.mustGetForChange(id)
  const standing = mustMove(id, { status: memory.status, earlier: memory.earlier_statuses }, step)
  // What was superseded before it was forgotten still points to its successor when it is restored.
  const successor =
    standing.earlier.includes('superseded') || standing.status === 'superseded'
      ? (superseded_by ?? memory.superseded_by)
      : null
  const change = { status: standing.status, earlier_statuses: standing.earlier, superseded_by: successor }
  const next = nextVersion(memory, change, at)
  await mustHaveNoTwin(tx, next)
  await tx.memories.change(memory, next)
  return { id, status: next.status, was: memory.status, updated_at: next.updated_at }
}

/** An operation's run for a step that takes nothing but an id and a note. */
export function runStep(step: Transition) {
  return async (input: z.output<typeof transitionInput>, context: Context) => {
    const stamp = stampFor(context, step, input.note)
    return context.store.write(
      context.principal,
      stamp,
      tx => moveOne(tx, { id: input.id, step, at: stamp.at }),
      { signal: context.signal, idempotency: claimFor(step, input) },
    )
  }
}
