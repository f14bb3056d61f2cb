import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { isLive, isValidAt, type Memory } from '../model/memory.ts'
import { PREFERENCES } from '../model/preferences.ts'
import type { Pinned } from '../store/pins.ts'
import type { WriteHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'
import { tokenCounter } from './tokens.ts'

const input = z.object({
  id: fields.id,
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = z.object({
  id: z.string(),
  outcome: z.enum(['pinned', 'pinned_already']),
  project: z.string().nullable(),
  tokens: z.int().describe('What its text takes.'),
  pinned_tokens: z.int().describe('What all pins of its project take.'),
  budget: z.int().describe('What they may take.'),
  receipt: fields.receiptOut,
})

export const pin = defineOperation({
  name: 'pin',
  summary: 'Have a memory in every context of its project, or in all where it is of none.',
  example: 'pin 0198c0de-0000-7000-8000-000000000000',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const count = await tokenCounter()
    const stamp = stampFor(context, 'pin', input.note)
    return store.change(principal, stamp, tx => work(tx, input.id, { count, at: stamp.at }), {
      signal,
      idempotency: claimFor('pin', input),
    })
  },
})

async function work(
  tx: WriteHandle,
  id: string,
  { count, at }: { count: (text: string) => number; at: string },
): Promise<Omit<z.infer<typeof output>, 'receipt'>> {
  await tx.pins.lock()
  const memory = await tx.memories.mustGetForChange(id)
  const { project } = memory
  const { pin_tokens: budget } = { ...PREFERENCES, ...(await tx.preferences.all()) }
  const live = (await tx.pins.ofProjects([project])).filter(({ memory }) => isFit(memory, at))
  const taken = live.reduce((sum, { pin }) => sum + pin.tokens, 0)
  const before = await tx.pins.find(id)
  if (before !== null)
    return { id, outcome: 'pinned_already', project, tokens: before.tokens, pinned_tokens: taken, budget }
  mustBeFit(memory, at)
  const tokens = count([memory.title ?? '', memory.content].join('\n').trim())
  if (taken + tokens > budget) throw pastBudget({ memory, tokens, taken, budget, live })
  await tx.pins.add(id, { pinned_at: at, tokens })
  return { id, outcome: 'pinned', project, tokens, pinned_tokens: taken + tokens, budget }
}

function isFit(memory: Memory, at: string): boolean {
  return isLive(memory) && isValidAt(memory, at)
}

/** @throws INVALID_INPUT saying in which state it is. */
function mustBeFit(memory: Memory, at: string): void {
  if (isFit(memory, at)) return
  const { id, status, trust } = memory
  const why =
    status !== 'active' ? `is ${status}` : trust === 'untrusted' ? 'waits in quarantine' : 'does not hold now'
  throw new HeirloomError(
    'INVALID_INPUT',
    `pin: memory ${id} ${why}; only what recall would answer with is pinned. See: heirloom get ${id}`,
  )
}

/** Pins that an error names. */
const NAMED = 5

function pastBudget({
  memory,
  tokens,
  taken,
  budget,
  live,
}: {
  memory: Memory
  tokens: number
  taken: number
  budget: number
  live: readonly Pinned[]
}): HeirloomError {
  const where = memory.project === null ? 'no project' : `project "${memory.project}"`
  const largest = live.toSorted((a, b) => b.pin.tokens - a.pin.tokens).slice(0, NAMED)
  const pinned = largest.map(({ memory, pin }) => `${memory.id} (${pin.tokens})`)
  const held = live.length === 0 ? 'Nothing is pinned yet' : `Pinned, the largest first: ${pinned.join(', ')}`
  return new HeirloomError(
    'INVALID_INPUT',
    `pin: memory ${memory.id} takes ${tokens} tokens, and the pins of ${where} take ${taken} of the ${budget} that they may. ${held}. Take one out: heirloom unpin <id>; or allow more: heirloom settings pin_tokens <tokens>`,
  )
}
