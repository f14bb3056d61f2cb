import * as z from 'zod'
import { partName } from '../evolve/snapshot/folder.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { mustBeReadable, snapshotFields, toSnapshotView } from './snapshot-view.ts'

const input = z.object({
  kind: z
    .enum(['rows', 'file'])
    .default('rows')
    .describe('Rows, which share what is unchanged and fit either engine, or a copy of a SQLite file.'),
  tag: fields.name.optional().describe('A word to find it by; prune can keep what has one.'),
  reason: fields.note.optional().describe('Why it is taken.'),
  dir: fields.snapshotFolder.optional(),
})

const part = z.object({
  file: z.string().describe('In the folder.'),
  table: z.string().nullable().describe('Null for the copy of a file.'),
  rows: z.int().nullable(),
  bytes: z.int(),
  stored_bytes: z.int(),
  hash: z.string().describe('SHA-256 of the bytes before they were compressed.'),
})

export const snapshotCreate = defineOperation({
  name: 'snapshot_create',
  summary: 'Take a copy of the whole store, and read it back before it counts.',
  example: 'snapshot create --tag nightly',
  effects: 'write',
  idempotent: false,
  scope: 'admin',
  positional: [],
  opens: 'nothing',
  input,
  output: z.object({ store: z.string(), folder: z.string(), ...snapshotFields, parts: z.array(part) }),
  run: async ({ dir, kind, tag, reason }, { upkeep, signal, progress }) => {
    const folder = upkeep.folder(dir)
    const engine = await upkeep.connect()
    try {
      await mustBeReadable(engine, kind)
      const call = { signal, progress }
      const manifest = await upkeep.takeSnapshot(engine, { call, dir, kind, tag, reason })
      const parts = manifest.parts.map(({ hash, table, rows, bytes, stored_bytes }) => {
        return { file: partName(hash, kind), table, rows, bytes, stored_bytes, hash }
      })
      return { store: engine.location, folder, ...toSnapshotView(manifest), parts }
    } finally {
      await engine.close()
    }
  },
})
