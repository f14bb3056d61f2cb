import * as z from 'zod'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { toFilter } from './recall-filter.ts'
import { strengthView, toStrengthView } from './strength-view.ts'

const input = z.object({
  project: fields.filters.project,
  limit: fields.limit.optional(),
})

const dueMemory = z.object({
  id: z.string(),
  kind: z.string(),
  project: z.string().nullable(),
  title: z.string().nullable(),
  content: z.string(),
  strength: strengthView,
})

const output = z.object({
  results: z.array(dueMemory),
  truncated: z.boolean(),
  notices: z.array(z.string()),
})

export const due = defineOperation({
  name: 'due',
  summary: 'List the memories that are due for a review, those that are overdue longest first.',
  example: 'due --project apollo --limit 5',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: async ({ project, limit = 10 }, { store, principal, now, signal }) => {
    const at = now()
    const { found, notices } = await store.read(
      principal,
      async tx => {
        const { filter, notices } = await toFilter(tx, project === undefined ? {} : { project })
        return { found: await tx.strengths.due({ project: filter.project, at, limit: limit + 1 }), notices }
      },
      signal,
    )
    const results = found.slice(0, limit).map(async ({ memory, strength }) => {
      const { id, kind, project, title, content } = memory
      return { id, kind, project, title, content, strength: await toStrengthView(strength, at) }
    })
    return {
      results: await Promise.all(results),
      truncated: found.length > limit,
      notices: found.length === 0 ? [...notices, NONE] : notices,
    }
  },
})

const NONE =
  'Nothing is due. A memory is scheduled when it is graded, or used in an answer: heirloom grade <id> good'
