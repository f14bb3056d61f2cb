/**
 * Places where a store may be: put into any state past every rule, then opened as programs open them. Each leaves
 * nothing behind.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import BetterSqlite3 from 'better-sqlite3'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll } from 'vitest'
import { openEngine } from '../../src/engines.ts'
import { finishFilling, makeReady } from '../../src/evolve/opening.ts'
import type { Surroundings } from '../../src/evolve/surroundings.ts'
import type { Upgrade } from '../../src/evolve/upgrade.ts'
import { type Heirloom, toHeirloom } from '../../src/heirloom.ts'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import { type Opened, type OpenOptions, openStore, standBeside } from '../../src/open.ts'
import { connectionOf } from '../../src/store/connection.ts'
import type { Engine } from '../../src/store/engine.ts'
import { MIGRATIONS } from '../../src/store/schema/index.ts'
import type { SqliteConnection } from '../../src/store/sqlite/connection.ts'
import { Store } from '../../src/store/store.ts'
import { fixedClock, fixedSurroundings } from '../../src/testing.ts'
import { type Address, bootPglite, type Row, type TestStore, temporaryFolder } from './engines.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/stores')

/** What a program sees of a place that it opened. */
export interface OpenPlace extends Pick<TestStore, 'memory' | 'raw'>, AsyncDisposable {
  readonly memory: Heirloom
  readonly upgrade: Upgrade | null
  readonly engine: Engine
}

export interface Place extends AsyncDisposable {
  readonly address: Address
  /** Where snapshots go; null where none are taken. */
  readonly snapshots: string | null
  /** Makes what SQL of one's own needs before there is a store: a schema on a server. */
  prepare(): Promise<void>
  /** SQL past every rule and every connection of a store: several statements. */
  script(text: string): Promise<void>
  rows(text: string): Promise<Row[]>
  /** As any program opens it. */
  open(options?: Partial<OpenOptions>): Promise<OpenPlace>
  /** As `open`, with the permission to make and to change what is there. */
  change(options?: Partial<OpenOptions>): Promise<OpenPlace>
  /** The way to what is there, unopened. */
  connect(): Promise<Engine>
  /** A hash of every byte or row that is stored, and of how. Nothing in this process may have the place open. */
  contents(): Promise<string>
}

export interface PlaceKit {
  readonly name: string
  readonly engine: Engine['name']
  /** Whether any opening may make and change the store; else only those that say so. */
  readonly changesItself: boolean
  /** Whether any opening may make a store where there is none. */
  readonly makesItself: boolean
  /** Whether its lock is more than turns: of the operating system, or of a server's session. */
  readonly hasLock: boolean
  /** Whether a store can be opened more than once. */
  readonly isShared: boolean
  empty(): Promise<Place>
  /** The store as the build of that schema version made it. */
  fixture(version: number): Promise<Place>
}

/**
 * The clock stands still, later than everything in a fixture. Ids and salts are real, since those of fixtures count
 * from 1, too; and so are pauses, since who is waited for may be another process.
 */
function surroundings() {
  const { now, random, embedder } = fixedSurroundings(fixedClock('2026-06-01T00:00:00.000Z'))
  const pause = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))
  return { now, random, pause, embedder }
}

/** For functions that change a store as a whole. */
export function changing(more: Pick<Surroundings, 'progress' | 'signal'> = {}): Surroundings {
  const { upkeep } = standBeside({ store: 'memory:', ...surroundings() }).context()
  return { ...upkeep.surroundings(), elapsed: () => 0, build: 'test', ...more }
}

export const FIXTURE_VERSIONS = MIGRATIONS.map(({ version }) => version).filter(version =>
  existsSync(fixturePath(version, 'db')),
)

function fixturePath(version: number, ending: 'db' | 'postgres.sql'): string {
  return join(FIXTURES, `${String(version).padStart(4, '0')}.${ending}`)
}

function hashOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

async function opened(options: OpenOptions): Promise<OpenPlace> {
  return toOpenPlace(await openStore(options))
}

function toOpenPlace(open: Opened): OpenPlace {
  const { engine } = open.store
  const memory = toHeirloom(open)
  return {
    memory,
    upgrade: open.upgrade,
    engine,
    raw: async text => (await engine.write(db => sql.raw<Row>(text).execute(db))).rows,
    [Symbol.asyncDispose]: () => memory.close(),
  }
}

function openings(address: Address) {
  const own = { ...surroundings(), ...address }
  return {
    open: (options: Partial<OpenOptions> = {}) => opened({ ...own, ...options }),
    change: (options: Partial<OpenOptions> = {}) => opened({ ...own, mode: 'initialise', ...options }),
    connect: () => openEngine({ ...address, mode: 'create' }, own),
  }
}

