import * as z from 'zod'
import { SUBJECT_KINDS } from '../model/journal.ts'
import type { Verification } from '../store/journal-reader.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { toUndoableViews, undoableView } from './journal-view.ts'
import { defineOperation } from './operation.ts'

const input = z.object({
  subject_id: fields.name.optional().describe('Only entries about this record.'),
  subject_kind: z.enum(SUBJECT_KINDS).optional().describe('Only entries about this kind of record.'),
  operation: fields.name.optional().describe('Only entries of this operation.'),
  actor_kind: z
    .enum(['person', 'agent', 'key', 'system'])
    .optional()
    .describe('Only entries by this kind of actor.'),
  after: fields.time.optional().describe('Only entries at or after this time.'),
  before: fields.time.optional().describe('Only entries before this time.'),
  verify: z.boolean().optional().describe('Walk the whole chain and say whether it holds.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
})

const verification = z.object({
  ok: z.boolean(),
  entries: z.int(),
  head: z.string(),
  broken: z.object({ sequence: z.int(), reason: z.string() }).nullable(),
})

const output = z.object({
  entries: z.array(undoableView),
  cursor: z.string().nullable(),
  truncated: z.boolean(),
  verification: verification.nullable(),
})

export const journal = defineOperation({
  name: 'journal',
  summary: 'Read the log of every change, newest first, and verify its hash chain.',
  example: 'journal --verify --limit 5',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: ({ verify, limit = 10, cursor, after, before, ...rest }, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const signing = { secret: await tx.settings.cursorSecret(), principal, operation: 'journal' }
        const entries = await tx.journal.entries({
          ...rest,
          after_time: after,
          before_time: before,
          limit: limit + 1,
          before: cursor === undefined ? undefined : Number(mustReadCursor(cursor, signing)),
        })
        const page = entries.slice(0, limit)
        const truncated = entries.length > limit
        const last = page.at(-1)
        return {
          entries: await toUndoableViews(tx.journal, page),
          cursor: truncated && last !== undefined ? toCursor(String(last.sequence), signing) : null,
          truncated,
          verification: verify ? toView(await tx.journal.verify()) : null,
        }
      },
      signal,
    ),
})

function toView({ entries, head, broken }: Verification): z.infer<typeof verification> {
  return { ok: broken === null, entries, head, broken: broken === null ? null : { ...broken } }
}
