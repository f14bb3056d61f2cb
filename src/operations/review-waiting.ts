/** What waits for review, newest first, as `review` shows it. */
import * as z from 'zod'
import { textOf } from '../model/entity.ts'
import type { Memory } from '../model/memory.ts'
import type { JournalRecord } from '../store/journal-reader.ts'
import type { ReadHandle } from '../store/store.ts'
import { sentenceOf, viewsOf } from './relationship-view.ts'
import { nearestTo, slotsOf } from './review-context.ts'
import type { Found } from './subject.ts'

const waitingItem = z.object({
  id: z.string(),
  subject: z.enum(['memory', 'entity', 'relationship']),
  kind: z.string().describe('Of a memory its kind, of an entity or a relationship its type.'),
  content: z.string(),
  title: z.string().nullable(),
  tags: z.array(z.string()),
  status: z.string(),
  trust: z.string(),
  author: z.string().nullable(),
  recorded_at: z.string(),
  by: z.string().nullable().describe('The kind of actor that proposed it.'),
  through: z.string().nullable().describe('The program.'),
  operation: z.string().nullable(),
  note: z.string().nullable().describe('Why it was proposed.'),
  near: z
    .array(z.object({ id: z.string(), similarity: z.number().nullable(), content: z.string() }))
    .describe('What is live and nearest to it; without a similarity: what recall finds by its text.'),
  slots: z.array(
    z.object({
      subject: z.string(),
      attribute: z.string(),
      value: z.string(),
      filled_by: z.array(
        z.object({ kind: z.string(), id: z.string(), value: z.string(), trust: z.string() }),
      ),
      contradicts: z.array(z.string()).describe('Those with which promoting it would open a conflict.'),
      joins: z.string().nullable().describe('The open conflict that it would join.'),
    }),
  ),
})

export const waitingGroup = z.object({
  project: z.string().nullable(),
  source: z.object({
    kind: z.enum(['document', 'import', 'session', 'person', 'agent', 'key', 'system']),
    name: z.string().nullable(),
  }),
  items: z.array(waitingItem),
})

type Group = z.infer<typeof waitingGroup>
type Source = Group['source']

export interface WaitingFilter {
  readonly project?: string | undefined
  readonly kind?: string | undefined
  readonly author?: string | undefined
}

interface Page {
  readonly limit: number
  /** Ids before this one only. */
  readonly before: string | undefined
}

/** At most `limit`, of all kinds; ids ascend with time. */
export async function findWaiting(
  tx: ReadHandle,
  { project, kind, author }: WaitingFilter,
  page: Page,
): Promise<Found[]> {
  const fields = { project, author, ...(kind === undefined ? {} : { kinds: [kind] }) }
  const candidates = await tx.memories.list({ ...fields, statuses: ['candidate'] }, page)
  const lowered = await tx.memories.list({ ...fields, statuses: ['active'], trusts: ['untrusted'] }, page)
  const found: Found[] = [...candidates, ...lowered].map(record => ({ kind: 'memory', record }))
  // Only memories have an author.
  if (author === undefined) {
    const types = kind === undefined ? [] : [kind]
    const entities = await tx.entities.list({ project, types, statuses: ['candidate'] }, page)
    const relationships = await tx.relationships.candidates({ project, types }, page)
    found.push(...entities.map(record => ({ kind: 'entity' as const, record })))
    found.push(...relationships.map(record => ({ kind: 'relationship' as const, record })))
  }
  return found.toSorted((a, b) => (a.record.id < b.record.id ? 1 : -1)).slice(0, page.limit)
}

/** By project and source, in the order in which each comes first. */
export async function groupsOf(tx: ReadHandle, waiting: readonly Found[], now: string): Promise<Group[]> {
  const documents = waiting.flatMap(({ kind, record }) =>
    kind === 'memory' ? (record.document_id ?? []) : [],
  )
  const sources = await tx.documents.sources([...new Set(documents)])
  const groups = new Map<string, Group>()
  for (const found of waiting) {
    const told = await tx.journal.firstAbout(found.kind, found.record.id)
    const source = sourceOf(found, { told, sources })
    const { project } = found.record
    const key = JSON.stringify([project, source])
    const group = groups.get(key) ?? { project, source, items: [] }
    group.items.push(await toItem(tx, found, { told, now }))
    groups.set(key, group)
  }
  return [...groups.values()]
}

function sourceOf(
  { kind, record }: Found,
  { told, sources }: { told: JournalRecord | null; sources: ReadonlyMap<string, string> },
): Source {
  const memory: Partial<Memory> = kind === 'memory' ? record : {}
  const { document_id = null, origin_id = null, author = null } = memory
  const session = memory.session_id ?? told?.session ?? null
  if (document_id !== null) return { kind: 'document', name: sources.get(document_id) ?? null }
  if (origin_id !== null) return { kind: 'import', name: told?.note ?? null }
  if (session !== null) return { kind: 'session', name: session }
  return { kind: told?.actor_kind ?? 'system', name: author ?? told?.client ?? null }
}

async function toItem(
  tx: ReadHandle,
  found: Found,
  { told, now }: { told: JournalRecord | null; now: string },
) {
  const { kind: subject, record } = found
  const { id, status, trust, recorded_at } = record
  const slots = await slotsOf(tx, found, now)
  return {
    id,
    subject,
    kind: subject === 'memory' ? record.kind : record.type,
    ...(await sayingOf(tx, found)),
    status,
    trust,
    recorded_at,
    by: told?.actor_kind ?? null,
    through: told?.client ?? null,
    operation: told?.operation ?? null,
    note: told?.note ?? null,
    near: await nearestTo(tx, found, now),
    slots: slots.map(slot => ({
      ...slot,
      filled_by: [...slot.filled_by],
      contradicts: [...slot.contradicts],
    })),
  }
}

async function sayingOf(tx: ReadHandle, { kind, record }: Found) {
  if (kind === 'memory') {
    const { content, title, tags, author } = record
    return { content, title, tags: [...tags], author }
  }
  if (kind === 'entity') return { content: textOf(record), title: record.name, tags: [], author: null }
  const [view] = await viewsOf(tx, [record])
  return { content: sentenceOf(view!), title: null, tags: [], author: null }
}
