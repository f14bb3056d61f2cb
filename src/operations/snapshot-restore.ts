import * as z from 'zod'
import type { Restored } from '../evolve/restoring.ts'
import type { Manifest } from '../evolve/snapshot/manifest.ts'
import { HeirloomError } from '../model/errors.ts'
import { LIMITS } from '../model/memory.ts'
import type { Engine } from '../store/engine.ts'
import * as fields from './fields.ts'
import { type Context, defineOperation } from './operation.ts'
import type { Upkeep } from './upkeep.ts'

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
    set_aside: z.string().nullable().describe('Where a store now is that was too damaged to be replaced.'),
    notices: z.array(z.string()),
  }),
  run: async (input, context) => {
    const folder = context.upkeep.folder(input.dir)
    const { mustReadManifest } = await import('../evolve/snapshot/manifest.ts')
    const manifest = await mustReadManifest(folder, input.id)
    const { location } = context.upkeep.locate(input.to)
    const restored = await bringBack(manifest, { folder, ...input }, context)
    const notices = await reached(context.upkeep, input.to, engine => remoteNotices(engine, input.to))
    return {
      id: manifest.id,
      to: location,
      kind: manifest.kind,
      memories: manifest.tables.memories?.rows ?? null,
      digest: manifest.digest?.state ?? null,
      ...restored,
      notices,
    }
  },
})

/** Whoever restores a store may not know that it sends what is remembered away. */
async function remoteNotices(engine: Engine, to: string): Promise<string[]> {
  return engine.read(async db => {
    if (!(await engine.tableNames(db)).has('spaces')) return []
    const spaces = await db.selectFrom('spaces').select(['name', 'provider']).orderBy('number').execute()
    return spaces
      .filter(({ provider }) => provider.startsWith('http:'))
      .map(
        ({ name, provider }) =>
          `Its space "${name}" sends every text to ${new URL(provider.slice('http:'.length)).host}, and the key in HEIRLOOM_EMBEDDING_KEY with it. If that is not wanted: heirloom space drop ${name} --store ${to}`,
      )
  })
}

interface Wanted {
  readonly folder: string
  readonly to: string
  readonly replace?: boolean | undefined
}

async function bringBack(
  manifest: Manifest,
  { folder, to, replace = false }: Wanted,
  { upkeep, signal, progress }: Context,
): Promise<Restored & { set_aside: string | null }> {
  const { isBeyondUse, restoreToFile, restoreToStore, setAside } = await import('../evolve/restoring.ts')
  const call = { signal, progress }
  const { file, location } = upkeep.locate(to)
  if (manifest.kind === 'file' && file === null) throw noFile(manifest.id, to)
  const restoring = { folder, manifest, replace, surroundings: upkeep.surroundings(call) }
  const attempt = () =>
    reached(upkeep, to, engine =>
      manifest.kind === 'file' && file !== null
        ? restoreToFile(file, engine, restoring)
        : restoreToStore(engine, { ...restoring, taker: upkeep.taker(engine, call) }),
    )
  try {
    return { ...(await attempt()), set_aside: null }
  } catch (error) {
    if (!replace || file === null || !isBeyondUse(error, location, manifest)) throw error
    const set_aside = await reached(upkeep, to, engine => setAside(file, engine, restoring))
    return { ...(await attempt()), set_aside }
  }
}

async function reached<T>(upkeep: Upkeep, to: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await upkeep.reach(to)
  try {
    return await work(engine)
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
