/** Databases of memtomem that hold what it would hardly write, or that were taken over in another order. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/model/memory.ts'
import { sentences } from '../kit/backfills.ts'
import {
  IS_THOROUGH,
  pglite,
  sqliteMemory,
  type TestEngine,
  type TestStore,
  temporaryFolder,
} from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/memtomem')

const A = 'aaaaaaaa-1111-4222-8333-aaaaaaaaaaaa'
const B = 'bbbbbbbb-1111-4222-8333-bbbbbbbbbbbb'
const tagged = (id: string) => `["shared-from=${id}"]`

const folder = temporaryFolder()
let files = 0

interface Chunk {
  readonly id: string
  readonly content: string
  readonly tags?: string
  readonly namespace?: string
}

/** A database of memtomem's schema that holds just these, in this order. */
function database(...chunks: readonly Chunk[]): string {
  const path = join(folder, `${++files}.db`)
  copyFileSync(join(FIXTURES, 'store.db'), path)
  const db = new BetterSqlite3(path)
  db.exec('delete from chunk_links; delete from chunks')
  const insert = db.prepare(`insert into chunks
    (id, content, content_hash, source_file, tags, namespace, created_at, updated_at)
    values (:id, :content, :id, :id, :tags, :namespace, '2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z')`)
  for (const chunk of chunks) insert.run({ tags: '[]', namespace: 'default', ...chunk })
  db.close()
  return path
}

/** More than fits into one batch. */
const FILLERS = Array.from({ length: 256 }, (_, index) => ({
  id: `filler-${index}`,
  content: `filler ${index}`,
}))

async function idOf({ raw }: TestStore, origin: string): Promise<string> {
  const [row] = await raw(`select id from memories where origin_id = '${origin}'`)
  return String(row?.id)
}

function odd(engine: TestEngine): void {
  describe(`an odd store of memtomem on ${engine.name}`, () => {
    inOrders(engine)
    holding(engine)
  })
}

function inOrders(engine: TestEngine): void {
  it('is planned as it is imported where a chunk names itself', async () => {
    await using store = await engine.open()
    const path = database({ id: A, content: 'mine', tags: tagged(A) })
    const { links: planned } = await store.memory.import_memtomem({ path, plan: true })
    const { links } = await store.memory.import_memtomem({ path })
    expect(links).toEqual({ linked: 0, source_missing: 0, skipped: { itself: 1 } })
    expect(planned).toEqual({ ...links, source_missing: null })
  })

  it('that brings the source of an earlier import fills its link, and counts nothing below none', async () => {
    await using store = await engine.open()
    const first = await store.memory.import_memtomem({
      path: database({ id: A, content: 'copy', tags: tagged(B) }),
    })
    expect(first.links).toMatchObject({ linked: 1, source_missing: 1 })
    const second = await store.memory.import_memtomem({ path: database({ id: B, content: 'source' }) })
    expect(await sentences(store)).toEqual([`${await idOf(store, A)} shared_from ${await idOf(store, B)}`])
    expect(second.links).toMatchObject({ linked: 0, source_missing: 0 })
    await expectSound(store)
  })

  const between: readonly [string, readonly Chunk[]][] = [
    ['in the same batch', []],
    ['in a later batch', FILLERS],
  ]
  it.each(between)(
    'links a copy to what is here and says the same as its source, which is %s',
    async (_where, more) => {
      await using store = await engine.open()
      const twin = await store.memory.remember({ content: 'known', kind: 'note', project: 'default' })
      const copy = { id: A, content: 'copy', tags: tagged(B) }
      const report = await store.memory.import_memtomem({
        path: database(copy, ...more, { id: B, content: 'known' }),
      })
      expect(report).toMatchObject({ kept: more.length + 1, already_known: 1 })
      expect(await sentences(store)).toEqual([`${await idOf(store, A)} shared_from ${twin.id}`])
      expect(report.links).toMatchObject({ linked: 1, source_missing: 0 })
    },
  )

  it('that a bundle came before adds the links which only it tells of', async () => {
    await using store = await engine.open()
    await store.memory.import_memtomem({ path: join(FIXTURES, 'bundle.json') })
    const path = join(FIXTURES, 'store.db')
    const report = await store.memory.import_memtomem({ path })
    expect(report).toMatchObject({ kept: 0, links: { linked: 1, source_missing: 0 } })
    expect((await sentences(store)).filter(said => said.includes('summarizes'))).toHaveLength(1)
    expect((await store.memory.import_memtomem({ path })).links.linked).toBe(0)
  })

  it('does not bring back what somebody unlinked', async () => {
    await using store = await engine.open()
    const path = join(FIXTURES, 'store.db')
    await store.memory.import_memtomem({ path })
    const before = await sentences(store)
    const [target = '', type = '', source = ''] = before[0]!.split(' ')
    await store.memory.unlink({ target, type, source })
    expect((await store.memory.import_memtomem({ path })).links.linked).toBe(0)
    expect(await sentences(store)).toEqual(before.slice(1))
  })
}

/** Long, and of no pattern that an index could shorten. */
const LONG = Array.from({ length: 1200 }, (_, index) =>
  Math.imul(index + 1, 2_654_435_761).toString(36),
).join('')

function holding(engine: TestEngine): void {
  const cases: readonly [string, Partial<Chunk>][] = [
    ['a very long id', { id: LONG }],
    ['an id with a NUL', { id: 'a\0b' }],
    ['tags with a NUL', { tags: '["a\0b"]' }],
    ['a very long namespace', { namespace: LONG }],
    ['a blank namespace', { namespace: ' ' }],
    ['no namespace', { namespace: '' }],
    ['half of a surrogate pair among its tags', { tags: '["\\ud800"]' }],
  ]
  it.each(cases)(
    'that holds %s is imported or told of, and its other chunks are kept',
    async (_what, chunk) => {
      await using store = await engine.open()
      const path = database({ id: A, content: 'odd', ...chunk }, { id: B, content: 'plain' })
      const plan = await store.memory.import_memtomem({ path, plan: true })
      const report = await store.memory.import_memtomem({ path })
      const skipped = Object.values(report.skipped).reduce((sum, number) => sum + number, 0)
      expect(report.kept + skipped).toBe(2)
      expect(plan).toMatchObject({ kept: report.kept, skipped: report.skipped })
      expect(await idOf(store, B)).not.toBe('undefined')
      const names = await store.raw('select name from projects')
      for (const { name } of names) {
        expect(String(name).trim(), 'the name of a project').not.toBe('')
        expect(String(name).length).toBeLessThanOrEqual(LIMITS.name)
      }
      expect((await store.memory.import_memtomem({ path })).kept).toBe(0)
      await expectSound(store)
    },
  )
}

odd(sqliteMemory)
if (IS_THOROUGH) odd(pglite())
