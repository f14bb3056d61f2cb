import * as z from 'zod'
import type { Embedder } from '../embedding/embedder.ts'
import { noiseOf } from '../embedding/noise.ts'
import { type EmbedderSpec, parseEmbedder } from '../embedding/open.ts'
import { PROBE } from '../evolve/draining.ts'
import { HeirloomError } from '../model/errors.ts'
import { NO_SPACE, SPACE_NAME, type SpaceId, spaceName } from '../model/space.ts'
import { toHalves } from '../model/vector.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { mustBePerson } from './space-deciding.ts'
import { spaceView, toSpaceView } from './space-view.ts'

const prefix = z.string().max(200)

const input = z.object({
  provider: z
    .string()
    .min(1)
    .max(1000)
    .describe(
      'What embeds: static, model2vec:<folder>, transformers:<model or folder> or http:<url>#<model>. Keys come from HEIRLOOM_EMBEDDING_KEY.',
    ),
  name: z
    .string()
    .regex(SPACE_NAME, 'lower-case letters, digits, dots, dashes and underscores, 64 at most')
    .optional()
    .describe('What the space is called; its model’s name by default.'),
  model: z.string().min(1).max(200).optional().describe('By which the server of an http provider knows it.'),
  query_prefix: prefix.optional().describe('What the model wants before a query, such as "search_query: ".'),
  document_prefix: prefix.optional().describe('What it wants before what is remembered.'),
  download: z.boolean().optional().describe('Whether a model that is not here may be fetched.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

const output = z.object({
  space: spaceView,
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

export const spaceAdd = defineOperation({
  name: 'space_add',
  summary: 'Add an embedding space, and have all that is remembered embedded in it.',
  example: 'space add static --name small',
  effects: 'write',
  idempotent: false,
  scope: 'admin',
  positional: ['provider'],
  opens: 'create',
  input,
  output,
  run: async (input, context) => {
    mustBePerson(context, `space add ${input.provider}`)
    if (input.name === NO_SPACE)
      throw new HeirloomError(
        'INVALID_INPUT',
        `space_add: "${NO_SPACE}" means no space, as in: heirloom space default ${NO_SPACE}. Give it another name: --name <name>`,
      )
    const { embedders, store, principal, signal, progress } = context
    const options = { allowDownload: input.download ?? false, progress, signal }
    await using embedder = await embedders.open(specOf(input), options)
    const space = await describe(embedder, input, context)
    const stamp = stampFor(context, 'space_add', input.note)
    const added = await store.change(
      principal,
      stamp,
      async tx => {
        await tx.spaces.lock()
        const first = (await tx.spaces.default()) === null
        const made = await tx.spaces.add({ ...space, is_default: first, created_at: stamp.at })
        await tx.spaces.demand(made)
        return { space: toSpaceView(made), notices: noticesFor(made) }
      },
      { signal, idempotency: claimFor('space_add', input) },
    )
    context.drainer?.kick()
    return added
  },
})

/** @throws INVALID_INPUT */
function specOf({ provider, model, query_prefix, document_prefix }: Input): EmbedderSpec {
  const isServer = /^(http:)?https?:/i.test(provider.trim())
  const named = isServer && model !== undefined ? `${provider.replace(/#.*$/, '')}#${model}` : provider
  const spec = parseEmbedder(named)
  if (spec === null)
    throw new HeirloomError(
      'INVALID_INPUT',
      'space_add: none embeds nothing. To have recall go by words alone: heirloom space default none',
    )
  return {
    ...spec,
    ...(query_prefix === undefined ? {} : { query_prefix }),
    ...(document_prefix === undefined ? {} : { document_prefix }),
  }
}

async function describe(embedder: Embedder, { name }: Input, { newId, signal }: Context) {
  const [vector = null] = await embedder.embed([PROBE], 'document', { signal })
  const { space } = embedder
  const noise = await noiseOf(embedder, { signal })
  return {
    ...space,
    id: newId() as SpaceId,
    name: name ?? spaceName(space),
    noise,
    probe: vector === null ? null : toHalves(vector),
  }
}

function noticesFor({ name, is_default }: { readonly name: string; readonly is_default: boolean }): string[] {
  const drain = 'What is remembered is embedded in the background. To do it now: heirloom embed --drain'
  if (is_default) return [drain]
  return [`${drain} --space ${name}. Then have recall go by it: heirloom space default ${name}`]
}
