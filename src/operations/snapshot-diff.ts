import * as z from 'zod'
import type { TableDiff } from '../evolve/snapshot/diff.ts'
import * as fields from './fields.ts'
import { type Context, defineOperation } from './operation.ts'
import { mustBeReadable } from './snapshot-view.ts'

const ids = z.array(z.string())

const tableDiff = z.object({
  table: z.string(),
  added: z.int(),
  removed: z.int(),
  changed: z.int(),
  ids: z.object({ added: ids, removed: ids, changed: ids }).describe('The first few of each.'),
})

export const snapshotDiff = defineOperation({
  name: 'snapshot_diff',
  summary: 'Say which rows changed between two snapshots, or since one of them.',
  example: 'snapshot diff 20260131-120000-0badcafe',
  effects: 'read',
  idempotent: true,
  scope: 'admin',
  positional: ['from', 'to'],
  opens: 'nothing',
  input: z.object({
    from: fields.snapshot.describe('The id of the earlier snapshot.'),
    to: fields.snapshot.optional().describe('The id of the later one; the store as it is now by default.'),
    dir: fields.snapshotFolder.optional(),
  }),
  output: z.object({
    from: z.string(),
    to: z.string().nullable().describe('Null for the store as it is now.'),
    same: z.boolean(),
    tables: z.array(tableDiff).describe('Only those with rows that differ.'),
  }),
  run: async ({ from, to, dir }, context) => {
    const found = await differences({ from, to, folder: context.upkeep.folder(dir) }, context)
    const tables = found.map(table => ({ ...table, ids: copied(table.ids) }))
    return { from, to: to ?? null, same: tables.length === 0, tables }
  },
})

async function differences(
  { from, to, folder }: { readonly from: string; readonly to: string | undefined; readonly folder: string },
  { upkeep, signal, progress }: Context,
): Promise<TableDiff[]> {
  const { diffSnapshots } = await import('../evolve/snapshot/diff.ts')
  const options = { folder, before: from, signal, progress }
  if (to !== undefined) return diffSnapshots({ ...options, after: to })
  const engine = await upkeep.connect()
  try {
    await mustBeReadable(engine, 'rows')
    return await engine.read(
      async db => diffSnapshots({ ...options, after: { db, present: await engine.tableNames(db) } }),
      signal,
    )
  } finally {
    await engine.close()
  }
}

function copied({ added, removed, changed }: TableDiff['ids']) {
  return { added: [...added], removed: [...removed], changed: [...changed] }
}
