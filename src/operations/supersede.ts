import * as z from 'zod'
import { trustOfChannel } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { newMemory } from './drafting.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { moveOne, transitionInput, transitionOutput } from './transition.ts'

const supersedeInput = transitionInput.extend({
  content: fields.content
    .optional()
    .describe('What holds instead; becomes a new memory with the same fields.'),
  by: fields.id.optional().describe('The id of a memory that holds instead.'),
})

const output = transitionOutput.extend({ superseded_by: z.string() })

export const supersede = defineOperation({
  name: 'supersede',
  summary: 'Replace a memory by another one; the old one stays readable and points to its successor.',
  example: 'supersede 0198c0de-0000-7000-8000-000000000000 "The API moved to port 9090"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['id', 'content'],
  opens: 'existing',
  input: supersedeInput,
  output,
  run: async (input, context) => {
    if ((input.content === undefined) === (input.by === undefined)) {
      throw new HeirloomError(
        'INVALID_INPUT',
        'supersede: give either content (a new text) or by (the id of a memory).',
      )
    }
    const stamp = stampFor(context, 'supersede', input.note)
    return context.store.write(context.principal, stamp, tx => supersedeOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('supersede', input),
    })
  },
})

async function supersedeOne(
  tx: WriteHandle,
  input: z.output<typeof supersedeInput>,
  context: Context,
  at: string,
): Promise<z.infer<typeof output>> {
  const old = await tx.memories.mustGetForChange(input.id)
  const successor = input.by === undefined ? null : await mustBeSuccessor(tx, input.by, input.id)
  const made = successor === null ? successorOf(old, input.content ?? '', context, at) : null
  const superseded_by = (successor ?? made)!.id
  // The old one steps back first, so that a successor with the same text is no twin of it.
  const moved = await moveOne(tx, { id: input.id, step: 'supersede', at }, superseded_by)
  if (made !== null) {
    const twin = await tx.memories.twin(made)
    if (twin !== null) throw twinOf(twin)
    await tx.memories.create([made])
  }
  return { ...moved, superseded_by }
}

function successorOf(old: Memory, content: string, context: Context, at: string): Memory {
  const trust = trustOfChannel(context.principal.kind)
  return newMemory({ ...old, content, trust, document_id: null, position: null, label: null }, context, at)
}

async function mustBeSuccessor(tx: WriteHandle, by: string, id: string): Promise<Memory> {
  const successor = await tx.memories.mustGet(by)
  if (by === id)
    throw new HeirloomError('INVALID_INPUT', `supersede: memory ${id} cannot be its own successor.`)
  if (successor.status === 'active') return successor
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Memory ${by} is ${successor.status}; only an active one can be a successor. Restore it first: heirloom restore ${by}`,
  )
}

function twinOf(twin: Memory): HeirloomError {
  return new HeirloomError(
    'DUPLICATE',
    `Memory ${twin.id} already says exactly this. Name it instead: heirloom supersede <id> --by ${twin.id}`,
  )
}
