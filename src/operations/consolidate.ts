import * as z from 'zod'
import { trustOfChannel } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory, MemoryDraft } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { mustBeOrdered, newMemory } from './drafting.ts'
import * as fields from './fields.ts'
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
  trust: z.string(),
  from: z.array(z.string()),
  superseded: z.array(z.string()),
  notices: z.array(z.string()),
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
    return context.store.write(context.principal, stamp, tx => makeOne(tx, input, context, stamp.at), {
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
): Promise<z.infer<typeof output>> {
  // In one order for all writers, so that two of them never wait for each other.
  const ids = [...new Set(input.from)].sort()
  const sources: Memory[] = []
  for (const id of ids) sources.push(await mustBeSource(tx, id))
  const ensured = input.project === undefined ? null : await tx.projects.ensure(input.project)
  const project = ensured?.name ?? onlyOne(sources.map(source => source.project))
  const memory = newMemory(toDraft(input, { project, sources, context }), context, at)
  // They step back first, so that a memory with the text of one of them is no twin of it.
  for (const { id } of input.supersede ? sources : [])
    await moveOne(tx, { id, step: 'supersede', at }, memory.id)
  const twin = await tx.memories.twin(memory)
  if (twin !== null) throw twinOf(twin, ids)
  await tx.memories.create([memory])
  for (const source of sources) await tx.links.add(memory, 'consolidated_from', source)
  const near = ensured?.near ?? []
  return {
    id: memory.id,
    kind: memory.kind,
    project,
    trust: memory.trust,
    from: ids,
    superseded: input.supersede ? ids : [],
    notices: near.length === 0 ? [] : [`Project "${project}" is new. Did you mean ${near.join(' or ')}?`],
  }
}

async function mustBeSource(tx: WriteHandle, id: string): Promise<Memory> {
  const source = await tx.memories.mustGetForChange(id)
  if (source.status === 'active') return source
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Cannot consolidate memory ${id}: it is ${source.status}, and only active ones are consolidated. Leave it out, or restore it first: heirloom restore ${id}`,
  )
}

function toDraft(
  input: Input,
  { project, sources, context }: { project: string | null; sources: readonly Memory[]; context: Context },
): MemoryDraft {
  return {
    content: input.content,
    kind: input.kind ?? 'note',
    title: input.title ?? null,
    tags: input.tags ?? [],
    metadata: input.metadata ?? {},
    project,
    codebase: input.codebase ?? onlyOne(sources.map(source => source.codebase)),
    file: input.file ?? null,
    topics: input.topics ?? [],
    client_id: context.client,
    session_id: context.session,
    author: input.author ?? null,
    // What came from somebody else's text is no more to be trusted for being told again.
    trust: sources.some(({ trust }) => trust === 'untrusted')
      ? 'untrusted'
      : trustOfChannel(context.principal.kind),
    confidence: input.confidence ?? null,
    slot: input.slot ?? null,
    valid_from: input.valid_from ?? null,
    valid_until: input.valid_until ?? null,
    document_id: null,
    position: null,
    label: null,
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
