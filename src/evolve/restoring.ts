/**
 * From a snapshot to a store that can be used: the place made or emptied, derived parts filled, a receipt left in it.
 * Everything that can be refused is refused before the place is touched.
 */
import { promises } from 'node:fs'
import { join } from 'node:path'
import { HeirloomError } from '../model/errors.ts'
import { ARTEFACTS } from '../store/artefacts/artefact.ts'
import { demandBackfills } from '../store/backfills.ts'
import { demandEmbeddings } from '../store/embedding-demand.ts'
import type { Database, Engine } from '../store/engine.ts'
import type { Change, Exclusive } from '../store/exclusive.ts'
import { addRun } from '../store/runs.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '../store/schema/index.ts'
import { planMigrations } from '../store/schema/registry.ts'
import { renewVectorEpoch } from '../store/vector-epoch.ts'
import { fillStore } from './filling.ts'
import { settleSpaces } from './first-space.ts'
import { makeReady } from './opening.ts'
import { dropArtefact } from './rebuild.ts'
import { onDisk, sizeOf } from './snapshot/disk.ts'
import { partName } from './snapshot/folder.ts'
import type { Manifest } from './snapshot/manifest.ts'
import { filePart } from './snapshot/read-back.ts'
import { mustBeEmpty, mustBeSound, restoreFile, restoreRows } from './snapshot/restore.ts'
import type { Surroundings } from './surroundings.ts'
import type { SnapshotTaker } from './upgrade.ts'

export interface Restoring {
  readonly folder: string
  readonly manifest: Manifest
  /** Whether what is at the place may go. */
  readonly replace: boolean
  readonly surroundings: Surroundings
}

export interface Restored {
  /** Of the store, which is that of the snapshot for the copy of a file. */
  readonly schema_version: number
  /** The run that keeps the receipt; null where the restored schema has no table of runs. */
  readonly receipt: string | null
}

/**
 * Rows, into a store of either engine.
 * @throws CONFLICT where something is there and `replace` is false, and what `mustBeSound` and `restoreRows` throw.
 */
export async function restoreToStore(
  engine: Engine,
  restoring: Restoring & { readonly taker: SnapshotTaker | null },
): Promise<Restored> {
  const { folder, manifest, replace, surroundings, taker } = restoring
  const started_at = surroundings.now()
  await mustTake(engine, replace)
  await mustBeSound(manifest, { ...surroundings, folder, kind: 'rows' })
  await makeReady(engine, { mayCreate: true, mayChange: true, snapshot: taker, surroundings })
  const { signal } = surroundings
  return engine.exclusively(
    purposeOf(manifest),
    async held => {
      const target = {
        engine,
        held,
        emptyDerived: (change: Change) => dropDerived({ engine, change, held }, surroundings),
        // Dropping them has begun the runs that fill them.
        demandRebuild: async () => undefined,
      }
      await restoreRows(target, { ...surroundings, folder, id: manifest.id, replace, proved: manifest })
      // A snapshot does not tell whether its store was looked through for links.
      await held.write(({ db }) => demandBackfills(db, surroundings.now()))
      await held.write(async ({ db }) => {
        await settleSpaces(db)
        await demandEmbeddings(db)
      })
      await fillStore(engine, held, surroundings)
      const receipt = await held.write(({ db }) => keepReceipt(db, restoring, started_at))
      return { schema_version: SCHEMA_VERSION, receipt }
    },
    { signal },
  )
}

/**
 * Moves a damaged SQLite store out of the way, with its logs, once the snapshot that is to take its place has proved
 * sound. Gives the path that it has then.
 */
export async function setAside(file: string, engine: Engine, restoring: Restoring): Promise<string> {
  const { folder, manifest, surroundings } = restoring
  await mustBeSound(manifest, { ...surroundings, folder, kind: manifest.kind })
  const to = `${file}.damaged-${surroundings.now().replaceAll(/\D/g, '')}`
  await engine.exclusively(
    'set a damaged store aside',
    async () => {
      for (const end of ['-wal', '-shm', '-journal', '']) {
        if ((await onDisk(file, () => sizeOf(`${file}${end}`))) !== null) {
          await promises.rename(`${file}${end}`, `${to}${end}`)
        }
      }
    },
    { signal: surroundings.signal },
  )
  return to
}

/**
 * Whether a place that a snapshot is to replace is so damaged that nothing can be written into it. What is no database
 * any more counts as the store only where the snapshot was taken of that very place.
 */
