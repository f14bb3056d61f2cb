/** Each row of the schema's decision table, as a place that is opened. */
import { describe, expect, it } from 'vitest'
import type { OpenOptions } from '../../../src/open.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { expectSound } from '../../kit/invariants.ts'
import type { Place, PlaceKit } from '../../kit/places.ts'
import {
  claimVersion,
  digestBesideLinks,
  expectOnlyLinksToSuccessors,
  loseStamp,
  memoriesIn,
  refusal,
  refuseVersion,
  STEPS,
  stampedVersions,
} from '../../kit/schema-states.ts'
import { foreignCases } from './foreign-cases.ts'

/** How a place is opened where opening must leave it alone: with every permission, and without any. */
const WAYS: readonly [string, Partial<OpenOptions>][] = [
  ['with every permission', { mode: 'initialise' }],
  ['as any program does', {}],
]

export function decisionCases(kit: PlaceKit): void {
  describe(`the schema's decision table on ${kit.name}`, () => {
    equalCases(kit)
    freshCases(kit)
    unversionedCases(kit)
    lowerCases(kit)
    failingCases(kit)
    newerCases(kit)
    foreignCases(kit)
  })
}

/** Where others share the server, what any program's opening refuses. */
async function expectRefusedFirst(kit: PlaceKit, place: Place, code: string, told: RegExp): Promise<void> {
  if (code === 'NOT_INITIALISED' ? kit.makesItself : kit.changesItself) return
  const before = await place.contents()
  expect(await refusal(place.open())).toEqual({ code, message: expect.stringMatching(told) })
  expect(await place.contents()).toBe(before)
}

function equalCases(kit: PlaceKit): void {
  it.each(WAYS)('equal: opens and writes nothing, %s', async (_way, options) => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await (await place.change())[Symbol.asyncDispose]()
    const before = await place.contents()
    {
      await using store = await place.open(options)
      expect(store.upgrade).toBeNull()
      expect((await store.memory.list({})).total).toBeGreaterThan(10)
    }
    expect(await place.contents()).toBe(before)
  })
}

function freshCases(kit: PlaceKit): void {
  it('fresh: makes the schema and stamps it', async () => {
    await using place = await kit.empty()
    await expectRefusedFirst(kit, place, 'NOT_INITIALISED', /heirloom init --store/)
    await using store = await place.change()
    expect(await store.memory.init({})).toMatchObject({ created: true, schema_version: SCHEMA_VERSION })
    expect(await stampedVersions(place, kit)).toEqual({ version: SCHEMA_VERSION, steps: STEPS })
    await store.memory.remember({ content: 'the first of all' })
    await expectSound(store)
  })
}

function unversionedCases(kit: PlaceKit): void {
  it('our tables without a version: takes them over in place, keeps every row, stamps', async () => {
    await using place = await kit.fixture(3)
    const known = await memoriesIn(place)
    await loseStamp(place, kit)
    await expectRefusedFirst(
      kit,
      place,
      'SCHEMA_OUTDATED',
      /without a schema version.*heirloom migrate --store/,
    )
    await using store = await place.change()
    expect(store.upgrade).toMatchObject({ from: 0, to: SCHEMA_VERSION, memories: known.length })
    expect(await memoriesIn(place)).toEqual(known)
    expect(await stampedVersions(place, kit)).toEqual({ version: SCHEMA_VERSION, steps: STEPS })
    await expectSound(store)
  })
}

function lowerCases(kit: PlaceKit): void {
  it.each(STEPS.slice(0, -1))(
    'lower (%i): runs the pending steps in order, each with its stamp',
    async version => {
      await using place = await kit.fixture(version)
      const known = await memoriesIn(place)
      const told = new RegExp(
        `has schema ${version}; this build needs ${SCHEMA_VERSION}.*heirloom migrate --plan`,
      )
      await expectRefusedFirst(kit, place, 'SCHEMA_OUTDATED', told)
      await using store = await place.change()
      const pending = STEPS.filter(step => step > version)
      expect(store.upgrade).toMatchObject({ from: version, to: SCHEMA_VERSION })
      expect(store.upgrade?.steps.map(step => step.version)).toEqual(pending)
      expect(await stampedVersions(place, kit)).toEqual({ version: SCHEMA_VERSION, steps: STEPS })
      expect(await memoriesIn(place)).toEqual(known)
      await expectSound(store)
    },
  )

  if (!kit.changesItself) return
  it('lower: without the permission it refuses and changes nothing', async () => {
    await using place = await kit.fixture(2)
    const before = await place.contents()
    expect(await refusal(place.open({ upgrade: 'never' }))).toEqual({
      code: 'SCHEMA_OUTDATED',
      message: expect.stringMatching(
        new RegExp(`has schema 2; this build needs ${SCHEMA_VERSION}.*heirloom migrate --store`),
      ),
    })
    expect(await place.contents()).toBe(before)
  })
}

