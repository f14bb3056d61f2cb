/**
 * What looking after a store as a whole is given: the way to stores that need not fit this build, and the folder of
 * their snapshots.
 */
import { join, resolve } from 'node:path'
import { folderBeside, type SnapshotKind } from './evolve/snapshot/folder.ts'
import type { Surroundings } from './evolve/surroundings.ts'
import type { SnapshotTaker } from './evolve/upgrade.ts'
import { dataFolder } from './location.ts'
import type { Call, Place, TakeOptions, Upkeep } from './operations/upkeep.ts'
import type { StoreDigest } from './store/digest/digest.ts'
import type { Database, Engine } from './store/engine.ts'
import { SCHEMA_VERSION } from './store/schema/index.ts'
import type { Store } from './store/store.ts'

export interface UpkeepOptions {
  /** The address that the caller named. */
  readonly store: string
  /** Where snapshots are kept, when the caller says so. */
  readonly snapshots: string | undefined
  readonly locate: (address: string) => Place
  /** The way to what is at an address, whatever it is. */
  readonly connect: (address: string, mode: 'existing' | 'create') => Promise<Engine>
  /** A store that fits this build, or a refusal. */
  readonly openOther: (address: string) => Promise<Store>
  readonly surroundings: Pick<Surroundings, 'now' | 'newId' | 'salt'>
  readonly version: () => string
}

export function upkeepOf(options: UpkeepOptions): Upkeep {
  const { store, connect } = options
  const surroundings = (call: Call = {}): Surroundings => ({
    ...options.surroundings,
    elapsed: () => performance.now(),
    build: `heirloom ${options.version()} (schema ${SCHEMA_VERSION})`,
    signal: call.signal,
    progress: call.progress,
  })
  const locate = (address = store) => options.locate(address)
  const folderOf = (location: string, dir: string | undefined) => {
    const said = dir ?? (location === locate().location ? options.snapshots : undefined)
    return said === undefined ? defaultFolder(location) : resolve(said)
  }
  const digestOfFile = (file: string) => digestThrough(() => connect(file, 'existing'))
  const takeSnapshot = async (engine: Engine, { call, dir, ...wanted }: TakeOptions) => {
    const { createSnapshot } = await import('./evolve/snapshot/create.ts')
    const source = {
      engine,
      read: <T>(work: (db: Database) => Promise<T>) => engine.read(work, call?.signal),
    }
    const to = { folder: folderOf(engine.location, dir), digestOfFile }
    return createSnapshot(source, { ...surroundings(call), ...wanted, ...to })
  }
  return {
    surroundings,
    locate,
    folder: dir => folderOf(locate().location, dir),
    connect: (address = store) => connect(address, 'existing'),
    reach: address => connect(address, 'create'),
    openOther: options.openOther,
    takeSnapshot,
    taker: ({ location }, call) =>
      location === 'memory:'
        ? null
        : takerOf({ takeSnapshot, folder: () => folderOf(location, undefined) }, call),
    digestOfFile,
  }
}

/**
 * The upkeep of a store that is open: its own address leads to that very engine, since what lives in memory or in this
 * process cannot be connected to twice.
 */
export function upkeepOfOpen(upkeep: Upkeep, store: string, engine: Engine): Upkeep {
  return {
    ...upkeep,
    connect: async address =>
      address === undefined || address === store ? lent(engine) : upkeep.connect(address),
    reach: async address => (address === store ? lent(engine) : upkeep.reach(address)),
  }
}

/** An engine for who closes what it was given, while its owner keeps it open. */
function lent(engine: Engine): Engine {
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === 'close') return async () => undefined
      const found: unknown = Reflect.get(target, name)
      // Its private fields are found on the engine itself alone.
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

async function digestThrough(connect: () => Promise<Engine>): Promise<StoreDigest> {
  const { storeDigest } = await import('./store/digest/digest.ts')
  const engine = await connect()
  try {
    return await engine.read(async db => storeDigest(db, await engine.tableNames(db)))
  } finally {
    await engine.close()
  }
}

/** Beside a store that is a file; else among this user's own data, by the name of the place. */
function defaultFolder(location: string): string {
  if (!/^postgres(ql)?:/i.test(location)) return folderBeside(location)
  const { hostname, port, pathname, searchParams } = new URL(location)
  const schema = searchParams.get('schema') ?? 'heirloom'
  const name = [hostname, port, pathname, schema].join('-').replaceAll(/[^a-z0-9._-]+/gi, '-')
  return join(dataFolder(), 'snapshots', name)
}

/** What is taken before a store is changed: a copy of the file where there is one, else its rows. */
function takerOf(
  { takeSnapshot, folder }: Pick<Upkeep, 'takeSnapshot'> & { readonly folder: () => string },
  call: Call = {},
): SnapshotTaker {
  return async (engine, reason) => {
    const kind: SnapshotKind = engine.copyFile === null ? 'rows' : 'file'
    const { id, digest } = await takeSnapshot(engine, { call, kind, reason, tag: 'upgrade' })
    return { id, folder: folder(), state: digest?.state ?? null }
  }
}
