/** Files that are no store of memtomem, or cannot be read: named, and nothing is written. */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import {
  IS_THOROUGH,
  pglite,
  sqliteMemory,
  type TestEngine,
  type TestStore,
  temporaryFolder,
} from '../kit/engines.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/memtomem')

const folder = temporaryFolder()
let count = 0

interface Refused extends Disposable {
  readonly path: string
}

function file(make: (path: string) => void): Refused {
  const path = join(folder, `${++count}.db`)
  make(path)
  return { path, [Symbol.dispose]: () => undefined }
}

/** Held by another program for as long as it is not disposed of. */
function locked(): Refused {
  const { path } = file(copied)
  const database = sql(path, 'begin exclusive')
  return { path, [Symbol.dispose]: () => void database.close() }
}

const copied = (path: string) => copyFileSync(join(FIXTURES, 'store.db'), path)

function sql(path: string, text: string): BetterSqlite3.Database {
  const database = new BetterSqlite3(path)
  database.exec(text)
  return database
}

const CASES: readonly [string, string, RegExp, () => Refused][] = [
  [
    'a bundle of version 1',
    'SOURCE_MALFORMED',
    /bundle v1.*memtomem 0\.1\.28/,
    () => file(path => copyFileSync(join(FIXTURES, 'bundle-v1.json'), path)),
  ],
  [
    'a bundle of a version to come',
    'SOURCE_MALFORMED',
    /version "99".*Update Heirloom/,
    () =>
      file(path => {
        const bundle = JSON.parse(readFileSync(join(FIXTURES, 'bundle.json'), 'utf8')) as object
        writeFileSync(path, JSON.stringify({ ...bundle, version: '99' }))
      }),
  ],
  [
    'a bundle that was cut short',
    'SOURCE_MALFORMED',
    /export the bundle again/,
    () =>
      file(path => {
        const text = readFileSync(join(FIXTURES, 'bundle.json'), 'utf8')
        writeFileSync(path, text.slice(0, text.length / 2))
      }),
  ],
  [
    'a text',
    'SOURCE_MALFORMED',
    /neither a SQLite database nor JSON/,
    () => file(path => writeFileSync(path, 'Hi.')),
  ],
  ['an empty file', 'SOURCE_MALFORMED', /is empty/, () => file(path => writeFileSync(path, ''))],
  [
    'a database that was cut short',
    'SOURCE_MALFORMED',
    /is damaged/,
    () =>
      file(path => {
        copied(path)
        truncateSync(path, 60_000)
      }),
  ],
  [
    'another database',
    'SOURCE_MALFORMED',
    /no table chunks/,
    () => file(path => void sql(path, 'create table notes (id text)').close()),
  ],
  [
    'a database of nearly that form',
    'SOURCE_MALFORMED',
    /lacks the columns? .*namespace/,
    () => file(path => void sql(path, 'create table chunks (id text, content text, tags text)').close()),
  ],
  ['a locked database', 'SOURCE_UNREADABLE', /locked by another program.*Close memtomem/, locked],
  [
    'a folder',
    'SOURCE_UNREADABLE',
    /is a folder/,
    () => ({ path: folder, [Symbol.dispose]: () => undefined }),
  ],
  ['nothing', 'SOURCE_UNREADABLE', /does not exist/, () => file(() => undefined)],
]

function refuses(engine: TestEngine): void {
  describe(`import memtomem into ${engine.name} refuses`, () => {
    let store: TestStore
    beforeAll(async () => {
      store = await engine.open()
    })
    afterAll(() => store[Symbol.asyncDispose]())

    it.each(CASES)('%s', async (_what, code, message, make) => {
      using refused = make()
      const before = await store.memory.digest({})
      for (const plan of [true, false]) {
        const call = store.memory.import_memtomem({ path: refused.path, plan })
        const error = await call.catch((caught: unknown) => caught)
        expect(error).toMatchObject({ code, message: expect.stringContaining(refused.path) })
        expect(String(error)).toMatch(message)
      }
      expect(await store.memory.digest({})).toEqual(before)
    })
  })
}

refuses(sqliteMemory)
if (IS_THOROUGH) refuses(pglite())

it('a store of Heirloom itself', async () => {
  const path = join(folder, 'own.db')
  await (await openHeirloom({ store: path })).close()
  await using store = await sqliteMemory.open()
  const error = await store.memory.import_memtomem({ path }).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'SOURCE_MALFORMED', message: expect.stringContaining(path) })
})
