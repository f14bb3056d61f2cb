import * as z from 'zod'
import * as fields from './fields.ts'
import { type Context, defineOperation } from './operation.ts'
import { toFilter } from './recall-filter.ts'
import { findPairs, gatherStatements, PAIRS, type Pair, TOGETHER, TOLD, WINDOW } from './suggestion-pairs.ts'

const input = z.object({
  project: fields.project.optional().describe('Only memories of this project, by its name or an alias.'),
  limit: fields.limit.optional(),
})

const memory = z.object({
  id: z.string(),
  content: z.string(),
  kind: z.string(),
  trust: z.string(),
  recorded_at: z.string(),
})

const suggestion = z.object({
  score: z.number().describe('From 0 to 1: how much it looks like a contradiction.'),
  why: z.array(z.string()),
  project: z.string().nullable(),
  entity: z.object({ id: z.string(), name: z.string() }).nullable().describe('What both of them mention.'),
  memories: z.array(memory).describe('The two of them, the older one first.'),
})

const output = z.object({
  suggestions: z.array(suggestion),
  memories_looked_at: z.int(),
  truncated: z.boolean().describe('Whether more was found than is shown, or not everything was looked at.'),
  notices: z.array(z.string()),
})

type Output = z.infer<typeof output>

export const suggestions = defineOperation({
  name: 'suggestions',
  summary: 'Offer pairs of memories that look like a contradiction although neither claims a slot.',
  example: 'suggestions --project apollo --limit 5',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: (input, context) =>
    context.store.read(context.principal, tx => suggest(tx, input, context), context.signal),
})

const NOT_ALL_PAIRS = `Not every pair was compared: of those about one thing the newest ${TOGETHER}, and ${PAIRS.toLocaleString('en')} pairs in all.`

type Reading = Parameters<typeof gatherStatements>[0]

async function suggest(
  tx: Reading,
  { project, limit = 10 }: z.output<typeof input>,
  { now }: Context,
): Promise<Output> {
  const resolved = await toFilter(tx, { project })
  const gathered = await gatherStatements(tx, { project: resolved.filter.project, now: now() })
  const found = await findPairs(tx, gathered)
  const shown = found.pairs.slice(0, limit)
  const entities = await tx.entities.byIds(shown.flatMap(({ entity }) => entity ?? []))
  const notices = [
    ...resolved.notices,
    ...(gathered.isCut
      ? [`Only the newest ${WINDOW.toLocaleString('en')} memories were looked at; a project narrows.`]
      : []),
    ...(found.isCut ? [NOT_ALL_PAIRS] : []),
  ]
  return {
    suggestions: shown.map(pair => toSuggestion(pair, entities.get(pair.entity ?? '')?.name ?? null)),
    memories_looked_at: gathered.memories.length,
    truncated: gathered.isCut || found.isCut || found.pairs.length > limit,
    notices,
  }
}

function toSuggestion(
  { older, newer, likeness, entity }: Pair,
  name: string | null,
): Output['suggestions'][number] {
  const about = name === null ? [] : [`both mention ${name}`]
  return {
    score: likeness.score,
    why: [...likeness.why, ...about],
    project: older.project,
    entity: entity === null || name === null ? null : { id: entity, name },
    memories: [older, newer].map(({ id, content, kind, trust, recorded_at }) => ({
      id,
      content: content.length > TOLD ? `${content.slice(0, TOLD - 1).toWellFormed()}…` : content,
      kind,
      trust,
      recorded_at,
    })),
  }
}
