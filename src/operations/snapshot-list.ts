import * as z from 'zod'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { snapshotFields, toSnapshotView } from './snapshot-view.ts'

const sound = z.object({ status: z.literal('ok'), ...snapshotFields })
const damaged = z.object({ status: z.literal('damaged'), id: z.string(), problem: z.string() })

export const snapshotList = defineOperation({
  name: 'snapshot_list',
  summary: 'List the snapshots of the store, newest first, also where the store itself is lost.',
  example: 'snapshot list',
  effects: 'read',
  idempotent: true,
  scope: 'admin',
  positional: [],
  opens: 'nothing',
  input: z.object({ dir: fields.snapshotFolder.optional() }),
  output: z.object({
    folder: z.string(),
    snapshots: z.array(z.discriminatedUnion('status', [sound, damaged])),
  }),
  run: async ({ dir }, { upkeep }) => {
    const { listSnapshots } = await import('../evolve/snapshot/list.ts')
    const folder = upkeep.folder(dir)
    const listed = await listSnapshots(folder)
    return {
      folder,
      snapshots: listed
        .toReversed()
        .map(one =>
          one.status === 'ok' ? { status: one.status, ...toSnapshotView(one.manifest) } : { ...one },
        ),
    }
  },
})