function failingCases(kit: PlaceKit): void {
  it('lower, a step fails: it rolls back whole, the steps before it stay, and the next opening goes on', async () => {
    await using place = await kit.fixture(1)
    const digest = await digestBesideLinks(place)
    // The third step makes `runs` before it comes to this.
    await place.script("create table run_errors (mine text); insert into run_errors values ('kept')")
    expect(await refusal(place.change())).toEqual({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/step 3 \(runs\).*run_errors.*as it was before that step.*--on-copy/s),
    })
    expect(await stampedVersions(place, kit)).toEqual({ version: 2, steps: [1, 2] })
    expect(await refusal(place.rows('select * from runs'))).toMatchObject({
      message: expect.stringContaining('runs'),
    })
    expect(await place.rows('select * from run_errors')).toEqual([{ mine: 'kept' }])
    await place.script('drop table run_errors')
    await using store = await place.change()
    expect(store.upgrade).toMatchObject({ from: 2, to: SCHEMA_VERSION })
    expect(store.upgrade?.digest).toEqual({ before: digest, after: digest })
    expect(await digestBesideLinks(place)).toBe(digest)
    await expectOnlyLinksToSuccessors(place)
    await expectSound(store)
  })

  it('lower, a stamp fails: its step is undone with it', async () => {
    await using place = await kit.fixture(1)
    const allow = await refuseVersion(place, kit, 2)
    expect(await refusal(place.change())).toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/step 2 \(artefacts\)/),
    })
    expect(await stampedVersions(place, kit)).toEqual({ version: 1, steps: [1] })
    expect(await refusal(place.rows('select digest from artefacts'))).not.toBeNull()
    await allow()
    await using store = await place.change()
    expect(store.upgrade).toMatchObject({ from: 1, to: SCHEMA_VERSION })
    await expectSound(store)
  })
}

function newerCases(kit: PlaceKit): void {
  it.each(WAYS)(
    'newer, its floor is above us: refuses before it writes anything, %s',
    async (_way, options) => {
      await using place = await kit.fixture(SCHEMA_VERSION)
      await claimVersion(place, kit, { version: SCHEMA_VERSION + 2, floors: [1, SCHEMA_VERSION + 1] })
      const before = await place.contents()
      expect(await refusal(place.open(options))).toEqual({
        code: 'SCHEMA_TOO_NEW',
        message: expect.stringMatching(
          new RegExp(
            `has schema ${SCHEMA_VERSION + 2}; this build knows ${SCHEMA_VERSION}\\. Install a newer heirloom; nothing was changed`,
          ),
        ),
      })
      expect(await place.contents()).toBe(before)
    },
  )

  it('newer, and its history does not tell of every step: refuses, for nobody knows the floor', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await claimVersion(place, kit, { version: SCHEMA_VERSION + 2, floors: [1] })
    const before = await place.contents()
    expect(await refusal(place.open())).toMatchObject({ code: 'SCHEMA_TOO_NEW' })
    expect(await place.contents()).toBe(before)
  })

  it.each(WAYS)(
    'newer, its floor admits us: opens, reads and writes, and leaves the version, %s',
    async (_way, options) => {
      await using place = await kit.fixture(SCHEMA_VERSION)
      await (await place.change())[Symbol.asyncDispose]()
      await claimVersion(place, kit, { version: SCHEMA_VERSION + 2, floors: [1, SCHEMA_VERSION] })
      {
        await using store = await place.open(options)
        expect(store.upgrade).toBeNull()
        const { id } = await store.memory.remember({ content: 'written by the older of two builds' })
        expect((await store.memory.recall({ query: 'older of two builds' })).results[0]).toMatchObject({ id })
        await expectSound(store)
      }
      expect(await stampedVersions(place, kit)).toMatchObject({ version: SCHEMA_VERSION + 2 })
    },
  )
}
