import { ARTEFACTS } from '../store/artefacts/artefact.ts'
import { stampArtefact } from '../store/artefacts/stamps.ts'
import { BACKFILLS, markBackfilled } from '../store/backfills.ts'
import type { Engine } from '../store/engine.ts'
import type { Change } from '../store/exclusive.ts'
import type { Migration } from '../store/schema/migration.ts'
import { applyStep } from '../store/schema/steps.ts'
import type { Surroundings } from './surroundings.ts'

/** Makes an empty store, in one transaction. @returns false where somebody else was quicker. */
export async function createStore(
  engine: Engine,
  steps: readonly Migration[],
  { now, build }: Surroundings,
): Promise<boolean> {
  const made = await engine.create(async change => {
    const at = now()
    for (const step of steps) await applyStep({ engine, change }, step, { at, build })
    // Nothing is in it yet, so nothing is missing from what is derived.
    for (const artefact of ARTEFACTS) await stampArtefact(change, artefact, { build, needs_rebuild: 0 })
    for (const backfill of BACKFILLS) await markBackfilled(change.db, backfill, '')
    await dateBootstrap(change, at)
    return true
  })
  return made ?? false
}

/** The steps take the database's clock; equal stores are equal to the millisecond. */
async function dateBootstrap({ db }: Change, at: string): Promise<void> {
  await db.updateTable('tenants').set({ created_at: at }).execute()
  await db.updateTable('users').set({ created_at: at }).execute()
}
