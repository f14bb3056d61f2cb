/** An item of a context pack as every surface shows it. */
import * as z from 'zod'
import type { ShownItem } from './context-text.ts'

export const packItem = z.object({
  section: z.enum(['pinned', 'recalled', 'conflict', 'entity']),
  record: z.enum(['memory', 'entity', 'conflict']),
  id: z.string(),
  kind: z.string().describe('The kind of a memory, the type of an entity.'),
  title: z.string().nullable().describe('The name of an entity, the slot of a conflict.'),
  content: z.string(),
  trust: z.string().nullable(),
  project: z.string().nullable(),
  author: z.string().nullable(),
  recorded_at: z.string().nullable(),
  valid_from: z.string().nullable(),
  origin: z.string().nullable().describe('What it came from, in one line.'),
  contested: z.string().nullable().describe('The open conflict about what it claims.'),
  tokens: z.int(),
  why: z.string().describe('Why it was chosen.'),
})

export function toItemView(item: ShownItem & { readonly tokens: number }): z.infer<typeof packItem> {
  const { section, record, id, kind, title, content, trust, project } = item
  const { author, recorded_at, valid_from, origin, contested, tokens, why } = item
  return {
    section,
    record,
    id,
    kind,
    title,
    content,
    trust,
    project,
    author,
    recorded_at,
    valid_from,
    origin,
    contested,
    tokens,
    why,
  }
}
