import * as z from 'zod'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'

const input = z.object({
  id: fields.id,
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = z.object({
  id: z.string(),
  outcome: z.enum(['unpinned', 'not_pinned']),
  receipt: fields.receiptOut,
})

export const unpin = defineOperation({
  name: 'unpin',
  summary: 'Take a memory from the pins; it is found as any other then.',
  example: 'unpin 0198c0de-0000-7000-8000-000000000000',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: (input, context) => {
    const { id } = input
    return context.store.change(
      context.principal,
      stampFor(context, 'unpin', input.note),
      async tx => {
        await tx.pins.lock()
        await tx.memories.mustGet(id)
        const pin = await tx.pins.find(id)
        if (pin === null) return { id, outcome: 'not_pinned' as const }
        await tx.pins.remove(id, pin)
        return { id, outcome: 'unpinned' as const }
      },
      { signal: context.signal, idempotency: claimFor('unpin', input) },
    )
  },
})
