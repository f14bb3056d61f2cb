import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Pack } from '../store/packs.ts'
import type { ReadHandle } from '../store/store.ts'
import { packText } from './context-text.ts'
import { packItem, toItemView } from './context-view.ts'
import { Envelope } from './envelope.ts'
import * as fields from './fields.ts'
import { interactionView, toInteractionView } from './interactions.ts'
import { type Context, defineOperation } from './operation.ts'
import { replayItems } from './replay-items.ts'

const input = z.object({ id: fields.id.describe('The id of a pack, or of an interaction that had one.') })

const output = z.object({
  pack: z.string(),
  created_at: z.string(),
  prompt: z.string().nullable().describe('What it was given for.'),
  project: z.string().nullable(),
  session: z.string().nullable(),
  client: z.string().nullable(),
  budget: z.int(),
  tokens: z.int().describe('Those of the text that was given.'),
  text: z.string(),
  items: z.array(packItem),
  left_out: z.int(),
  gone: z
    .array(z.object({ record: z.string(), id: z.string() }))
    .describe('What was in it and is not known any more.'),
  interaction: interactionView.nullable().describe('What became of it, where that was asked for.'),
  notices: z.array(z.string()),
})

type Output = z.infer<typeof output>

export const replay = defineOperation({
  name: 'replay',
  summary: 'Show the context that was given for a prompt, as it was then.',
  example: 'replay 0198c0de-0000-7000-8000-000000000000',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: async ({ id }, context) => {
    const { store, principal, signal } = context
    // A pack that this process gave a moment ago may not be written yet.
    await store.usage.flush()
    return store.read(principal, tx => show(tx, id, context), signal)
  },
})

async function show(tx: ReadHandle, id: string, context: Context): Promise<Output> {
  const { pack, interaction } = await mustFind(tx, id)
  const { items, gone } = await replayItems(tx, pack, context)
  const { created_at, prompt, project, budget, tokens, left_out } = pack
  return {
    pack: pack.id,
    created_at,
    prompt,
    project,
    session: pack.session_id,
    client: pack.client_id,
    budget,
    tokens,
    text: packText(new Envelope(context.newId()), items, left_out),
    items: items.map(toItemView),
    left_out,
    gone: [...gone],
    interaction: interaction === null ? null : toInteractionView(interaction),
    notices:
      gone.length === 0 ? [] : [`Of ${pack.items.length} items ${gone.length} are not known any more.`],
  }
}

async function mustFind(
  tx: ReadHandle,
  id: string,
): Promise<{ pack: Pack; interaction: Interaction | null }> {
  const pack = await tx.packs.find(id)
  if (pack !== null) return { pack, interaction: null }
  const interaction = await tx.interactions.find(id)
  if (interaction === null) {
    throw new HeirloomError(
      'NOT_FOUND',
      `There is no pack and no interaction ${id}. Find ids with: heirloom interactions`,
    )
  }
  const given = interaction.pack_id === null ? null : await tx.packs.find(interaction.pack_id)
  if (given !== null) return { pack: given, interaction }
  throw new HeirloomError('NOT_FOUND', `Interaction ${id} ${await whyNone(tx, interaction)}`)
}

/** Why there is nothing to show again, and where to read on. */
async function whyNone(tx: ReadHandle, { id, pack_id }: Interaction): Promise<string> {
  if (pack_id === null) return 'was captured without a pack, so there is nothing to show again.'
  const had = `had the pack ${pack_id}, which was let go`
  const decided = await whoShredded(tx, pack_id)
  if (decided === null)
    return `${had}, so there is nothing to show again. How long packs are kept: heirloom settings interaction_days`
  const whose =
    decided === id ? 'with its own texts' : `with the texts of interaction ${decided}, which had it too`
  return `${had} ${whose}, so there is nothing to show again. Who decided so: heirloom journal --subject-id ${decided}`
}

/** Interactions of one pack that are looked at. */
const LOOKED_AT = 500

/** The interaction that somebody shredded, and a pack with it; null where it was past what is kept. */
async function whoShredded(tx: ReadHandle, packId: string): Promise<string | null> {
  const ofPack = await tx.interactions.ofPack(packId)
  const subject_ids = ofPack.flatMap(({ id, shredded_at }) => (shredded_at === null ? [] : id))
  if (subject_ids.length === 0) return null
  const entries = await tx.journal.entries({
    subject_ids: subject_ids.slice(0, LOOKED_AT),
    subject_kind: 'interaction',
    operation: 'shred',
    limit: LOOKED_AT,
  })
  // The first of them; the pack was gone when others followed.
  return entries.at(-1)?.subject_id ?? null
}
