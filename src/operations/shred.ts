import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { nameSome } from '../model/excerpt.ts'
import type { WriteHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'

const input = z.object({
  id: fields.id.describe(
    'The id of the interaction; or of a pack, for a prompt that nothing was captured for.',
  ),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = z.object({
  id: z.string(),
  outcome: z.enum(['shredded', 'already_shredded']),
  pack: z.string().nullable().describe('The pack that went with it.'),
  shredded_at: z.string(),
  notices: z.array(z.string()),
})

export const shred = defineOperation({
  name: 'shred',
  summary:
    'Let go of what was asked and answered in one interaction, for good; that it was, and what it used, stays.',
  example: 'shred 0198c0de-0000-7000-8000-000000000000 --note "held a customer’s name"',
  effects: 'destructive',
  idempotent: true,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    mustBeAPerson(context, input.id)
    // Its pack may not be written yet.
    await store.usage.flush()
    return store.write(
      principal,
      stampFor(context, 'shred', input.note),
      tx => letGo(tx, input.id, context.now()),
      { signal, idempotency: claimFor('shred', input) },
    )
  },
})

function mustBeAPerson({ principal }: Context, id: string): void {
  if (principal.kind === 'person') return
  throw new HeirloomError(
    'ACCESS_DENIED',
    `shred: nothing brings the texts back, so a person has to decide it. Ask the user to run: heirloom shred ${id}`,
  )
}

async function letGo(tx: WriteHandle, id: string, now: string): Promise<z.infer<typeof output>> {
  const interaction = await tx.interactions.find(id)
  if (interaction === null && (await tx.packs.find(id)) !== null)
    return { id, outcome: 'shredded', pack: id, shredded_at: now, notices: await letGoOfPack(tx, id, id) }
  if (interaction === null)
    throw new HeirloomError(
      'NOT_FOUND',
      `There is no interaction and no pack ${id}. Find ids with: heirloom interactions`,
    )
  const { pack_id: pack, shredded_at } = interaction
  const notices = pack === null ? [] : await letGoOfPack(tx, pack, id)
  if (shredded_at !== null) return { id, outcome: 'already_shredded', pack, shredded_at, notices }
  await tx.interactions.shred(id, now)
  return { id, outcome: 'shredded', pack, shredded_at: now, notices }
}

/**
 * A pack holds the prompt as well, and the words of it by which each item was found.
 * @returns which other interactions lose it.
 */
async function letGoOfPack(tx: WriteHandle, pack: string, id: string): Promise<string[]> {
  if ((await tx.packs.find(pack)) === null) return []
  await tx.packs.drop(pack)
  const all = await tx.interactions.ofPack(pack)
  const others = all.filter(other => other.id !== id && other.shredded_at === null).map(other => other.id)
  if (others.length === 0) return []
  return [
    `Its pack is let go for others too, whose texts stay: ${nameSome(others)}. Replay cannot show it any more.`,
  ]
}