export function filePlaces(): PlaceKit {
  const folder = temporaryFolder()
  let count = 0
  const next = () => join(folder, `${++count}.db`)
  return {
    name: 'SQLite file',
    engine: 'sqlite',
    changesItself: true,
    makesItself: true,
    hasLock: true,
    isShared: true,
    empty: async () => filePlace(next()),
    fixture: async version => {
      const file = next()
      copyFileSync(fixturePath(version, 'db'), file)
      return filePlace(file)
    },
  }
}

export function filePlace(file: string): Place {
  const using = <T>(work: (db: BetterSqlite3.Database) => T): T => {
    const db = new BetterSqlite3(file)
    try {
      return work(db)
    } finally {
      db.close()
    }
  }
  return {
    address: { store: file },
    snapshots: `${file}.snapshots`,
    prepare: async () => undefined,
    script: async text => using(db => void db.exec(text)),
    rows: async text => using(db => db.prepare(text).all() as Row[]),
    ...openings({ store: file }),
    contents: async () => hashOf(...['', '-wal'].map(end => bytesOf(`${file}${end}`))),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function bytesOf(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
}

/** A store in memory has one connection, so each place is one engine. */
export const memoryPlaces: PlaceKit = {
  name: 'SQLite in memory',
  engine: 'sqlite',
  changesItself: true,
  makesItself: true,
  hasLock: false,
  isShared: false,
  empty: memoryPlace,
  fixture: async version => {
    const place = await memoryPlace()
    await place.script(
      MIGRATIONS.slice(0, version)
        .map(step => step.sqlite)
        .join('\n'),
    )
    // Attaching makes files beside the fixture, which others copy meanwhile.
    const folder = mkdtempSync(join(tmpdir(), 'heirloom-fixture-'))
    copyFileSync(fixturePath(version, 'db'), join(folder, 'copy.db'))
    await place.script(`attach database '${join(folder, 'copy.db')}' as fixture; pragma foreign_keys = off`)
    const tables = await place.rows(`select name from fixture.sqlite_schema
      where type = 'table' and sql not like 'create virtual table%' and name not glob 'keyword_*_*'
        and name not like 'sqlite_%'`)
    const derived = ['keyword_documents', 'keyword_signatures', 'keyword_totals']
    for (const name of [...tables.map(row => String(row.name)), ...derived]) {
      const known = await place.rows(`select name from pragma_table_info('${name}')`)
      const list = known.map(column => `"${column.name}"`).join(', ')
      await place.script(`delete from main."${name}"`)
      await place.script(`insert into main."${name}" (${list}) select ${list} from fixture."${name}"`)
    }
    await place.script('detach database fixture; pragma foreign_keys = on')
    rmSync(folder, { recursive: true })
    await place.script(`pragma application_id = ${0x48656972}; pragma user_version = ${version}`)
    return place
  },
}

async function memoryPlace(): Promise<Place> {
  const own = surroundings()
  const engine = await openEngine({ store: 'memory:' }, own)
  let db: BetterSqlite3.Database | undefined
  await engine.read(async database => {
    db = (connectionOf(database) as SqliteConnection).raw
  })
  const raw = db!
  const open = async ({ upgrade }: Partial<OpenOptions> = {}): Promise<OpenPlace> => {
    const given = changing()
    const mayChange = upgrade !== 'never'
    const ready = await makeReady(engine, {
      mayCreate: true,
      mayChange,
      snapshot: null,
      surroundings: given,
    })
    if (ready.unfinished && mayChange) await finishFilling(engine, given)
    const store = new Store(engine, { ...given, stamps: ready.stamps })
    const principal = { tenant_id: BOOTSTRAP_ID, user_id: BOOTSTRAP_ID, kind: 'agent' } as never
    const { upkeep, embedders, drainer } = standBeside({ store: 'memory:' }).context()
    const around = { upkeep, embedders, drainer }
    const context = { principal, client: null, session: null, ...around, ...own, newId: given.newId }
    const place = toOpenPlace({
      store,
      upgrade: ready.upgrade,
      context: (call = {}) => ({ ...context, ...call, store, created: ready.created }),
    })
    return { ...place, [Symbol.asyncDispose]: () => store.usage.flush() }
  }
  return {
    address: { store: 'memory:' },
    snapshots: null,
    prepare: async () => undefined,
    script: async text => void raw.exec(text),
    rows: async text => raw.prepare(text).all() as Row[],
    open,
    change: open,
    connect: async () => leftOpen(engine),
    contents: async () => hashOf(raw.serialize()),
    [Symbol.asyncDispose]: () => engine.close(),
  }
}

/** The same engine, for whoever closes what was connected to. */
function leftOpen(engine: Engine): Engine {
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === 'close') return async () => undefined
      const found = Reflect.get(target, name) as unknown
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

type RunSql = (text: string) => Promise<Row[]>

/** One instance a test file, a schema a place. */
export function pglitePlaces(): PlaceKit {
  const folder = temporaryFolder()
  let instance: Promise<PGlite> | undefined
  let count = 0
  afterAll(async () => (await instance)?.close())
  const make = async (version?: number) => {
    instance ??= bootPglite()
    const pglite = await instance
    const run: RunSql = async text => {
      const results = await pglite.exec(text)
      return (results.findLast(result => result.fields.length > 0)?.rows ?? []) as Row[]
    }
    const schema = `place_${++count}`
    const address = { store: `pglite:?schema=${schema}`, pglite, snapshots: join(folder, schema) }
    return schemaPlace({ schema, address, run }, version)
  }
  return {
    name: 'PGlite',
    engine: 'postgres',
    changesItself: false,
    makesItself: true,
    hasLock: false,
    isShared: true,
    empty: () => make(),
    fixture: make,
  }
}

/** A schema a place, on the server that `HEIRLOOM_TEST_POSTGRES` names. */
export function serverPlaces(url: string): PlaceKit {
  const folder = temporaryFolder()
  const prefix = `heirloom_place_${process.pid}_${Date.now().toString(36)}`
  const client = new pg.Client({ connectionString: url })
  let connecting: Promise<unknown> | undefined
  let count = 0
  afterAll(() => client.end())
  const make = async (version?: number) => {
    connecting ??= client.connect()
    await connecting
    const run: RunSql = async text => {
      const results = [await client.query(text)].flat() as pg.QueryResult<Row>[]
      return results.findLast(result => result.fields.length > 0)?.rows ?? []
    }
    const schema = `${prefix}_${++count}`
    const address = { store: `${url}?schema=${schema}`, maxConnections: 6, snapshots: join(folder, schema) }
    return schemaPlace({ schema, address, run }, version)
  }
  return {
    name: 'PostgreSQL server',
    engine: 'postgres',
    changesItself: false,
    makesItself: false,
    hasLock: true,
    isShared: true,
    empty: () => make(),
    fixture: make,
  }
}

interface InSchema {
  readonly schema: string
  readonly address: Address
  readonly run: RunSql
}

async function schemaPlace({ schema, address, run }: InSchema, version?: number): Promise<Place> {
  const inSchema = async (text: string) => {
    try {
      return await run(
        `begin; set local search_path to ${schema}; set local timezone to 'UTC'; ${text}; commit`,
      )
    } catch (error) {
      await run('rollback')
      throw error
    }
  }
  if (version !== undefined) {
    const script = readFileSync(fixturePath(version, 'postgres.sql'), 'utf8')
    await run(script.replaceAll('fixture_schema', schema))
  }
  return {
    address,
    snapshots: address.snapshots ?? null,
    prepare: async () => void (await run(`create schema ${schema}`)),
    script: async text => void (await inSchema(text)),
    rows: inSchema,
    ...openings(address),
    contents: async () => contentsOf(schema, inSchema),
    [Symbol.asyncDispose]: async () => {
      await run(`drop schema if exists ${schema} cascade`)
    },
  }
}

/** Every table with its columns, indexes, constraints and rows. */
async function contentsOf(schema: string, run: RunSql): Promise<string> {
  const known =
    await run(`select 'schema' as kind, nspname::text as text from pg_namespace where nspname = '${schema}'
    union all select 'column', table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable
      from information_schema.columns where table_schema = '${schema}'
    union all select 'index', indexdef from pg_indexes where schemaname = '${schema}'
    union all select 'constraint', conrelid::regclass || conname || pg_get_constraintdef(oid)
      from pg_constraint where connamespace = (select oid from pg_namespace where nspname = '${schema}')
    order by 1, 2`)
  const tables = await run(
    `select tablename as name from pg_tables where schemaname = '${schema}' order by 1`,
  )
  const rows: unknown[] = []
  for (const { name } of tables) {
    rows.push(name, await run(`select to_jsonb(t)::text as row from "${name}" as t order by 1`))
  }
  return hashOf(JSON.stringify(known), JSON.stringify(rows))
}
