import * as z from 'zod'
import type { MemoryFilter } from '../store/memory-filter.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { memoryView, toMemoryView } from './memory-view.ts'
import { defineOperation } from './operation.ts'
import { toFilter } from './recall-filter.ts'

/** Counting stops here: an exact total of a large store would cost more than the page. */
const COUNTED = 10_000

const input = z.object({
  ...fields.filters,
  valid_at: fields.time.optional().describe('Only what holds at this time.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
})

const output = z.object({
  results: z.array(memoryView),
  cursor: z.string().nullable(),
  total: z.int(),
  total_is_capped: z.boolean(),
  truncated: z.boolean(),
  notices: z.array(z.string()),
})

export const list = defineOperation({
  name: 'list',
  summary: 'List memories, newest first, narrowed by any of their fields.',
  example: 'list --project apollo --kind decision --limit 20',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: ({ limit = 10, cursor, valid_at, ...rest }, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const resolved = await toFilter(tx, rest)
        const filter: MemoryFilter = {
          statuses: ['active'],
          ...resolved.filter,
          ...(valid_at === undefined ? {} : { valid_at }),
        }
        const signing = { secret: await tx.settings.cursorSecret(), principal, operation: 'list' }
        const before = cursor === undefined ? undefined : mustReadCursor(cursor, signing)
        const found = await tx.memories.list(filter, { limit: limit + 1, before })
        const page = found.slice(0, limit)
        const sources = await tx.documents.sources([
          ...new Set(page.flatMap(memory => memory.document_id ?? [])),
        ])
        const total = await tx.memories.count(filter, COUNTED + 1)
        const truncated = found.length > limit
        const last = page.at(-1)
        return {
          results: page.map(memory => toMemoryView(memory, sources.get(memory.document_id ?? '') ?? null)),
          cursor: truncated && last !== undefined ? toCursor(last.id, signing) : null,
          total: Math.min(total, COUNTED),
          total_is_capped: total > COUNTED,
          truncated,
          notices: resolved.notices,
        }
      },
      signal,
    ),
})
