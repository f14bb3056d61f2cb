import * as z from 'zod'
import { CONFLICT_STATUSES } from '../model/conflict.ts'
import { conflictView, toConflictView } from './conflict-view.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { toFilter } from './recall-filter.ts'

const input = z.object({
  project: fields.project.optional().describe('Only conflicts in this project, by its name or an alias.'),
  status: z.enum(CONFLICT_STATUSES).optional().describe('Only those in this state; open by default.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
})

const output = z.object({
  conflicts: z.array(conflictView),
  cursor: z.string().nullable(),
  truncated: z.boolean(),
  notices: z.array(z.string()),
})

export const conflicts = defineOperation({
  name: 'conflicts',
  summary: 'List contradictions between what memories and entities claim, newest first.',
  example: 'conflicts --project apollo --status open',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: ({ status = 'open', limit = 20, cursor, project }, { store, principal, signal, now }) =>
    store.read(
      principal,
      async tx => {
        const { filter, notices } = await toFilter(tx, { project })
        const signing = { secret: await tx.settings.cursorSecret(), principal, operation: 'conflicts' }
        const before = cursor === undefined ? undefined : mustReadCursor(cursor, signing)
        const found = await tx.conflicts.list(
          { status, project: filter.project },
          { limit: limit + 1, before },
        )
        const page = found.slice(0, limit)
        const truncated = found.length > limit
        const last = page.at(-1)
        const at = now()
        return {
          conflicts: page.map(conflict => toConflictView(conflict, at)),
          cursor: truncated && last !== undefined ? toCursor(last.id, signing) : null,
          truncated,
          notices,
        }
      },
      signal,
    ),
})
