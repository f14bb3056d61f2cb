/**
 * The engines that every promise is proved on. Each gives fresh, empty stores with a clock and ids of the test's own,
 * and leaves nothing behind.
 */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll } from 'vitest'
import { type Heirloom, openHeirloom, toHeirloom } from '../../src/heirloom.ts'
import { type OpenOptions, openStore } from '../../src/open.ts'
import { type FixedClock, fixedClock, fixedSurroundings } from '../../src/testing.ts'
import { SchemaPool } from './schema-pool.ts'

export type Row = Record<string, unknown>

export interface TestStore extends AsyncDisposable {
  readonly memory: Heirloom
  /** The address that it was opened by. */
  readonly address: string
  readonly clock: FixedClock
  /** The same store opened once more, as another program would. */
  another(options?: Partial<OpenOptions>): Promise<Heirloom>
  /** SQL past every rule, to look and to tamper. */
  raw(text: string): Promise<Row[]>
}

export interface TestEngine {
  readonly name: string
  /** Whether a store can be opened more than once. */
  readonly shared: boolean
  /** `isNew` asks for one where nothing was before, not even an emptied one. */
  open(options?: Partial<OpenOptions> & { readonly isNew?: boolean }): Promise<TestStore>
}

export type Address = Pick<OpenOptions, 'store'> & Partial<OpenOptions>

/** Opens what is at an address, with a clock that stands still; `leave` removes it after closing. */
async function openAt(address: Address, leave: () => Promise<void> | void): Promise<TestStore> {
  const clock = fixedClock()
  const surroundings = fixedSurroundings(clock)
  const opened = await openStore({ ...surroundings, mode: 'initialise', ...address })
  const memory = toHeirloom(opened)
  const others: Heirloom[] = []
  return {
    memory,
    address: address.store,
    clock,
    another: async (options = {}) => {
      const other = await openHeirloom({ ...surroundings, ...address, ...options })
      others.push(other)
      return other
    },
    raw: async text => (await opened.store.engine.write(db => sql.raw<Row>(text).execute(db))).rows,
    [Symbol.asyncDispose]: async () => {
      for (const other of others) await other.close()
      await memory.close()
      await leave()
    },
  }
}

export const sqliteMemory: TestEngine = {
  name: 'SQLite in memory',
  shared: false,
  open: ({ isNew: _always, ...options } = {}) => openAt({ store: 'memory:', ...options }, () => {}),
}

/** Whether what takes minutes runs as well: `npm run test:thorough`. */
export const IS_THOROUGH = process.env.HEIRLOOM_TEST_THOROUGH !== undefined

/** A folder of its own, removed after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function sqliteFile(): TestEngine {
  const folder = temporaryFolder()
  let count = 0
  return {
    name: 'SQLite file',
    shared: true,
    open: ({ isNew: _always, ...options } = {}) =>
      openAt({ store: join(folder, `${++count}.db`), ...options }, () => {}),
  }
}

/** One instance a test file; its schemas are used again. */
export function pglite(): TestEngine {
  let instance: Promise<PGlite> | undefined
  const pool = new SchemaPool('test', async sql => (await (await instance!).exec(sql)).at(-1)?.rows as Row[])
  afterAll(async () => (await instance)?.close())
  return {
    name: 'PGlite',
    shared: true,
    open: async options => {
      instance ??= bootPglite()
      const running = await instance
      return openPooled(pool, options, schema => ({ store: `pglite:?schema=${schema}`, pglite: running }))
    },
  }
}

/** Booting from a base takes a fraction of making one, so the first run leaves it among the installed packages. */
export async function bootPglite(): Promise<PGlite> {
  const modules = join(import.meta.dirname, '../../node_modules')
  const { version } = JSON.parse(readFileSync(join(modules, '@electric-sql/pglite/package.json'), 'utf8'))
  const folder = join(modules, '.cache/heirloom')
  const base = join(folder, `pglite-${version}-vector.tar`)
  const read = () => {
    try {
      return new Blob([readFileSync(base)])
    } catch {
      return null
    }
  }
  const known = read()
  const extensions = { vector }
  if (known !== null) return PGlite.create({ loadDataDir: known, extensions })
  const made = await PGlite.create({ extensions })
  await made.exec('create extension vector with schema public')
  const dump = await made.dumpDataDir('none')
  mkdirSync(folder, { recursive: true })
  // Several test files may make it at once; renaming keeps each from reading half of one.
  const part = `${base}.${process.pid}`
  writeFileSync(part, new Uint8Array(await dump.arrayBuffer()))
  renameSync(part, base)
  return made
}

/** Schemas that are used again, on the server that `HEIRLOOM_TEST_POSTGRES` names. */
export function server(url: string): TestEngine {
  const client = new pg.Client({ connectionString: url })
  let connecting: Promise<unknown> | undefined
  const schemas = new Set<string>()
  const run = async (sql: string) => {
    connecting ??= client.connect()
    await connecting
    const answer = (await client.query(sql)) as pg.QueryResult<Row> | pg.QueryResult<Row>[]
    return (Array.isArray(answer) ? answer.at(-1) : answer)?.rows ?? []
  }
  const pool = new SchemaPool(`heirloom_test_${process.pid}_${Date.now().toString(36)}`, run)
  afterAll(async () => {
    for (const schema of schemas) await run(`drop schema if exists ${schema} cascade`)
    if (connecting !== undefined) await client.end()
  })
  return {
    name: 'PostgreSQL server',
    shared: true,
    open: async options =>
      openPooled(pool, options, schema => {
        schemas.add(schema)
        return { store: `${url}?schema=${schema}`, maxConnections: 6 }
      }),
  }
}

async function openPooled(
  pool: SchemaPool,
  { isNew, ...options }: Parameters<TestEngine['open']>[0] = {},
  addressOf: (schema: string) => Address,
): Promise<TestStore> {
  const schema = pool.take({ isNew })
  const store = await openAt({ ...addressOf(schema.name), ...options }, schema.give)
  await schema.made((options.embedder ?? 'none') === 'none')
  return store
}

/** Runs SQL on a connection of its own. */
export async function onServer(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
