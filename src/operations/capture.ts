import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { keptSince, PREFERENCES } from '../model/preferences.ts'
import { reviewed } from '../model/strength.ts'
import type { Pack } from '../store/packs.ts'
import type { WriteHandle } from '../store/store.ts'
import { type FoundUse, useOf } from './capture-use.ts'
import { beginning } from './context-keeping.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'

const LONG = 1024 * 1024

const input = z.object({
  prompt: fields.filled(LONG).describe('What was asked.'),
  response: fields.text(LONG).describe('What was answered.'),
  pack: fields.id.optional().describe('The id of the pack that context gave for the prompt.'),
  used: fields
    .listOf(fields.id)
    .optional()
    .describe('The memories that were used; otherwise those that the response names or quotes.'),
  summary: fields
    .text(8 * 1024)
    .optional()
    .describe('The response in a few words.'),
  session: fields.session.optional(),
  client: fields.client.optional(),
  project: fields.project.optional().describe('Name or alias of the project that it was about.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const use = z.object({
  id: z.string(),
  how: z
    .enum(['given', 'id', 'quote'])
    .describe('How it is known: the caller said so, or it stands in the response.'),
  quote: z.string().nullable().describe('What the response says in the words of the memory.'),
})

const output = z.object({
  id: z.string(),
  pack: z.string().nullable(),
  project: z.string().nullable(),
  used: z.array(use),
  shredded: z.int().describe('Older interactions whose texts were let go, since they are past what is kept.'),
  notices: z.array(z.string()),
})

type Input = z.output<typeof input>

export const capture = defineOperation({
  name: 'capture',
  summary: 'Keep what was asked and answered, and learn which memories were of use.',
  example:
    'capture --prompt "which port does staging use" --response "Staging listens on port 8080." --session monday',
  effects: 'write',
  idempotent: false,
  scope: 'write',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    // A pack that this process gave a moment ago may not be written yet.
    await store.usage.flush()
    const id = context.newId()
    return store.write(
      principal,
      stampFor(context, 'capture', input.note),
      tx => keep(tx, input, { id, context }),
      {
        signal,
        idempotency: claimFor('capture', input),
      },
    )
  },
})

async function keep(tx: WriteHandle, input: Input, { id, context }: { id: string; context: Context }) {
  const pack = await packOf(tx, input.pack)
  const { project, notices } = await projectOf(tx, input.project, pack)
  const used = await useOf(tx, { used: input.used, response: input.response, pack })
  const now = context.now()
  const settings = { ...PREFERENCES, ...(await tx.preferences.all()) }
  const { interaction_bytes: bytes, interaction_days: days } = settings
  const [prompt, response] = [beginning(input.prompt, bytes), beginning(input.response, bytes)]
  await tx.interactions.add({
    id,
    owner_user_id: context.principal.user_id,
    pack_id: pack?.id ?? null,
    project,
    session_id: input.session ?? pack?.session_id ?? context.session,
    client_id: input.client ?? context.client,
    prompt,
    response,
    summary: input.summary ?? null,
    used: used.map(({ id, how }) => ({ id, how })),
    recorded_at: now,
    shredded_at: null,
  })
  await reinforce(tx, used, { interaction_id: id, at: now, newId: context.newId })
  const shredded = await letGo(tx, days, now)
  const cut = prompt === input.prompt && response === input.response ? [] : [cutNotice(bytes)]
  return { id, pack: pack?.id ?? null, project, used, shredded, notices: [...notices, ...cut] }
}

/** @throws NOT_FOUND saying where packs come from. */
async function packOf(tx: WriteHandle, id: string | undefined): Promise<Pack | null> {
  if (id === undefined) return null
  const pack = await tx.packs.find(id)
  if (pack !== null) return pack
  throw new HeirloomError(
    'NOT_FOUND',
    `capture: there is no pack ${id}. context gives a pack with its id; capture without a pack keeps the interaction all the same: heirloom capture --prompt … --response …`,
  )
}

async function projectOf(tx: WriteHandle, name: string | undefined, pack: Pack | null) {
  if (name === undefined) return { project: pack?.project ?? null, notices: [] }
  const project = await tx.projects.resolve(name)
  if (project !== null) return { project, notices: [] }
  throw new HeirloomError(
    'NOT_FOUND',
    `There is no project "${name}". See which there are: heirloom project list; one is made when something is remembered in it.`,
  )
}

/** What was of use is remembered better. */
async function reinforce(
  tx: WriteHandle,
  used: readonly FoundUse[],
  { interaction_id, at, newId }: { interaction_id: string; at: string; newId: () => string },
): Promise<void> {
  const ids = used.map(({ id }) => id)
  const reviews = ids.map(memory_id => ({
    memory_id,
    id: newId(),
    at,
    interaction_id,
    grade: 'good' as const,
    source: 'use' as const,
  }))
  await tx.strengths.review(reviews, reviewed)
  await tx.interactions.countUse(ids, at)
}

/** So many at a time, so that a capture stays quick. */
const LET_GO = 100

async function letGo(tx: WriteHandle, days: number, now: string): Promise<number> {
  const before = keptSince(now, days)
  await tx.packs.dropBefore(before, LET_GO)
  return tx.interactions.shredBefore(before, { at: now, limit: LET_GO, note: `Kept for ${days} days.` })
}

function cutNotice(bytes: number): string {
  return bytes === 0
    ? 'Its texts were not kept: the setting interaction_bytes is 0.'
    : `Of each text the first ${bytes} bytes were kept. For more: heirloom settings interaction_bytes <bytes>`
}
