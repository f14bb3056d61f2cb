import * as z from 'zod'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'

const count = z.int().min(0).max(100_000).optional()

const verdict = z.object({ id: z.string(), why: z.string() })

export const snapshotPrune = defineOperation({
  name: 'snapshot_prune',
  summary: 'Plan by rule which snapshots stay and which go, and remove them only when told to.',
  example: 'snapshot prune --keep-daily 7 --keep-weekly 4',
  effects: 'destructive',
  idempotent: true,
  scope: 'admin',
  positional: [],
  opens: 'nothing',
  input: z.object({
    keep_last: count.describe('Keep the newest so many.'),
    keep_daily: count.describe('Keep the newest of each of so many days that have one.'),
    keep_weekly: count.describe('Keep the newest of each of so many weeks, from Monday.'),
    keep_monthly: count.describe('Keep the newest of each of so many months.'),
    keep_tagged: z.boolean().optional().describe('Keep every one that has a tag.'),
    apply: z.boolean().optional().describe('Remove them; without it nothing is removed.'),
    dir: fields.snapshotFolder.optional(),
  }),
  output: z.object({
    folder: z.string(),
    applied: z.boolean(),
    keep: z.array(verdict),
    remove: z.array(verdict),
    parts_removed: z.int().describe('Or that would be, where it was only planned.'),
    bytes_freed: z.int(),
  }),
  run: async ({ dir, apply = false, ...rules }, { upkeep, now, signal, progress }) => {
    const { pruneSnapshots } = await import('../evolve/snapshot/prune.ts')
    const folder = upkeep.folder(dir)
    const pruned = await pruneSnapshots(folder, rules, { apply, now, signal, progress })
    return { folder, ...pruned, keep: [...pruned.keep], remove: [...pruned.remove] }
  },
})
