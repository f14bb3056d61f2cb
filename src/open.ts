/**
 * The switchboard: from the address of a store to a store that is open. The only file that names a backend, and the
 * only one that knows the real clock, real ids and real randomness.
 */
import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { Principal } from './model/access.ts'
import { HeirloomError } from './model/errors.ts'
import { BOOTSTRAP_ID, type TenantId, type UserId } from './model/memory.ts'
import type { Context, Progress } from './operations/operation.ts'
import type { Engine } from './store/engine.ts'
import type { Pglite } from './store/postgres/pglite.ts'
import { Store } from './store/store.ts'
import type { Pause } from './store/waiting.ts'

/** How the surroundings enter: replaced in tests, never in use. */
export interface Surroundings {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string
  /** A new UUIDv7. */
  readonly newId: () => string
  /** From 0 to 1. */
  readonly random: () => number
  readonly pause: Pause
}

export interface OpenOptions extends Partial<Surroundings> {
  /** A path, `sqlite:…`, `memory:`, `postgres://…?schema=…`, `pglite:` or `pglite:<folder>`, both also with `?schema=…`. */
  readonly store: string
  /**
   * `create` (the default) makes a SQLite file that is not there yet; a PostgreSQL schema is made by `initialise`
   * alone, since others share the server. `existing` refuses what is not there.
   */
  readonly mode?: 'existing' | 'create' | 'initialise'
  /** A pool of the caller's own, for a `postgres://` store; it is left open. */
  readonly pool?: pg.Pool
  /** An instance of the caller's own, for a `pglite:` store; it is left open. */
  readonly pglite?: Pglite
  /** Connections at the most where the pool is ours. 10 by default. */
  readonly maxConnections?: number
  /** Through whom the caller speaks: what a person says is `stated`, what an agent concludes `inferred`. */
  readonly actor?: 'person' | 'agent'
  readonly client?: string
  readonly session?: string
}

export interface Opened {
  readonly store: Store
  readonly context: (call?: { signal?: AbortSignal; progress?: (progress: Progress) => void }) => Context
}

/**
 * New UUIDv7s, ascending also within a millisecond. One call to the system's generator serves many of them: by itself
 * the library asks it for each, which takes longer than all the rest of an id.
 */
function ids(): () => string {
  let pool = randomBytes(0)
  let last = 0
  let sequence = 0
  return () => {
    if (pool.length === 0) pool = randomBytes(16 * 256)
    const random = pool.subarray(0, 16)
    pool = pool.subarray(16)
    const msecs = Math.max(last, Date.now())
    // The counter has 32 bits; each millisecond begins it low enough never to run over.
    sequence = msecs === last ? sequence + 1 : random.readUInt32BE(12) >>> 2
    last = msecs
    return uuidv7({ msecs, seq: sequence, random })
  }
}

const real: Surroundings = {
  now: () => new Date().toISOString(),
  newId: ids(),
  random: Math.random,
  pause: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
}

/** @throws STORE_UNAVAILABLE, NOT_A_STORE, NOT_INITIALISED or SCHEMA_TOO_NEW, each with the remedy. */
export async function openStore(options: OpenOptions): Promise<Opened> {
  mustKnowOptions(options)
  const { now = real.now, newId = real.newId, random = real.random, pause = real.pause } = options
  const surroundings: Surroundings = { now, newId, random, pause }
  const engine = await openEngine(options, surroundings)
  const store = new Store(engine, salts())
  const principal: Principal = {
    tenant_id: BOOTSTRAP_ID as TenantId,
    user_id: BOOTSTRAP_ID as UserId,
    kind: options.actor ?? 'agent',
  }
  return {
    store,
    context: (call = {}) => ({
      store,
      principal,
      client: options.client ?? null,
      session: options.session ?? null,
      now: surroundings.now,
      newId: surroundings.newId,
      created: engine.created,
      ...call,
    }),
  }
}

