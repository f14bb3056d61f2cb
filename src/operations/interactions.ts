import * as z from 'zod'
import type { Interaction } from '../store/interactions.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { toFilter } from './recall-filter.ts'

const input = z.object({
  session: fields.session.optional().describe('Only those of this session.'),
  project: fields.project.optional().describe('Only those of this project, by its name or an alias.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
})

export const interactionView = z.object({
  id: z.string(),
  pack: z.string().nullable(),
  project: z.string().nullable(),
  session: z.string().nullable(),
  client: z.string().nullable(),
  prompt: z.string().nullable().describe('How it begins; null where it was let go.'),
  response: z.string().nullable().describe('How it begins; null where it was let go.'),
  summary: z.string().nullable(),
  used: z.array(z.object({ id: z.string(), how: z.string() })),
  recorded_at: z.string(),
  shredded_at: z.string().nullable().describe('When its texts were let go.'),
})

const output = z.object({
  interactions: z.array(interactionView),
  cursor: z.string().nullable(),
  truncated: z.boolean(),
  notices: z.array(z.string()),
})

export const interactions = defineOperation({
  name: 'interactions',
  summary: 'List what was asked and answered, newest first, with the memories that were used.',
  example: 'interactions --session monday --limit 5',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: ({ session, project, limit = 10, cursor }, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const { filter, notices } = await toFilter(tx, project === undefined ? {} : { project })
        const about = { secret: await tx.settings.cursorSecret(), principal, operation: 'interactions' }
        const before = cursor === undefined ? undefined : mustReadCursor(cursor, about)
        const wanted = { session_id: session, project: filter.project }
        const found = await tx.interactions.list(wanted, { limit: limit + 1, before })
        const page = found.slice(0, limit)
        const truncated = found.length > limit
        return {
          interactions: page.map(toInteractionView),
          cursor: truncated ? toCursor(page.at(-1)!.id, about) : null,
          truncated,
          notices: found.length === 0 ? [...notices, NONE] : notices,
        }
      },
      signal,
    ),
})

const NONE = 'Nothing was captured. heirloom capture keeps what was asked and answered.'

/** Characters of a prompt or a response that a list shows. */
const EXCERPT = 300

export function toInteractionView(interaction: Interaction): z.infer<typeof interactionView> {
  const { id, pack_id, project, session_id, client_id, prompt, response, summary } = interaction
  return {
    id,
    pack: pack_id,
    project,
    session: session_id,
    client: client_id,
    prompt: excerpt(prompt),
    response: excerpt(response),
    summary,
    used: interaction.used.map(({ id, how }) => ({ id, how })),
    recorded_at: interaction.recorded_at,
    shredded_at: interaction.shredded_at,
  }
}

function excerpt(text: string | null): string | null {
  if (text === null || text.length <= EXCERPT) return text
  return `${text.slice(0, EXCERPT).toWellFormed()}…`
}
