import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { Run } from '../store/runs.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'

const input = z.object({
  id: fields.id.optional().describe('The id of one run, to see what it could not take along as well.'),
  limit: fields.limit.default(10),
})

const runView = z.object({
  id: z.string(),
  kind: z.enum(['migrate', 'reindex', 'restore', 'backfill']),
  target: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  counts: z.record(z.string(), z.number()),
  snapshot: z.string().nullable().describe('The snapshot that was taken before, or restored.'),
  receipt: z.unknown().describe('What it did, as it says itself; null while it runs.'),
})

const runError = z.object({ subject_kind: z.string(), subject_id: z.string(), reason: z.string() })

export const runs = defineOperation({
  name: 'runs',
  summary:
    'Show the latest upgrades, rebuilds, restores and back-fills with their receipts, or one with its errors.',
  example: 'runs --limit 5',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output: z.object({
    runs: z.array(runView),
    errors: z.array(runError).nullable().describe('Only where one run is asked for.'),
    truncated: z.boolean(),
  }),
  run: async ({ id, limit }, { store, principal, signal }) =>
    store.read(
      principal,
      async ({ runs }) => {
        if (id === undefined) {
          const found = await runs.latest(limit + 1)
          const truncated = found.length > limit
          return { runs: found.slice(0, limit).map(toRunView), errors: null, truncated }
        }
        const run = await runs.find(id)
        if (run === null) {
          throw new HeirloomError('NOT_FOUND', `There is no run ${id}. The latest: heirloom runs`)
        }
        const errors = await runs.errors(id, limit)
        return { runs: [toRunView(run)], errors, truncated: (await runs.countErrors(id)) > errors.length }
      },
      signal,
    ),
})

function toRunView({ cursor: _cursor, fingerprint: _fingerprint, snapshot_id, ...run }: Run) {
  return { ...run, counts: { ...run.counts }, snapshot: snapshot_id }
}
