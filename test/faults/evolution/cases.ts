/** Every long change, on every engine that is there. */
import { cpSync, existsSync, statSync } from 'node:fs'
import { sql } from 'kysely'
import { expect } from 'vitest'
import type { SnapshotKind } from '../../../src/evolve/snapshot/folder.ts'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import { mustReadManifest } from '../../../src/evolve/snapshot/manifest.ts'
import { openHeirloom } from '../../../src/heirloom.ts'
import type { StoreDigest } from '../../../src/store/digest/digest.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { fixedSurroundings } from '../../../src/testing.ts'
import {
  digestAt,
  expectBackfilled,
  expectOnlyAdded,
  expectSoundSnapshots,
  expectTidy,
  expectUnlocked,
  expectWholeStore,
  lookAt,
} from './checks.ts'
import type { Case, Stage } from './harness.ts'
import { type Base, elsewhere, type Site, type Sites } from './sites.ts'
import { beside, open, type Place, restore, restoreOnce, snapshot } from './work.ts'

/** A case whose base is made when it is first needed, and removed with it. */
export interface Prepared extends Case, AsyncDisposable {}

interface Plan<T> {
  readonly name: string
  readonly base: () => Promise<Base>
  /** What is known of the base before anything happens. */
  readonly know: (base: Base) => Promise<T>
  readonly stage: (site: Site, known: T) => Pick<Stage, 'args' | 'verify'>
}

