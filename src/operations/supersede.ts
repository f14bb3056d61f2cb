import * as z from 'zod'
import { trustOfChannel } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy } from './conflict-view.ts'
import { enteringMemory, mustBeOpen } from './entering.ts'
import * as fields from './fields.ts'
import { mustNotHaveGraduated } from './graduated.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { type Found, mustFindForChange } from './subject.ts'
import { moveFound, transitionInput, transitionOutput } from './transition.ts'

const supersedeInput = transitionInput.extend({
  content: fields.content
    .optional()
    .describe('What holds instead; becomes a new memory with the same fields.'),
  by: fields.id.optional().describe('The id of the memory or entity that holds instead.'),
})

const output = transitionOutput.extend({ superseded_by: z.string() })

export const supersede = defineOperation({
  name: 'supersede',
  summary:
    'Replace a memory or entity by another one; the old one stays readable and points to its successor.',
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
    return context.store.change(context.principal, stamp, tx => supersedeOne(tx, input, context, stamp.at), {
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
) {
  const old = await mustFindForChange(tx, input.id)
  await mustBeOpen(tx, old.record, { step: 'supersede', principal: context.principal })
  const successor = input.by === undefined ? null : await mustBeSuccessor(tx, input.by, old)
  const made =
    successor === null ? await successorOf(tx, mustBeMemory(old), input.content ?? '', { context, at }) : null
  const superseded_by = successor ?? made!.id
  // The old one steps back first, so that a successor with the same text is no twin of it.
  const moved = await moveFound(tx, old, { step: 'supersede', at, superseded_by })
  if (made !== null) {
    const twin = await tx.memories.twin(made)
    if (twin !== null) throw twinOf(twin)
    await tx.memories.create([made])
  }
  return { ...moved, superseded_by, ...(await conflictOpenedBy(tx, superseded_by)) }
}

/** A slot that was read from the old text is read again from the new one. */
async function successorOf(
  tx: WriteHandle,
  old: Memory,
  content: string,
  entering: { readonly context: Context; readonly at: string },
): Promise<Memory> {
  const trust = trustOfChannel(entering.context.principal.kind)
  const slot = old.slot_pattern === null ? old.slot : null
  const draft = {
    ...old,
    content,
    trust,
    slot,
    slot_pattern: null,
    client_id: entering.context.client,
    session_id: entering.context.session,
    document_id: null,
    position: null,
    label: null,
  }
  return enteringMemory(tx, draft, entering)
}

/** @throws INVALID_INPUT for what is not a memory, where a text is to replace it. */
function mustBeMemory({ kind, record }: Found): Memory {
  if (kind === 'memory') return record
  throw new HeirloomError(
    'INVALID_INPUT',
    `supersede: ${record.id} is of the kind ${kind}, which a text cannot replace. Name what holds instead: --by <id>`,
  )
}

async function mustBeSuccessor(tx: WriteHandle, by: string, { kind, record }: Found): Promise<string> {
  if (by === record.id)
    throw new HeirloomError('INVALID_INPUT', `supersede: ${kind} ${by} cannot be its own successor.`)
  if (kind === 'relationship') {
    throw new HeirloomError(
      'INVALID_INPUT',
      `supersede: a relationship has no successor. Take it away, and relate anew: heirloom unrelate ${record.id}`,
    )
  }
  const successor = kind === 'memory' ? await tx.memories.mustGet(by) : await tx.entities.mustGet(by)
  if (successor.status === 'active') return successor.id
  await mustNotHaveGraduated(tx, successor, 'replace anything by')
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `${kind === 'memory' ? 'Memory' : 'Entity'} ${by} is ${successor.status}; only an active one can be a successor.${successor.status === 'candidate' ? ` Promote it first: heirloom promote ${by}` : ` Restore it first: heirloom restore ${by}`}`,
  )
}

function twinOf(twin: Memory): HeirloomError {
  return new HeirloomError(
    'DUPLICATE',
    `Memory ${twin.id} already says exactly this. Name it instead: heirloom supersede <id> --by ${twin.id}`,
  )
}
