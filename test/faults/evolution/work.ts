/** The long changes that are interrupted, as a child makes them and as the parent makes them again. */
import { existsSync } from 'node:fs'
import type { SnapshotKind } from '../../../src/evolve/snapshot/folder.ts'
import { type Opened, openStore, standBeside } from '../../../src/open.ts'
import { callOperation } from '../../../src/operations/operation.ts'
import type { Upkeep } from '../../../src/operations/upkeep.ts'
import type { Engine } from '../../../src/store/engine.ts'

/** Where a store is, and its snapshots. */
export interface Place {
  readonly store: string
  readonly snapshots: string
}

/** Opens a store as a newcomer does: moved to this build's schema, its derived parts filled. */
export function openAt({ store, snapshots }: Place): Promise<Opened> {
  return openStore({ store, snapshots, mode: 'initialise', maxConnections: 4 })
}

/** Runs work beside a store, whatever is there. */
export async function beside<T>(
  { store, snapshots }: Place,
  work: (engine: Engine, upkeep: Upkeep) => Promise<T>,
): Promise<T> {
  const { upkeep } = standBeside({ store, snapshots, maxConnections: 4 }).context()
  const engine = await upkeep.connect()
  try {
    return await work(engine, upkeep)
  } finally {
    await engine.close()
  }
}

export async function open(place: Place): Promise<void> {
  const { store } = await openAt(place)
  await store.close()
}

export async function snapshot(place: Place, kind: SnapshotKind): Promise<void> {
  const { store, context } = await openAt(place)
  await context().upkeep.takeSnapshot(store.engine, { kind, reason: 'a test' })
  await store.close()
}

/** Brings a snapshot back as the store. */
export async function restore(place: Place, id: string, replace: boolean): Promise<void> {
  const { snapshotRestore } = await import('../../../src/operations/snapshot-restore.ts')
  const input = { id, to: place.store, dir: place.snapshots, replace }
  await callOperation(snapshotRestore, input, standBeside(place).context())
}

/** As above to a path, unless it is done already. */
export async function restoreOnce(place: Place, id: string): Promise<void> {
  if (!existsSync(place.store)) await restore(place, id, false)
}