function prepared<T>({ name, base, know, stage }: Plan<T>): Prepared {
  let made: Promise<{ base: Base; known: T }> | undefined
  const make = async () => {
    const own = await base()
    return { base: own, known: await know(own) }
  }
  return {
    name,
    stage: async () => {
      made ??= make()
      const { base: own, known } = await made
      const site = await own.copy()
      return { ...stage(site, known), [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() }
    },
    [Symbol.asyncDispose]: async () => (await made)?.base[Symbol.asyncDispose](),
  }
}

/** The versions that there are fixtures of, but for this build's. */
export const OLD_VERSIONS = Array.from({ length: SCHEMA_VERSION - 1 }, (_, index) =>
  String(index + 1).padStart(4, '0'),
)

export function migration(sites: Sites, version: string, what = 'open'): Prepared {
  return prepared({
    name: `${what === 'open' ? 'migrate' : what} ${version} on ${sites.name}`,
    base: () => sites.fixture(version),
    know: base => lookAt(base.place),
    stage: (site, before) =>
      kept(site, what, async (place, isDone) => {
        await expectOnlyAdded(place, before)
        if (isDone) await expectBackfilled(place, before)
      }),
  })
}

/** A change that keeps what is known, at every moment of it. */
function kept(
  site: Site,
  what: string,
  expectKept: (place: Place, isDone: boolean) => Promise<void>,
): Pick<Stage, 'args' | 'verify'> {
  const { place } = site
  return {
    args: [what, place.store, place.snapshots],
    verify: async () => {
      await expectUnlocked(place)
      await expectKept(place, false)
      await expectSoundSnapshots(place)
      await expectWholeStore(place)
      await expectKept(place, true)
      await expectSoundSnapshots(place)
      await expectTidy(site)
    },
  }
}

const NOTES = 520
const PASSAGES = 140

/** More than two batches of each part that can be made anew. */
async function fillMuch({ store }: Place): Promise<void> {
  const around = { ...fixedSurroundings(), embedder: 'static' }
  await using memory = await openHeirloom({ store, mode: 'initialise', ...around })
  for (let index = 0; index < NOTES; index++) {
    const content = `note ${index}: lamp ${(index * 7919) % 997} is lit at dusk by keeper ${(index * 31) % 89}`
    await memory.remember({ content, tags: [`t${index % 5}`] })
  }
  const parts = Array.from({ length: PASSAGES }, (_, index) => `# Part ${index}\n\nWords of part ${index}.\n`)
  await memory.ingest({ text: parts.join('\n'), name: 'long.md' })
}

export function rebuild(sites: Sites): Prepared {
  return prepared({
    name: `rebuild on ${sites.name}`,
    base: () =>
      sites.base(async place => {
        await fillMuch(place)
        await beside(place, engine =>
          engine.write(db => sql`update artefacts set digest = 'of another build'`.execute(db)),
        )
      }),
    know: base => digestAt(base.place),
    stage: (site, before) => kept(site, 'open', async place => expect(await digestAt(place)).toEqual(before)),
  })
}

/** The fixture of the newest old version, moved to this build's: a few rows of everything. */
async function fillWell(sites: Sites): Promise<Base> {
  const base = await sites.fixture(OLD_VERSIONS.at(-1) ?? '')
  await open({ ...base.place, snapshots: `${base.place.snapshots}.unused` })
  return base
}

async function rememberMore({ store, snapshots }: Place): Promise<void> {
  await using memory = await openHeirloom({ store, snapshots })
  for (const content of ['one more', 'and another']) await memory.remember({ content })
}

export function snapshots(
  sites: Sites,
  { kind, second, what = `snapshot ${kind}` }: { kind: SnapshotKind; second: boolean; what?: string },
): Prepared {
  return prepared({
    name: `${what}${second ? ', the second' : ''}, on ${sites.name}`,
    base: async () => {
      const base = await fillWell(sites)
      if (!second) return base
      await snapshot(base.place, kind)
      await rememberMore(base.place)
      return base
    },
    know: async ({ place }) => ({ before: await digestAt(place), earlier: await idsIn(place) }),
    stage: (site, { before, earlier }) => snapshotStage(site, before, { kind, what, earlier }),
  })
}

async function idsIn({ snapshots: folder }: Place): Promise<readonly string[]> {
  return (await listSnapshots(folder)).map(({ id }) => id)
}

function snapshotStage(
  site: Site,
  before: StoreDigest,
  { kind, what, earlier }: { kind: SnapshotKind; what: string; earlier: readonly string[] },
): Pick<Stage, 'args' | 'verify'> {
  const { place } = site
  return {
    args: [what, place.store, place.snapshots],
    verify: async () => {
      await expectUnlocked(place)
      const left = await expectSoundSnapshots(place)
      expect(left, 'snapshots that are there').toBeGreaterThanOrEqual(earlier.length)
      expect(await expectWholeStore(place)).toEqual(before)
      await snapshot(place, kind)
      expect(await expectSoundSnapshots(place)).toBe(left + 1)
      for (const id of (await idsIn(place)).filter(one => !earlier.includes(one))) {
        const { digest } = await mustReadManifest(place.snapshots, id)
        expect(digest).toEqual({ state: before.state, full: before.full })
      }
      await expectTidy(site)
    },
  }
}

interface Restoration {
  /** The snapshot's. */
  readonly id: string
  readonly whole: StoreDigest
  /** The target's, where something is there. */
  readonly before: StoreDigest | null
}

async function takeOne(base: Base, kind: SnapshotKind): Promise<void> {
  await snapshot(base.place, kind)
}

async function knowRestoration({ place }: Base, whole: StoreDigest): Promise<Restoration> {
  const [first] = await listSnapshots(place.snapshots)
  return { id: first?.id ?? '', whole, before: existsSync(place.store) ? await digestAt(place) : null }
}

/** Rows of a store into a store of other rows, or into none. */
export function rowsRestored(sites: Sites, into: 'nothing' | 'another', what?: string): Prepared {
  let whole: StoreDigest | undefined
  const work = what ?? (into === 'another' ? 'replace rows' : 'restore rows')
  return prepared({
    name: `${work} on ${sites.name}`,
    base: async () => {
      await using source = await fillWell(sites)
      await takeOne(source, 'rows')
      whole = await digestAt(source.place)
      return await sites.base(async place => {
        cpSync(source.place.snapshots, place.snapshots, { recursive: true, preserveTimestamps: true })
        if (into === 'another') await open(place).then(() => rememberMore(place))
      })
    },
    know: async base => {
      const [first] = await listSnapshots(base.place.snapshots)
      const before = into === 'another' ? await digestAt(base.place) : null
      return { id: first?.id ?? '', whole: whole as StoreDigest, before }
    },
    stage: (site, known) => rowsStage(site, known, work),
  })
}

function rowsStage(site: Site, { id, whole, before }: Restoration, work: string) {
  const { place } = site
  // SQLite makes a file before it writes to it; one without bytes is nothing yet.
  const isThere = () =>
    site.folder === null || (statSync(place.store, { throwIfNoEntry: false })?.size ?? 0) > 0
  return {
    args: [work, place.store, place.snapshots, id],
    verify: async () => {
      if (isThere()) await expectUnlocked(place)
      const left = await expectWholeStore(place)
      const isWhole = left.full === whole.full
      if (!isWhole && before !== null) expect(left, 'as it was').toEqual(before)
      // A store that is new has a space, and the entry about it.
      if (!isWhole && before === null)
        expect([left.tables.memories?.rows, left.tables.journal?.rows]).toEqual([0, left.tables.spaces?.rows])
      await restore(place, id, before !== null || isWhole)
      expect(await expectWholeStore(place), 'restored again').toEqual(whole)
      await expectSoundSnapshots(place)
      await expectTidy(site)
    },
  }
}

export function fileRestored(sites: Sites): Prepared {
  return prepared({
    name: `restore file on ${sites.name}`,
    base: async () => {
      const base = await fillWell(sites)
      await takeOne(base, 'file')
      return base
    },
    know: async base => knowRestoration(base, await digestAt(base.place)),
    stage: (site, { id, whole }) => {
      const target = elsewhere(site)
      return {
        args: ['restore file', target.store, target.snapshots, id],
        verify: async () => {
          if (existsSync(target.store)) expect(await digestAt(target), 'as it was left').toEqual(whole)
          await restoreOnce(target, id)
          expect(await expectWholeStore(target)).toEqual(whole)
          expect(await digestAt(site.place)).toEqual(whole)
          await expectSoundSnapshots(target)
          await expectTidy(site)
        },
      }
    },
  })
}

export function fileReplaced(sites: Sites): Prepared {
  let whole: StoreDigest | undefined
  return prepared({
    name: `replace file on ${sites.name}`,
    base: async () => {
      const base = await fillWell(sites)
      await takeOne(base, 'file')
      whole = await digestAt(base.place)
      await rememberMore(base.place)
      return base
    },
    know: base => knowRestoration(base, whole as StoreDigest),
    stage: (site, { id, whole, before }) => {
      const { place } = site
      return {
        args: ['replace file', place.store, place.snapshots, id],
        verify: async () => {
          await expectUnlocked(place)
          const left = await expectWholeStore(place)
          if (left.full !== whole.full) expect(left, 'as it was').toEqual(before)
          await restore(place, id, true)
          expect(await expectWholeStore(place)).toEqual(whole)
          await expectSoundSnapshots(place)
          await expectTidy(site)
        },
      }
    },
  })
}
