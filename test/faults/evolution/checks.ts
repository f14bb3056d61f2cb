/** What must hold of a store whose long change was interrupted. */
import { readdirSync } from 'node:fs'
import { sql } from 'kysely'
import { expect } from 'vitest'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import { pruneSnapshots } from '../../../src/evolve/snapshot/prune.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import { toHeirloom } from '../../../src/heirloom.ts'
import { pendingBackfills } from '../../../src/store/backfills.ts'
import { type StoreDigest, storeDigest } from '../../../src/store/digest/digest.ts'
import type { Engine } from '../../../src/store/engine.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import type { Row } from '../../kit/engines.ts'
import { expectSound } from '../../kit/invariants.ts'
import { expectOnlyLinksToSuccessors } from '../../kit/schema-states.ts'
import type { Site } from './sites.ts'
import { beside, openAt, type Place } from './work.ts'

function digestOf(engine: Engine): Promise<StoreDigest> {
  return engine.read(async db => storeDigest(db, await engine.tableNames(db)))
}

/** The digest as it is, without opening the store as a newcomer would. */
export function digestAt(place: Place): Promise<StoreDigest> {
  return beside(place, digestOf)
}

/** What was known before there were links. */
export interface Known {
  readonly digest: StoreDigest
  /** The journal's entries by their hashes, which chain them. */
  readonly entries: readonly unknown[]
}

/** What is known as it is, without opening the store as a newcomer would. */
export function lookAt(place: Place): Promise<Known> {
  return beside(place, async engine => {
    const entries = await rowsOf(engine, 'select hash from journal order by sequence')
    return { digest: await digestOf(engine), entries: entries.map(({ hash }) => hash) }
  })
}

async function rowsOf(engine: Engine, text: string): Promise<Row[]> {
  return (await engine.read(db => sql.raw<Row>(text).execute(db))).rows
}

/** An upgrade adds links, and the space that a store starts with, whose vectors come in the background. */
function withoutAdded({ tables }: StoreDigest): Record<string, unknown> {
  const {
    links: _links,
    journal: _journal,
    journal_payloads: _payloads,
    spaces: _spaces,
    vectors: _vectors,
    ...others
  } = tables
  return others
}

/** None where they were not yet kept. */
function linkCount({ tables }: StoreDigest): number {
  return tables.links?.rows ?? 0
}

function spaceCount({ tables }: StoreDigest): number {
  return tables.spaces?.rows ?? 0
}

/** All is as it was, but for links and a first space that came with one entry of the journal each. */
export async function expectOnlyAdded(place: Place, before: Known): Promise<void> {
  const { digest, entries } = await lookAt(place)
  expect(withoutAdded(digest), 'as it was left').toEqual(withoutAdded(before.digest))
  const count = before.entries.length
  expect(entries.slice(0, count), 'entries that were there').toEqual(before.entries)
  const links = linkCount(digest) - linkCount(before.digest)
  const spaces = spaceCount(digest) - spaceCount(before.digest)
  expect(spaces, 'first spaces').toBeLessThanOrEqual(1)
  expect(entries.length - count, 'entries about links and the first space').toBe(links + spaces)
}

/**
 * What is superseded has its link, by one run that came to its end, however often it was begun. What kept links before
 * keeps those and no others, and what kept conflicts is not looked through for them.
 */
export function expectBackfilled(place: Place, before: Known): Promise<void> {
  return beside(place, async engine => {
    const { links, conflicts } = before.digest.tables
    const isOlder = linkCount(before.digest) === 0
    if (isOlder) await expectOnlyLinksToSuccessors({ rows: text => rowsOf(engine, text) })
    else expect((await digestOf(engine)).tables.links, 'links that were there').toEqual(links)
    const runs = `select target, status from runs where kind = 'backfill' order by target`
    const lookedFor = conflicts?.rows === 0 ? ['conflicts'] : []
    const passes = isOlder ? ['conflicts', 'shared_from', 'superseded_by'] : lookedFor
    expect(await rowsOf(engine, runs)).toEqual(passes.map(target => ({ target, status: 'done' })))
  })
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
  expect(await engine.read(db => pendingBackfills(db))).toEqual([])
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
