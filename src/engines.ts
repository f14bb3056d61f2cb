/**
 * From the address of a store to the engine that is there. The only file that names a backend.
 */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { HeirloomError } from './model/errors.ts'
import type { Engine } from './store/engine.ts'
import type { Pglite } from './store/postgres/pglite.ts'
import type { Pause } from './store/waiting.ts'

export interface EngineOptions {
  /** A path, `sqlite:…`, `memory:`, `postgres://…?schema=…`, `pglite:` or `pglite:<folder>`, both also with `?schema=…`. */
  readonly store: string
  /** For a file: `existing` refuses what is not there. */
  readonly mode?: 'existing' | 'create' | 'initialise'
  /** A pool of the caller's own, for a `postgres://` store; it is left open. */
  readonly pool?: pg.Pool
  /** An instance of the caller's own, for a `pglite:` store; it is left open. */
  readonly pglite?: Pglite
  /** Connections at the most where the pool is ours. 10 by default. */
  readonly maxConnections?: number
}

interface Surroundings {
  readonly now: () => string
  readonly random: () => number
  readonly pause: Pause
}

interface Located {
  /** For people: an absolute path or a URL without its password. */
  readonly location: string
  /** The SQLite file; null where the address names none. */
  readonly file: string | null
}

/**
 * Where an address leads, without looking what is there.
 * @throws INVALID_INPUT where it is none.
 */
export function locate(store: string): Located {
  switch (kindOf(store)) {
    case 'server':
      return { location: mustReadUrl(store).location, file: null }
    case 'in process':
      return { location: placeInProcess(store).location, file: null }
    case 'file': {
      const file = sqliteFile(store)
      return file === ':memory:' ? { location: 'memory:', file: null } : { location: file, file }
    }
  }
}

function kindOf(store: string): 'server' | 'in process' | 'file' {
  if (store.trim() === '') throw new HeirloomError('INVALID_INPUT', 'store: name a path or a URL.')
  if (/^postgres(ql)?:/i.test(store)) return 'server'
  return store.startsWith('pglite:') ? 'in process' : 'file'
}

/** The way to what is at an address; whether it fits is for `makeReady` to find out. */
export async function openEngine(options: EngineOptions, surroundings: Surroundings): Promise<Engine> {
  const { store } = options
  const kind = kindOf(store)
  if (kind === 'server') return openServer(options, surroundings)
  if (kind === 'in process') return openInProcess(options, surroundings)
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

async function openServer(options: EngineOptions, surroundings: Surroundings) {
  const { url, schema, location } = mustReadUrl(options.store)
  const [{ openPostgres }, { openPool, poolSessions }] = await Promise.all([
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
  return openPostgres({
    sessions: poolSessions(pool, { ours }),
    location,
    schema,
    inProcess: false,
    ...surroundings,
  })
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/

function mustReadUrl(store: string): { url: URL; schema: string; location: string } {
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
  const shown = new URL(url)
  if (shown.password !== '') shown.password = '***'
  url.searchParams.delete('schema')
  return { url, schema, location: shown.href }
}

function mustBeSchema(name: string): string {
  if (SCHEMA.test(name)) return name
  throw new HeirloomError('INVALID_INPUT', `store: "${name}" is not a schema name; use a-z, 0-9 and _ only.`)
}

function placeInProcess(store: string): { path: string | null; schema: string; location: string } {
  const [, folder = '', named = 'heirloom'] = /^pglite:(.*?)(?:\?schema=(.*))?$/s.exec(store) ?? []
  const path = folder === '' ? null : resolve(folder.replace(/^\/\//, ''))
  return { path, schema: mustBeSchema(named), location: path === null ? 'pglite:' : `pglite:${path}` }
}

async function openInProcess(options: EngineOptions, surroundings: Surroundings) {
  const { path, schema, location } = placeInProcess(options.store)
  const [{ openPostgres }, { openPglite, PgliteSessions }] = await Promise.all([
    import('./store/postgres/engine.ts'),
    import('./store/postgres/pglite.ts'),
  ])
  const pglite = options.pglite ?? (await openPglite(path))
  const sessions = new PgliteSessions(pglite)
  const close = async () => {
    if (options.pglite === undefined) await pglite.close()
  }
  return openPostgres({
    sessions: { acquire: () => sessions.acquire(), dedicated: null, close },
    location,
    schema,
    inProcess: true,
    ...surroundings,
  })
}
