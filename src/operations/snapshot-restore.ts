import * as z from 'zod'
import type { Restored } from '../evolve/restoring.ts'
import type { Manifest } from '../evolve/snapshot/manifest.ts'
import { HeirloomError } from '../model/errors.ts'
import { LIMITS } from '../model/memory.ts'
import * as fields from './fields.ts'
import { type Context, defineOperation } from './operation.ts'

const input = z.object({
  id: fields.snapshot,
  to: fields
    .text(LIMITS.path)
    .refine(value => value.trim() !== '', 'must not be empty')
    .describe('The address of the store to restore to: a new place, of either engine.'),
  replace: z.boolean().optional().describe('Let the snapshot replace what is there.'),
  dir: fields.snapshotFolder.optional(),
})

export const snapshotRestore = defineOperation({
  name: 'snapshot_restore',
  summary: 'Bring a snapshot back as a store, in a new place or in place of what is there.',
  example: 'snapshot restore 20260131-120000-0badcafe --to restored.db',
  effects: 'destructive',
  idempotent: true,
  scope: 'admin',
  positional: ['id'],
  opens: 'nothing',
  input,
  output: z.object({
    id: z.string(),
    to: z.string(),
    kind: z.enum(['rows', 'file']),
    schema_version: z.int(),
    memories: z.int().nullable(),
    digest: z.string().nullable().describe('Of what is known; null for tables without a version.'),
    receipt: z.string().nullable().describe('The run in the restored store that keeps it.'),
  }),
  run: async (input, context) => {
    const folder = context.upkeep.folder(input.dir)
    const { mustReadManifest } = await import('../evolve/snapshot/manifest.ts')
    const manifest = await mustReadManifest(folder, input.id)
    const { location } = context.upkeep.locate(input.to)
    const restored = await bringBack(manifest, { folder, ...input }, context)
    return {
      id: manifest.id,
      to: location,
      kind: manifest.kind,
      memories: manifest.tables.memories?.rows ?? null,
      digest: manifest.digest?.state ?? null,
      ...restored,
    }
  },
})

interface Wanted {
  readonly folder: string
  readonly to: string
  readonly replace?: boolean | undefined
}

async function bringBack(
  manifest: Manifest,
  { folder, to, replace = false }: Wanted,
  { upkeep, signal, progress }: Context,
): Promise<Restored> {
  const { restoreToFile, restoreToStore } = await import('../evolve/restoring.ts')
  const call = { signal, progress }
  const { file } = upkeep.locate(to)
  if (manifest.kind === 'file' && file === null) throw noFile(manifest.id, to)
  const engine = await upkeep.reach(to)
  try {
    const restoring = { folder, manifest, replace, surroundings: upkeep.surroundings(call) }
    if (manifest.kind === 'file' && file !== null) return await restoreToFile(file, engine, restoring)
    return await restoreToStore(engine, { ...restoring, taker: upkeep.taker(engine, call) })
  } finally {
    await engine.close()
  }
}

function noFile(id: string, to: string): HeirloomError {
  return new HeirloomError(
    'UNSUPPORTED',
    `Snapshot ${id} is the copy of a SQLite file and cannot go to ${to.split(':')[0]}:. Restore it to a path, take a snapshot of that store (heirloom snapshot create --store <path>), and restore that one, which is of rows.`,
  )
}
