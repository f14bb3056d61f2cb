/** What must hold of a store whose long change was interrupted. */
import { readdirSync } from 'node:fs'
import { sql } from 'kysely'
import { expect } from 'vitest'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import { pruneSnapshots } from '../../../src/evolve/snapshot/prune.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import { toHeirloom } from '../../../src/heirloom.ts'
import { type StoreDigest, storeDigest } from '../../../src/store/digest/digest.ts'
import type { Engine } from '../../../src/store/engine.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import type { Row } from '../../kit/engines.ts'
import { expectSound } from '../../kit/invariants.ts'
import type { Site } from './sites.ts'
import { beside, openAt, type Place } from './work.ts'

function digestOf(engine: Engine): Promise<StoreDigest> {
  return engine.read(async db => storeDigest(db, await engine.tableNames(db)))
}

/** The digest as it is, without opening the store as a newcomer would. */
export function digestAt(place: Place): Promise<StoreDigest> {
  return beside(place, digestOf)
}

/** No lock outlives its holder. A server may still be about to notice that its client is gone. */
export function expectUnlocked(place: Place): Promise<void> {
  return beside(place, engine =>
    engine.exclusively('look', async () => undefined, { wait: engine.name === 'postgres' }),
  )
}

/** Opens the store, which finishes what is left to do, and looks at everything. @returns its digest. */
export async function expectWholeStore(place: Place): Promise<StoreDigest> {
  const opened = await openAt(place)
  const { engine } = opened.store
  await using memory = toHeirloom(opened)
  const raw = async (text: string) => (await engine.read(db => sql.raw<Row>(text).execute(db))).rows
  await expectSound({ memory, raw })
  expect(await engine.survey()).toMatchObject({ kind: 'versioned', version: SCHEMA_VERSION })
  expect(await raw(`select name from artefacts where needs_rebuild = 1`)).toEqual([])
  expect(await raw(`select kind, target from runs where status = 'running'`)).toEqual([])
  // Awaited here: the store is closed as soon as this function has its answer.
  return await digestOf(engine)
}

/** What is listed comes back as it was taken. @returns how many there are. */
export async function expectSoundSnapshots(place: Place): Promise<number> {
  const listed = await listSnapshots(place.snapshots)
  const digestOfFile = (store: string) => digestAt({ ...place, store })
  for (const { id } of listed)
    expect(await verifySnapshot(place.snapshots, id, { digestOfFile }), id).toMatchObject({ ok: true })
  return listed.length
}

const MANIFEST_OR_PARTS = /^(parts|\d{8}-\d{6}-[0-9a-f]{8}\.json|parts\/[0-9a-f]{64}\.(gz|db))$/
const STORE_FILE = /^store\.db(-wal|-shm|\.lock|\.lock\.json|\.snapshots)?$/

/** What was left half made is in nobody's way, and prune takes it away once it is old. */
export async function expectTidy({ place, folder }: Site): Promise<void> {
  if ((await listSnapshots(place.snapshots)).length > 0) {
    const now = () => new Date(Date.now() + 3 * 3_600_000).toISOString()
    await pruneSnapshots(place.snapshots, { keep_last: 1 }, { now, apply: true })
    const names = readdirSync(place.snapshots, { recursive: true, encoding: 'utf8' })
    expect(
      names.filter(name => !MANIFEST_OR_PARTS.test(name)),
      'left among the snapshots',
    ).toEqual([])
  }
  const names = folder === null ? [] : readdirSync(folder)
  const strange = names.filter(name => !STORE_FILE.test(name) && name !== 'elsewhere')
  expect(strange.join(), 'left beside the store').toBe('')
}
