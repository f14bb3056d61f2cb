import * as z from 'zod'
import type { Memory } from '../model/memory.ts'
import type { EndPlace } from '../store/memories.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'

const DAY = 24 * 60 * 60 * 1000

/** Days ahead, or back. */
const USUAL = 30
const MOST = 36_500

const within = z
  .preprocess(value => (typeof value === 'number' ? `${value}d` : value), z.string().trim().toLowerCase())
  .transform((value, ctx): number => {
    const [, count = '', unit = 'd'] = /^(\d{1,5})\s*(d|w)?$/.exec(value) ?? []
    const days = Number(count) * (unit === 'w' ? 7 : 1)
    if (count !== '' && days >= 1 && days <= MOST) return days
    ctx.addIssue({
      code: 'custom',
      message: `"${value.slice(0, 40).toWellFormed()}" is no span; write days or weeks, such as 30d or 4w`,
    })
    return z.NEVER
  })
  .describe('How far to look, in days or weeks: 30d by default.')

const input = z.object({
  within: within.optional(),
  past: z
    .boolean()
    .optional()
    .describe('What has expired within that span, latest first, in the place of what will.'),
  project: fields.project.optional().describe('Only memories of this project, by its name or an alias.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
})

const result = z.object({
  id: z.string(),
  valid_until: z.string(),
  kind: z.string(),
  project: z.string().nullable(),
  title: z.string().nullable(),
  content: z.string(),
  trust: z.string(),
  recorded_at: z.string(),
})

const output = z.object({
  from: z.string(),
  until: z.string(),
  results: z.array(result),
  cursor: z.string().nullable(),
  truncated: z.boolean(),
  notices: z.array(z.string()),
})

export const expiring = defineOperation({
  name: 'expiring',
  summary:
    'List active memories that leave recall soon because they cease to be valid, or that left it lately.',
  example: 'expiring --within 30d --project apollo',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: ({ within = USUAL, past = false, project, limit = 20, cursor }, { store, principal, signal, now }) => {
    const at = now()
    const other = new Date(Date.parse(at) + (past ? -1 : 1) * within * DAY).toISOString()
    const [from, until] = past ? [other, at] : [at, other]
    return store.read(
      principal,
      async tx => {
        const signing = { secret: await tx.settings.cursorSecret(), principal, operation: 'expiring' }
        const after = cursor === undefined ? null : placeIn(mustReadCursor(cursor, signing))
        const known = project === undefined ? undefined : ((await tx.projects.resolve(project)) ?? project)
        const order = past ? ('desc' as const) : ('asc' as const)
        const found = await tx.memories.ending({
          from,
          until,
          project: known,
          order,
          after,
          limit: limit + 1,
        })
        const page = found.slice(0, limit)
        const last = page.at(-1)
        const truncated = found.length > limit
        return {
          from,
          until,
          results: page.map(toResult),
          cursor:
            truncated && last !== undefined ? toCursor(`${last.valid_until} ${last.id}`, signing) : null,
          truncated,
          notices: page.length === 0 ? [nothing(past, within)] : [],
        }
      },
      signal,
    )
  },
})

function placeIn(position: string): EndPlace {
  const [valid_until = '', id = ''] = position.split(' ')
  return { valid_until, id }
}

function toResult({ id, valid_until, kind, project, title, content, trust, recorded_at }: Memory) {
  return { id, valid_until: valid_until ?? '', kind, project, title, content, trust, recorded_at }
}

function nothing(past: boolean, days: number): string {
  const span = days === 1 ? '1 day' : `${days} days`
  return past ? `Nothing has expired within ${span}.` : `Nothing expires within ${span}.`
}
