/**
 * The switchboard: from the address of a store to a store that is open.
 */
import { createRequire } from 'node:module'
import { type Embeddings, embeddersOf, mustBeEmbedder, openEmbeddings } from './embeddings.ts'
import { type EngineOptions, locate, openEngine } from './engines.ts'
import { finishFilling, makeReady, type OpeningOptions, type Ready } from './evolve/opening.ts'
import type { Upgrade } from './evolve/upgrade.ts'
import type { Principal } from './model/access.ts'
import { HeirloomError } from './model/errors.ts'
import { BOOTSTRAP_ID, type TenantId, type UserId } from './model/memory.ts'
import type { Context, Progress } from './operations/operation.ts'
import type { Upkeep } from './operations/upkeep.ts'
import type { Engine } from './store/engine.ts'
import { Store, type Task } from './store/store.ts'
import { real, type Surroundings } from './surroundings.ts'
import { upkeepOf, upkeepOfOpen } from './upkeep.ts'

export interface OpenOptions extends EngineOptions, Partial<Surroundings> {
  /**
   * `create` (the default) makes a SQLite file that is not there yet; a PostgreSQL schema is made by `initialise`
   * alone, since others share the server. `existing` refuses what is not there.
   */
  readonly mode?: 'existing' | 'create' | 'initialise'
  /**
   * What is done where an older build made the store or its derived parts, and may be done by opening: all of it before
   * the store is handed over (`wait`, the default), filling derived parts later (`background`), or nothing (`never`).
   */
  readonly upgrade?: 'wait' | 'background' | 'never'
  /** The folder of the store's snapshots: `<store>.snapshots` by default, for a server one among the user's data. */
  readonly snapshots?: string
  /**
   * What makes vectors in a store that has no embedding space yet: `static` (the default), `none`,
   * `model2vec:<folder>`, `transformers:<model or folder>` or `http:<url>#<model>`. Others are added later by `space_add`.
   */
  readonly embedder?: string
  /** The folder of the models that ship with Heirloom, where it is not the package's own. */
  readonly models?: string
  /** Called as an upgrade comes along. */
  readonly progress?: (progress: Progress) => void
  /** Through whom the caller speaks: what a person says is `stated`, what an agent concludes `inferred`. */
  readonly actor?: 'person' | 'agent'
  readonly client?: string
  readonly session?: string
}

export interface Opened {
  readonly store: Store
  /** What opening had to change; null where the store fitted this build. */
  readonly upgrade: Upgrade | null
  readonly context: (call?: CallOptions) => Context
}

interface CallOptions {
  readonly signal?: AbortSignal
  readonly progress?: (progress: Progress) => void
}

/**
 * Opens a store: made where there is nothing, moved to this build's schema where an older one wrote it.
 * @throws STORE_UNAVAILABLE, NOT_A_STORE, NOT_INITIALISED, SCHEMA_OUTDATED, SCHEMA_TOO_NEW, MIGRATION_FAILED or LOCKED,
 * each with the remedy.
 */
export async function openStore(options: OpenOptions): Promise<Opened> {
  const { surroundings, upkeep } = aside(options)
  // Before a file is made that nobody wants after this.
  if (options.embedder !== undefined) await mustBeEmbedder(options.embedder)
  const engine = await openEngine(options, surroundings)
  try {
    const ready = await makeReady(engine, openingOptions(options, engine, upkeep))
    const filling = startFilling(engine, ready, { options, upkeep })
    const embeddings = await openEmbeddings(engine, ready, {
      ...surroundings,
      ...options,
      principal: LOCAL,
      around: upkeep.surroundings({ progress: options.progress }),
    })
    const { drainer, embedders } = embeddings
    const store = new Store(engine, {
      ...surroundings,
      stamps: ready.stamps,
      task: { done: filling?.done ?? Promise.resolve(), stop: () => stopAll(filling, embeddings) },
      queued: rows => drainer?.kick(rows),
    })
    if (options.upgrade !== 'background') await filling?.done
    const own = upkeepOfOpen(upkeep, options.store, engine)
    const context = contextFor(options, { surroundings, upkeep: own, embedders, drainer })
    return {
      store,
      upgrade: ready.upgrade,
      context: (call = {}) => ({ ...context(call), store, created: ready.created }),
    }
  } catch (error) {
    await engine.close()
    throw error
  }
}

async function stopAll(filling: Task | null, embeddings: Embeddings): Promise<void> {
  await filling?.stop()
  await embeddings[Symbol.asyncDispose]()
}

/** For operations on a store as a whole, which need not be there, or fit this build. */
export function standBeside(options: OpenOptions): Pick<Opened, 'context'> {
  const { upkeep, surroundings } = aside(options)
  const { random, pause } = surroundings
  const embedders = embeddersOf(options, { random, pause })
  const context = contextFor(options, { upkeep, surroundings, embedders, drainer: null })
  return {
    context: (call = {}) => ({
      ...context(call),
      created: false,
      get store(): Store {
        throw new Error('Bug: an operation that opens nothing asked for the store')
      },
    }),
  }
}

