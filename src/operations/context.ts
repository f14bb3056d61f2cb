import * as z from 'zod'
import type { ReadHandle } from '../store/store.ts'
import { gather } from './context-gathering.ts'
import { kept } from './context-keeping.ts'
import { type Packed, packItems } from './context-packing.ts'
import { lookedUp } from './context-prompt.ts'
import { packItem, toItemView } from './context-view.ts'
import { Envelope } from './envelope.ts'
import * as fields from './fields.ts'
import { type Context, defineOperation } from './operation.ts'
import { toFilter } from './recall-filter.ts'
import { askMeaning, type Meaning, meaningIn } from './recall-meaning.ts'
import { tokenCounter } from './tokens.ts'
import { searchNotices } from './unfinished.ts'

const BUDGET = { usual: 2000, least: 100, most: 200_000 }

const { project, kind, tags, codebase, file, author } = fields.filters

const input = z.object({
  prompt: fields.prompt,
  budget: z
    .int()
    .min(BUDGET.least)
    .max(BUDGET.most)
    .optional()
    .describe(
      `Tokens that the text may take, ${BUDGET.least} to ${BUDGET.most}; ${BUDGET.usual} by default.`,
    ),
  project,
  kind,
  tags,
  codebase,
  file,
  author,
  session: fields.session.optional().describe('The session that it is for.'),
})

const output = z.object({
  pack: z.string().describe('By this id it is captured and replayed.'),
  text: z.string().describe('For a prompt: data between marks, with the rule how to read them.'),
  tokens: z.int(),
  budget: z.int(),
  items: z.array(packItem),
  left_out: z.object({
    count: z.int(),
    for_budget: z.int(),
    for_limit: z.int(),
    ids: z.array(z.string()).describe('The first few.'),
  }),
  notices: z.array(z.string()),
})

type Input = z.output<typeof input>

export const context = defineOperation({
  name: 'context',
  summary: 'Give what matters for a prompt, within a budget of tokens, ready to stand in it.',
  example: 'context "fix the flaky login test" --project apollo --budget 1500',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['prompt'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const budget = input.budget ?? BUDGET.usual
    const id = context.newId()
    const count = await tokenCounter()
    const now = context.now()
    const meant = await askMeaning(context, lookedUp(input.prompt).text)
    const work = async (tx: ReadHandle) => {
      const { meaning, notices: unmeant } = await meaningIn(tx, meant, context)
      const asked = await askedFor(tx, input, { context, now, budget, meaning })
      const { choices, unfit } = await gather(tx, asked)
      const packed = packItems(choices, { envelope: new Envelope(context.newId()), count, budget })
      const notices = [
        ...asked.notices,
        ...unfit.map(({ id, status }) => unfitNotice(id, status)),
        ...emptyNotices(packed, budget),
        ...unmeant,
        ...(await searchNotices(tx)),
      ]
      const { interaction_bytes } = await tx.preferences.all()
      return { packed, notices, project: asked.filter.project ?? null, interaction_bytes }
    }
    const { packed, notices, ...about } = await store.read(principal, work, signal)
    store.usage.keep(principal, kept(packed, { ...about, id, input, budget, now, context }))
    const { items, text, tokens, left_out } = packed
    return {
      pack: id,
      text,
      tokens,
      budget,
      items: items.map(toItemView),
      left_out: { ...left_out, ids: [...left_out.ids] },
      notices,
    }
  },
})

async function askedFor(
  tx: ReadHandle,
  input: Input,
  about: { context: Context; now: string; budget: number; meaning: Meaning | null },
) {
  const { prompt, budget: _budget, session: _session, ...filters } = input
  const { filter, notices } = await toFilter(tx, filters)
  const { text, query, isCut } = lookedUp(prompt)
  return { text, query, filter, notices: isCut ? [...notices, LONG_PROMPT] : notices, ...about }
}

const LONG_PROMPT = 'The prompt is long: its beginning and its end were looked up.'

function unfitNotice(id: string, status: string): string {
  const why = status === 'active' ? 'does not hold now' : `is ${status}`
  return `Memory ${id} is pinned and ${why}, so it is left out. To take it from the pins: heirloom unpin ${id}`
}

function emptyNotices({ items, left_out }: Packed, budget: number): string[] {
  if (items.length > 0) return []
  if (left_out.count > 0) return [`No whole item fits ${budget} tokens. Ask with a larger budget.`]
  return [
    'Nothing matches and nothing is pinned. Try other words, or fewer filters; heirloom list shows what there is.',
  ]
}