export function isBeyondUse(error: unknown, location: string, { store }: Manifest): boolean {
  if (!(error instanceof HeirloomError)) return false
  return (
    error.code === 'STORE_CORRUPT' ||
    (error.code === 'NOT_A_STORE' && isNoDatabase(error) && store.location === location)
  )
}

function isNoDatabase({ cause }: HeirloomError): boolean {
  return (cause as { code?: unknown } | undefined)?.code === 'SQLITE_NOTADB'
}

function purposeOf({ id }: Manifest): string {
  return `restore snapshot ${id}`
}

/** Before anything is read: an older store would be moved to this build's schema only to be refused then. */
async function mustTake(engine: Engine, replace: boolean): Promise<void> {
  const { location } = engine
  const plan = planMigrations(MIGRATIONS, await engine.survey(), { location })
  if (replace || plan.action === 'create') return
  if (plan.action === 'nothing') return engine.read(db => mustBeEmpty(db, location))
  throw new HeirloomError(
    'CONFLICT',
    `${location} holds a store of an older schema. Restore to a new place, or let the snapshot replace it: --replace`,
  )
}

async function dropDerived(
  { engine, change, held }: { engine: Engine; change: Change; held: Exclusive },
  surroundings: Surroundings,
): Promise<void> {
  for (const artefact of ARTEFACTS)
    await dropArtefact({ engine, change, permit: held }, artefact, surroundings)
}

/**
 * The copy of a SQLite file, to a path. What is there may be a store that this build cannot open.
 * @throws CONFLICT where something is there and `replace` is false, NOT_A_STORE where that is another program's.
 */
export async function restoreToFile(file: string, engine: Engine, restoring: Restoring): Promise<Restored> {
  const { folder, manifest, replace, surroundings } = restoring
  const started_at = surroundings.now()
  const isThere = (await onDisk(file, () => sizeOf(file))) !== null
  if (replace && isThere) {
    await mustBeStore(engine)
    await mustBeSound(manifest, { ...surroundings, folder, kind: 'file' })
    const copy = join(folder, partName(filePart(manifest).hash, 'file'))
    await engine.exclusively(purposeOf(manifest), async held => engine.replaceBy?.(held, copy), {
      signal: surroundings.signal,
    })
  } else {
    if (replace) await clearLeftovers(file)
    await restoreFile({ ...surroundings, folder, id: manifest.id, to: file })
  }
  const { schema_version } = manifest
  const isKnown = schema_version > 0 && schema_version <= SCHEMA_VERSION
  return { schema_version, receipt: isKnown ? await keepReceiptIn(engine, restoring, started_at) : null }
}

async function mustBeStore(engine: Engine): Promise<void> {
  const stored = await engine.survey().catch((error: unknown) => {
    // Bringing it back is what a snapshot is for.
    if (error instanceof HeirloomError && error.code === 'STORE_CORRUPT') return null
    throw error
  })
  if (stored?.kind !== 'foreign') return
  throw new HeirloomError(
    'NOT_A_STORE',
    `${engine.location} is not a store: ${stored.reason}. Restore to another path; nothing was changed.`,
  )
}

/** The logs of a database that is gone: SQLite would play them back into the new one. */
async function clearLeftovers(file: string): Promise<void> {
  for (const end of ['-wal', '-shm', '-journal']) await promises.rm(`${file}${end}`, { force: true })
}

async function keepReceiptIn(
  engine: Engine,
  restoring: Restoring,
  started_at: string,
): Promise<string | null> {
  const tables = await engine.read(db => engine.tableNames(db))
  if (!tables.has('runs')) return null
  return engine.write(async db => {
    // What indexes were made of is another file now, also where its numbers are the same.
    if (tables.has('vectors')) await renewVectorEpoch(db, restoring.surroundings.newId())
    return keepReceipt(db, restoring, started_at)
  })
}

async function keepReceipt(
  db: Database,
  { folder, manifest, replace, surroundings }: Restoring,
  started_at: string,
): Promise<string> {
  const { id, kind, created_at, schema_version, digest, tables } = manifest
  const receipt = surroundings.newId()
  const memories = tables.memories?.rows ?? 0
  await addRun(db, {
    id: receipt,
    kind: 'restore',
    target: `snapshot ${id}`,
    fingerprint: digest?.full ?? id,
    status: 'done',
    cursor: null,
    counts: { memories },
    snapshot_id: id,
    started_at,
    finished_at: surroundings.now(),
    receipt: {
      receipt,
      snapshot: { id, folder, kind, created_at, schema_version },
      replaced: replace,
      digest,
      memories,
    },
  })
  return receipt
}