interface Beside {
  readonly surroundings: Surroundings
  readonly upkeep: Upkeep
}

function aside(options: OpenOptions): Beside {
  mustKnowOptions(options)
  const { now = real.now, newId = real.newId, random = real.random } = options
  const { salt = real.salt, pause = real.pause, after = real.after } = options
  const surroundings: Surroundings = { now, newId, random, salt, pause, after }
  const upkeep = upkeepOf({
    store: options.store,
    snapshots: options.snapshots,
    locate,
    connect: (store, mode) => openEngine({ ...elsewhere(options, store), store, mode }, surroundings),
    openOther: store => openOther(options, store),
    surroundings,
    version,
  })
  return { surroundings, upkeep }
}

/** Nothing of another store is made or changed by opening it; who wants that opens it by itself. */
async function openOther(options: OpenOptions, address: string): Promise<Store> {
  const { pool: _pool, pglite: _pglite, snapshots: _snapshots, ...rest } = options
  const given = { ...rest, ...elsewhere(options, address), store: address }
  return (await openStore({ ...given, mode: 'existing', upgrade: 'never' })).store
}

/** The caller's own connections lead to the store that was named; an instance of PGlite has room for others. */
function elsewhere(options: OpenOptions, store: string): Partial<EngineOptions> {
  const { pool, pglite, maxConnections } = options
  return {
    ...(pool !== undefined && store === options.store ? { pool } : {}),
    ...(pglite !== undefined && /^pglite:(\?|$)/.test(store) ? { pglite } : {}),
    ...(maxConnections === undefined ? {} : { maxConnections }),
  }
}

const LOCAL = { tenant_id: BOOTSTRAP_ID as TenantId, user_id: BOOTSTRAP_ID as UserId } as const

function contextFor(
  options: OpenOptions,
  { surroundings, ...given }: Beside & Pick<Context, 'embedders' | 'drainer'>,
) {
  const principal: Principal = { ...LOCAL, kind: options.actor ?? 'agent' }
  return (call: CallOptions) => ({
    principal,
    client: options.client ?? null,
    session: options.session ?? null,
    now: surroundings.now,
    newId: surroundings.newId,
    ...given,
    ...call,
  })
}

function openingOptions(options: OpenOptions, engine: Engine, upkeep: Upkeep): OpeningOptions {
  const { mode = 'create', upgrade, progress } = options
  const isShared = engine.name === 'postgres'
  const onDemand = mode === 'initialise'
  // What lives in memory is nobody's but the caller's, and can only be new.
  const inMemory = engine.location === 'memory:' || engine.location === 'pglite:'
  return {
    mayCreate: onDemand || inMemory || (mode === 'create' && !isServer(engine)),
    mayChange: (onDemand || !isShared) && upgrade !== 'never',
    snapshot: upkeep.taker(engine, { progress }),
    surroundings: upkeep.surroundings({ progress }),
  }
}

function isServer({ location }: Engine): boolean {
  return /^postgres(ql)?:/i.test(location)
}

/** Fills derived parts that are not whole, if anything is missing and this opening may. */
function startFilling(
  engine: Engine,
  { unfinished }: Ready,
  { options, upkeep }: { options: OpenOptions; upkeep: Upkeep },
): Task | null {
  if (!unfinished || options.upgrade === 'never') return null
  const controller = new AbortController()
  const { signal } = controller
  const done = finishFilling(engine, upkeep.surroundings({ signal, progress: options.progress }))
  // Who does not wait for it is told by `status` and by recall's notices that it is not done.
  done.catch(() => undefined)
  return {
    done,
    stop: async () => {
      controller.abort()
      // What is left is filled at the next opening.
      await done.catch(() => undefined)
    },
  }
}

function version(): string {
  const found = createRequire(import.meta.url)('heirloom/package.json') as { version: string }
  return found.version
}

const OPTIONS: Record<keyof OpenOptions, true> = {
  store: true,
  mode: true,
  upgrade: true,
  snapshots: true,
  embedder: true,
  models: true,
  progress: true,
  pool: true,
  pglite: true,
  maxConnections: true,
  actor: true,
  client: true,
  session: true,
  now: true,
  newId: true,
  random: true,
  salt: true,
  pause: true,
  after: true,
}

/** A misspelt option would otherwise be one that silently does nothing. */
function mustKnowOptions(options: OpenOptions): void {
  const unknown = Object.keys(options).filter(name => !Object.hasOwn(OPTIONS, name))
  if (unknown.length === 0) return
  const known = Object.keys(OPTIONS).join(', ')
  throw new HeirloomError(
    'INVALID_INPUT',
    `openHeirloom: unknown option ${unknown.join(', ')} (known: ${known}).`,
  )
}
