import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { Memory, MemoryDraft } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import { draftOf, mustBeOrdered } from './drafting.ts'
import { enteringMemory, mustBeOpen, waitingNotices } from './entering.ts'
import * as fields from './fields.ts'
import { nearNotices } from './near-projects.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { moveOne } from './transition.ts'

/** Sources of one memory. */
const MOST = 100

const input = z.object({
  from: fields
    .listOf(fields.id)
    .refine(ids => new Set(ids).size >= 1, 'name at least one memory')
    .refine(ids => ids.length <= MOST, `at most ${MOST} memories`)
    .describe('The ids of the memories that it is made from.'),
  content: fields.content.describe('What they say together.'),
  ...fields.described,
  supersede: z.boolean().optional().describe('Take the sources out of recall; restore brings each back.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

const output = z.object({
  id: z.string(),
  kind: z.string(),
  project: z.string().nullable(),
  status: z.string(),
  trust: z.string(),
  from: z.array(z.string()),
  superseded: z.array(z.string()),
  conflict: openedConflict,
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

export const consolidate = defineOperation({
  name: 'consolidate',
  summary: 'Write one memory from several; it stays linked to them, and they stay as they are.',
  example:
    'consolidate --from 0198c0de-0000-7000-8000-000000000001,0198c0de-0000-7000-8000-000000000002 --content "Apollo deploys on Mondays, from the main branch" --supersede',
  effects: 'write',
  idempotent: false,
  scope: 'write',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    mustBeOrdered(input.valid_from ?? null, input.valid_until ?? null)
    const stamp = stampFor(context, 'consolidate', input.note)
    return context.store.change(context.principal, stamp, tx => makeOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('consolidate', input),
    })
  },
})

async function makeOne(
  tx: WriteHandle,
  input: Input,
  context: Context,
  at: string,
): Promise<Omit<z.infer<typeof output>, 'receipt'>> {
  // In one order for all writers, so that two of them never wait for each other.
  const ids = [...new Set(input.from)].sort()
  const sources: Memory[] = []
  for (const id of ids) sources.push(await mustBeSource(tx, id))
  const ensured = input.project === undefined ? null : await tx.projects.ensure(input.project)
  const project = ensured?.name ?? onlyOne(sources.map(source => source.project))
  const memory = await enteringMemory(tx, toDraft(input, { project, sources, context }), { context, at })
  // They step back first, so that a memory with the text of one of them is no twin of it.
  if (input.supersede && memory.status === 'candidate') throw onlyProposed(project)
  for (const source of input.supersede ? sources : []) {
    await mustBeOpen(tx, source, { step: 'consolidate --supersede', principal: context.principal })
    await moveOne(tx, { id: source.id, step: 'supersede', at }, memory.id)
  }
  const twin = await tx.memories.twin(memory)
  if (twin !== null) throw twinOf(twin, ids)
  await tx.memories.create([memory])
  for (const source of sources) await tx.links.add(memory, 'consolidated_from', source)
  const { conflict, notices } = await conflictOpenedBy(tx, memory.id)
  return {
    id: memory.id,
    kind: memory.kind,
    project,
    status: memory.status,
    trust: memory.trust,
    from: ids,
    superseded: input.supersede ? ids : [],
    conflict,
    notices: [...nearNotices(ensured), ...waitingNotices(memory), ...notices],
  }
}

async function mustBeSource(tx: WriteHandle, id: string): Promise<Memory> {
  const source = await tx.memories.mustGetForChange(id)
  if (source.status === 'active') return source
  const step = source.status === 'candidate' ? 'promote' : 'restore'
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Cannot consolidate memory ${id}: it is ${source.status}, and only active ones are consolidated. Leave it out, or ${step} it first: heirloom ${step} ${id}`,
  )
}

function toDraft(
  input: Input,
  { project, sources, context }: { project: string | null; sources: readonly Memory[]; context: Context },
): MemoryDraft {
  // What came from somebody else's text is no more to be trusted for being told again.
  const isUntrusted = sources.some(({ trust }) => trust === 'untrusted')
  return {
    ...draftOf(input, { project, isUntrusted, context }),
    codebase: input.codebase ?? onlyOne(sources.map(source => source.codebase)),
  }
}

/** What all of them have in common. */
function onlyOne(values: readonly (string | null)[]): string | null {
  const [first = null] = values
  return values.every(value => value === first) ? first : null
}

function twinOf({ id }: Memory, sources: readonly string[]): HeirloomError {
  const remedy = sources.includes(id)
    ? 'Say what all of them say together, or take them out of recall with it: --supersede'
    : `Link it to its sources instead: heirloom link ${id} consolidated_from <id>`
  return new HeirloomError('DUPLICATE', `Memory ${id} already says exactly this. ${remedy}`)
}

/** Else nothing would say any more what they said, until somebody has reviewed it. */
function onlyProposed(project: string | null): HeirloomError {
  return new HeirloomError(
    'ACCESS_DENIED',
    `consolidate --supersede: what is made here is only proposed until a person has reviewed it${project === null ? '' : ` (project "${project}")`}, and takes the place of nothing so far. Leave out --supersede.`,
  )
}
