import * as z from 'zod'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'

export const snapshotVerify = defineOperation({
  name: 'snapshot_verify',
  summary: 'Read every part of a snapshot as a restore would, and say what is wrong with it.',
  example: 'snapshot verify 20260131-120000-0badcafe',
  effects: 'read',
  idempotent: true,
  scope: 'admin',
  positional: ['id'],
  opens: 'nothing',
  input: z.object({ id: fields.snapshot, dir: fields.snapshotFolder.optional() }),
  output: z.object({
    id: z.string(),
    folder: z.string(),
    ok: z.boolean(),
    problems: z.array(z.string()).describe('Each names the part.'),
    digest: z
      .string()
      .nullable()
      .describe('Of what was read back; null where that could not be, or has no version.'),
  }),
  run: async ({ id, dir }, { upkeep, signal, progress }) => {
    const { verifySnapshot } = await import('../evolve/snapshot/verify.ts')
    const folder = upkeep.folder(dir)
    const { digestOfFile } = upkeep
    const { ok, problems, digest } = await verifySnapshot(folder, id, { signal, progress, digestOfFile })
    return { id, folder, ok, problems: [...problems], digest: digest?.state ?? null }
  },
})