const OPTIONS: Record<keyof OpenOptions, true> = {
  store: true,
  mode: true,
  pool: true,
  pglite: true,
  maxConnections: true,
  actor: true,
  client: true,
  session: true,
  now: true,
  newId: true,
  random: true,
  pause: true,
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

/** New random texts of 32 characters. One call to the system's generator serves many of them. */
function salts(): () => string {
  let pool = ''
  return () => {
    if (pool === '') pool = randomBytes(16 * 256).toString('hex')
    const salt = pool.slice(0, 32)
    pool = pool.slice(32)
    return salt
  }
}

async function openEngine(
  options: OpenOptions,
  surroundings: Surroundings,
): Promise<Engine & { created: boolean }> {
  const { store } = options
  if (store.trim() === '') throw new HeirloomError('INVALID_INPUT', 'store: name a path or a URL.')
  if (/^postgres(ql)?:/i.test(store)) return openServer(options, surroundings)
  if (store.startsWith('pglite:')) return openInProcess(options, surroundings)
  const { openSqlite } = await import('./store/sqlite/engine.ts')
  const mode = options.mode === 'existing' ? 'existing' : 'create'
  return openSqlite({ file: sqliteFile(store), mode, ...surroundings })
}

function sqliteFile(store: string): string {
  const path = store.replace(/^sqlite:(\/\/)?/i, '')
  if (path === 'memory:' || path === ':memory:') return ':memory:'
  if (path.startsWith('file:')) return fileURLToPath(path)
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new HeirloomError(
      'INVALID_INPUT',
      `store: "${store.split(':')[0]}:" is not known. Use a path, sqlite:…, memory:, postgres://… or pglite:`,
    )
  }
  // A client that was not started from a shell hands the tilde on as it is.
  return resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path)
}

async function openServer(options: OpenOptions, surroundings: Surroundings) {
  const { url, schema } = mustReadUrl(options.store)
  const [{ openPostgres, poolSessions }, { openPool }] = await Promise.all([
    import('./store/postgres/engine.ts'),
    import('./store/postgres/server.ts'),
  ])
  const ours = options.pool === undefined
  const { maxConnections = 10 } = options
  if (!Number.isInteger(maxConnections) || maxConnections < 1) {
    throw new HeirloomError(
      'INVALID_INPUT',
      `maxConnections: ${maxConnections} must be a whole number from 1 on.`,
    )
  }
  const pool = options.pool ?? openPool({ url: url.href, maxConnections })
  const shown = new URL(options.store)
  if (shown.password !== '') shown.password = '***'
  return openPostgres({
    sessions: poolSessions(pool, { ours }),
    location: shown.href,
    schema,
    inProcess: false,
    mode: options.mode === 'initialise' ? 'create' : 'existing',
    ...surroundings,
  })
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/

function mustReadUrl(store: string): { url: URL; schema: string } {
  let url: URL
  try {
    url = new URL(store)
  } catch (cause) {
    throw new HeirloomError(
      'INVALID_INPUT',
      'store: not a URL. Write postgres://user:password@host:5432/database?schema=heirloom',
      { cause },
    )
  }
  const schema = mustBeSchema(url.searchParams.get('schema') ?? 'heirloom')
  url.searchParams.delete('schema')
  return { url, schema }
}

function mustBeSchema(name: string): string {
  if (SCHEMA.test(name)) return name
  throw new HeirloomError('INVALID_INPUT', `store: "${name}" is not a schema name; use a-z, 0-9 and _ only.`)
}

async function openInProcess(options: OpenOptions, surroundings: Surroundings) {
  const [, folder = '', named = 'heirloom'] = /^pglite:(.*?)(?:\?schema=(.*))?$/s.exec(options.store) ?? []
  const schema = mustBeSchema(named)
  const [{ openPostgres }, { openPglite, PgliteSessions }] = await Promise.all([
    import('./store/postgres/engine.ts'),
    import('./store/postgres/pglite.ts'),
  ])
  const path = folder === '' ? null : resolve(folder.replace(/^\/\//, ''))
  const pglite = options.pglite ?? (await openPglite(path))
  const sessions = new PgliteSessions(pglite)
  const close = async () => {
    if (options.pglite === undefined) await pglite.close()
  }
  return openPostgres({
    sessions: { acquire: () => sessions.acquire(), close },
    location: path === null ? 'pglite:' : `pglite:${path}`,
    schema,
    inProcess: true,
    mode: options.mode === 'existing' && path !== null ? 'existing' : 'create',
    ...surroundings,
  })
}
