import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ForeignLink, ForeignMemory } from '../../../src/ingest/importers/memtomem.ts'
import { openMemtomem } from '../../../src/ingest/importers/memtomem.ts'
import { HeirloomError } from '../../../src/model/errors.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/memtomem')
const root = mkdtempSync(join(tmpdir(), 'heirloom-memtomem-'))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Named {
  readonly [name: string]: string
}

const { damaged, related, ...named } = JSON.parse(
  readFileSync(join(FIXTURES, 'named.json'), 'utf8'),
) as Named & {
  readonly damaged: Named
  readonly related: readonly [string, string]
}

function fixture(name: string): string {
  return join(FIXTURES, name)
}

interface Read {
  readonly format: string
  readonly count: number
  readonly namespaces: Record<string, number>
  readonly sizes: readonly number[]
  readonly memories: ReadonlyMap<string, ForeignMemory>
  readonly links: readonly ForeignLink[]
  readonly relations: readonly ForeignLink[]
  readonly skipped: Record<string, number>
}

function readAll(file: string, size = 100): Read {
  using store = openMemtomem(file)
  const batches = [...store.batches(size)]
  return {
    format: store.format,
    count: store.memories,
    namespaces: Object.fromEntries(store.namespaces),
    sizes: batches.map(batch => batch.length),
    memories: new Map(batches.flat().map(memory => [memory.id, memory])),
    links: [...store.links(size)].flat(),
    relations: [...store.relations(size)].flat(),
    skipped: Object.fromEntries(store.skipped),
  }
}

function refusal(file: string): { code: string; message: string } {
  try {
    openMemtomem(file)[Symbol.dispose]()
  } catch (error) {
    if (!(error instanceof HeirloomError)) throw error
    expect(error.message).toContain(file)
    return { code: error.code, message: error.message.replaceAll(file, 'FILE') }
  }
  throw new Error(`${file} was not refused`)
}

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

/** A copy of the fixture with changes of the test's own. */
function changed(change: (database: BetterSqlite3.Database) => void, from = 'store.db'): string {
  const file = join(folder, 'changed.db')
  copyFileSync(fixture(from), file)
  const database = new BetterSqlite3(file)
  try {
    change(database)
  } finally {
    database.close()
  }
  return file
}

const NAMESPACES = { default: 7, 'agent-runtime:planner': 3, shared: 13 }

describe('a database', () => {
  it('is read whole, whatever the size of a batch', () => {
    const read = readAll(fixture('store.db'))
    expect(read).toMatchObject({ format: 'memtomem database (schema 3)', count: 23, namespaces: NAMESPACES })
    expect(read.skipped).toEqual({ 'no text': 1 })
    expect(read.memories.size).toBe(22)
    expect(read.memories.has(damaged['odd-blank']!)).toBe(false)
    expect(readAll(fixture('store.db'), 5)).toEqual({ ...read, sizes: [5, 5, 5, 4, 3] })
    expect(readAll(fixture('store.db'), 1).memories).toEqual(read.memories)
  })

  it('gives rows as they stood there', () => {
    const { memories } = readAll(fixture('store.db'))
    expect(memories.get(named.chain_1!)).toEqual({
      id: named.chain_1,
      content: 'Responses of the catalogue are cached for ninety seconds, never longer.',
      namespace: 'agent-runtime:planner',
      tags: '["cache", "decision"]',
      title: 'Cache policy',
      source: '/tmp/memtomem-fixture/new/notes/cache.md',
      recorded_at: '2026-11-21T15:36:54.338Z',
      updated_at: '2026-11-21T15:36:54.338Z',
      metadata: { chunk_type: 'markdown_section', start_line: 2, end_line: 7 },
    })
    const greeting = [...memories.values()].find(({ title }) => title === 'Grüße aus Köln')
    expect(greeting?.content).toBe(
      'Änderungen am Tarif gelten ab 1. März. 料金は月末に請求されます。 Ça marche 🎉',
    )
    expect(JSON.parse(greeting?.tags ?? '')).toEqual(['straße', '日本語'])
    const twins = [...memories.values()].filter(({ content }) => content.startsWith('Whoever'))
    expect(twins.map(({ namespace }) => namespace)).toEqual(['default', 'agent-runtime:planner'])
  })

  it('tells shares from their source to the copy, a deleted source as none', () => {
    const { links, memories } = readAll(fixture('store.db'), 2)
    expect(links.map(({ source, target, type }) => [type, source, target])).toEqual([
      ['shared', named.chain_1, named.chain_2],
      ['shared', named.chain_2, named.chain_3],
      ['shared', named.upper_source, named.upper_copy],
      ['shared', null, named.gone_copy],
      ['summarizes', named.summary, named.summarized],
    ])
    expect(links[0]?.created_at).toBe('2026-11-21T15:36:54.000Z')
    expect(memories.has(named.gone_source!)).toBe(false)
    const tagged = (id: string | undefined) => JSON.parse(memories.get(id!)?.tags ?? '') as string[]
    expect(tagged(named.chain_3)).toEqual(['cache', 'decision', `shared-from=${named.chain_2}`])
    expect(tagged(named.upper_copy)).toEqual(['flags', `shared-from=${named.upper_source!.toUpperCase()}`])
    expect(tagged(named.gone_copy)).toEqual(['legal', `shared-from=${named.gone_source}`])
  })

  it('tells what was linked by hand apart from shares', () => {
    const { relations } = readAll(fixture('store.db'))
    expect(relations).toEqual([
      { source: related[0], target: related[1], type: 'depends_on', created_at: '2026-11-21T15:36:54.000Z' },
    ])
  })

  it('hands out damaged tags as they are, and no times or headings that are not understood', () => {
    const { memories } = readAll(fixture('store.db'))
    const tags = Object.entries(damaged).map(([name, id]) => [name, memories.get(id)?.tags])
    expect(Object.fromEntries(tags)).toEqual({
      'odd-malformed': '["odd", "broken',
      'odd-object': '{"odd": true}',
      'odd-string': '"odd"',
      'odd-number': '["odd", 7, null]',
      'odd-empty-share': '["odd", "shared-from="]',
      'odd-no-uuid': '["odd", "shared-from=not-a-uuid"]',
      'odd-two-shares': `["odd", "shared-from=${named.chain_1}", "shared-from=${named.upper_source}"]`,
      'odd-blank-tags': '',
      'odd-time': '["odd"]',
      'odd-blank': undefined,
    })
    const timeless = memories.get(damaged['odd-time']!)
    expect(timeless).toMatchObject({ recorded_at: null, updated_at: null, title: null })
  })

  it('may have no links yet', () => {
    const read = readAll(fixture('store-without-links.db'))
    expect(read).toMatchObject({ count: 23, links: [], namespaces: NAMESPACES })
    expect(read.memories).toEqual(readAll(fixture('store.db')).memories)
    expect(read.relations).toHaveLength(1)
  })

  it('may be of an old version, with fewer columns and tables', () => {
    const read = readAll(fixture('store-0.1.27.db'))
    expect(read).toMatchObject({
      format: 'memtomem database (schema not told)',
      count: 5,
      namespaces: { default: 4, shared: 1 },
      links: [],
      relations: [],
      skipped: {},
    })
    expect(new Set([...read.memories.values()].map(({ tags }) => tags))).toEqual(new Set(['[]']))
  })

  it('skips what can be no memory, and counts anew at each reading', () => {
    const file = changed(database => {
      database.pragma('foreign_keys = off')
      const set = database.prepare('update chunks set content = ? where id = ?')
      set.run('ä'.repeat(32_769), named.chain_1)
      set.run('ä'.repeat(32_768), named.chain_2)
      set.run(Buffer.from('bytes'), named.chain_3)
      database.prepare(`update chunks set id = '' where id = ?`).run(named.upper_source)
      database
        .prepare(`insert into held_sources select source_file, '', '', 'missing' from chunks where id = ?`)
        .run(named.summary)
    })
    using store = openMemtomem(file)
    for (const _ of [1, 2]) {
      expect([...store.batches(3)].flat()).toHaveLength(18)
      expect(Object.fromEntries(store.skipped)).toEqual({
        'no text': 2,
        'no id': 1,
        'text of more than 65536 bytes': 1,
        'held back by memtomem': 1,
      })
    }
    expect(store.memories).toBe(23)
  })

  it('gives ids in lower case and what is worth keeping beside the text', () => {
    const file = changed(database => {
      database.pragma('foreign_keys = off')
      database
        .prepare(
          `update chunks set id = upper(id), importance_score = 0.5, access_count = 4, scope = 'project_shared',
            project_root = '/home/ana/shop', valid_from_unix = 1700000000, heading_hierarchy = '["# Guide", "## A # B"]',
            created_at = '2026-03-01T10:00:00+09:00', updated_at = '2026-03-01 10:00:00'
            where id = ?`,
        )
        .run(named.chain_1)
      database.prepare('update chunk_links set source_id = upper(source_id)').run()
    })
    const { memories, links } = readAll(file)
    expect(memories.get(named.chain_1!)).toMatchObject({
      title: 'Guide > A # B',
      recorded_at: '2026-03-01T01:00:00.000Z',
      updated_at: '2026-03-01T10:00:00.000Z',
      metadata: {
        importance_score: 0.5,
        access_count: 4,
        scope: 'project_shared',
        project_root: '/home/ana/shop',
        valid_from: '2023-11-14T22:13:20.000Z',
      },
    })
    expect(links[0]).toMatchObject({ source: named.chain_1, target: named.chain_2 })
  })

  it('is of a newer schema as long as it has what is read', () => {
    const file = changed(database => {
      database.exec(`update _memtomem_meta set value = '9' where key = 'schema_version'`)
      database.exec('alter table chunks add column mood text')
    })
    expect(readAll(file)).toMatchObject({ format: 'memtomem database (schema 9)', count: 23 })
  })
})

describe('a database with a write-ahead log, as memtomem keeps it', () => {
  function logged(): string {
    return changed(database => database.pragma('journal_mode = wal'))
  }

  it('leaves nothing beside it when nobody has it open', () => {
    const file = logged()
    const bytes = readFileSync(file)
    const temporary = join(folder, 'temporary')
    mkdirSync(temporary)
    vi.stubEnv('TMPDIR', temporary)
    const store = openMemtomem(file)
    expect([...store.batches(100)].flat()).toHaveLength(22)
    expect(readdirSync(temporary)).toHaveLength(1)
    store[Symbol.dispose]()
    expect(readdirSync(temporary)).toEqual([])
    expect(readdirSync(folder)).toEqual(['changed.db', 'temporary'])
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  it('leaves nothing behind when it is refused, and says where it found no room', () => {
    const file = changed(database => {
      database.exec('drop table chunks')
      database.pragma('journal_mode = wal')
    })
    const temporary = join(folder, 'temporary')
    vi.stubEnv('TMPDIR', temporary)
    expect(refusal(file)).toEqual({
      code: 'SOURCE_UNREADABLE',
      message: `FILE cannot be copied to ${temporary}, from where it is read (ENOENT). Check the room there; TMPDIR names another folder.`,
    })
    mkdirSync(temporary)
    expect(refusal(file).message).toContain('it has no table chunks')
    expect(readdirSync(temporary)).toEqual([])
  })

  it('is read with what is only in the log, at one moment, while memtomem goes on writing', () => {
    const file = logged()
    const writer = new BetterSqlite3(file)
    writer.pragma('wal_autocheckpoint = 0')
    const rename = writer.prepare('update chunks set content = ? where id = ?')
    rename.run('Only in the log.', named.chain_1)
    using store = openMemtomem(file)
    rename.run('After it was opened.', named.chain_1)
    writer.prepare('delete from chunks where id = ?').run(named.summary)
    const memories = [...store.batches(4)].flat()
    expect(memories).toHaveLength(22)
    expect(memories.find(({ id }) => id === named.chain_1)?.content).toBe('Only in the log.')
    writer.close()
  })

  it('is refused when it is locked', () => {
    const file = logged()
    const writer = new BetterSqlite3(file)
    writer.pragma('locking_mode = exclusive')
    writer.exec('begin exclusive')
    expect(refusal(file)).toEqual({
      code: 'SOURCE_UNREADABLE',
      message: 'FILE is locked by another program. Close memtomem and try again.',
    })
    writer.close()
  })
})

describe('what is no database of memtomem', () => {
  const NAME_ONE =
    'Name memtomem’s database (usually ~/.memtomem/memtomem.db) or a bundle that its mem_export has written.'
  const OWN = 'Name memtomem’s own, usually ~/.memtomem/memtomem.db.'

  it('is refused with what it is', () => {
    mkdirSync(join(folder, 'notes'))
    expect(refusal(join(folder, 'nothing.db'))).toEqual({
      code: 'SOURCE_UNREADABLE',
      message: `FILE does not exist. ${NAME_ONE}`,
    })
    expect(refusal(join(folder, 'notes'))).toEqual({
      code: 'SOURCE_UNREADABLE',
      message: `FILE is a folder. ${NAME_ONE}`,
    })
    expect(refusal(write('empty.db', ''))).toEqual({
      code: 'SOURCE_MALFORMED',
      message: `FILE is empty. ${NAME_ONE}`,
    })
    for (const content of ['# Notes\n\nPlain text.', Uint8Array.of(0, 1, 2, 3), 'SQLite format 3']) {
      expect(refusal(write('other', content))).toEqual({
        code: 'SOURCE_MALFORMED',
        message: `FILE is neither a SQLite database nor JSON. ${NAME_ONE}`,
      })
    }
    expect(refusal('/dev/null').message).toBe(`FILE is not a regular file. ${NAME_ONE}`)
  })

  it('is refused with the table or the columns that it lacks', () => {
    const other = join(folder, 'other.db')
    new BetterSqlite3(other).exec('create table notes (id text)').close()
    expect(refusal(other)).toEqual({
      code: 'SOURCE_MALFORMED',
      message: `FILE is a SQLite database, but not memtomem’s: it has no table chunks. ${OWN}`,
    })
    const view = join(folder, 'view.db')
    new BetterSqlite3(view).exec('create view chunks as select 1 as id').close()
    expect(refusal(view).message).toContain('it has no table chunks')
    const alike = join(folder, 'alike.db')
    new BetterSqlite3(alike).exec('create table chunks (id, content, tags, source_file, created_at)').close()
    expect(refusal(alike).message).toBe(
      `FILE is a SQLite database, but not memtomem’s: its table chunks lacks the columns content_hash, heading_hierarchy, chunk_type, namespace, updated_at. ${OWN}`,
    )
    const file = changed(database => {
      database.exec('drop table chunk_links; create table chunk_links (source_id, target_id, created_at)')
    })
    expect(() => readAll(file)).toThrow(/its table chunk_links lacks the column link_type\./)
  })

  it('is refused when it is damaged or cut short, wherever', () => {
    const whole = readFileSync(fixture('store.db'))
    for (let kept = 100; kept < whole.length; kept += 4096) {
      expect(refusal(write('cut.db', whole.subarray(0, kept)))).toEqual({
        code: 'SOURCE_MALFORMED',
        message: expect.stringMatching(
          /^FILE is damaged: .+\. Import a backup of it, or what this saves: sqlite3 FILE /,
        ),
      })
    }
    expect(refusal(write('header.db', Buffer.concat([whole.subarray(0, 16), Buffer.alloc(600)]))).code).toBe(
      'SOURCE_MALFORMED',
    )
  })

  it('is refused before the first memory when pages of its memories are damaged', () => {
    const bytes = Buffer.from(readFileSync(fixture('store.db')))
    const at = bytes.indexOf('Responses of the catalogue')
    const page = at - (at % 512)
    bytes.fill(0xff, page, page + 512)
    expect(refusal(write('damaged.db', bytes))).toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: expect.stringMatching(/^FILE is damaged: /),
    })
  })

  it('is refused when another program has it locked', () => {
    const file = changed(() => {})
    const other = new BetterSqlite3(file)
    other.exec('begin exclusive')
    expect(refusal(file)).toEqual({
      code: 'SOURCE_UNREADABLE',
      message: 'FILE is locked by another program. Close memtomem and try again.',
    })
    other.exec('rollback')
    expect(readAll(file).count).toBe(23)
    other.close()
  })

  it('is refused when it may not be read', () => {
    const file = changed(() => {})
    chmodSync(file, 0)
    // Root may read everything, so another user asks.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const source = join(import.meta.dirname, '../../../src/ingest/importers/memtomem.ts')
    const script = `import { openMemtomem } from ${JSON.stringify(source)}
      try { openMemtomem(${JSON.stringify(file)}) } catch (error) { console.log(error.code, error.message) }`
    const asked = spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...nobody, cwd: '/' })
    expect(asked.stdout.toString()).toBe(
      `SOURCE_UNREADABLE ${file} may not be read by this user. Check its permissions.\n`,
    )
  })
})

describe('a bundle', () => {
  interface Bundle {
    version: unknown
    total_chunks: unknown
    chunks: unknown
    relations?: unknown
  }

  function bundled(change: (bundle: Bundle, chunks: Record<string, unknown>[]) => void): string {
    const bundle = JSON.parse(readFileSync(fixture('bundle.json'), 'utf8')) as Bundle
    change(bundle, bundle.chunks as Record<string, unknown>[])
    return write('changed.json', JSON.stringify(bundle))
  }

  it('has the memories of the database, with the same ids', () => {
    const read = readAll(fixture('bundle.json'), 5)
    expect(read).toMatchObject({ format: 'memtomem bundle v2', count: 23, namespaces: NAMESPACES })
    expect(read).toMatchObject({
      sizes: [5, 4, 5, 5, 3],
      skipped: { 'no text': 1 },
      links: [],
      relations: [],
    })
    const database = readAll(fixture('store.db')).memories
    expect([...read.memories.keys()].sort()).toEqual([...database.keys()].sort())
    const odd = new Set(Object.values(damaged))
    for (const [id, memory] of read.memories) {
      if (odd.has(id)) continue
      const there = database.get(id)!
      const tags = JSON.stringify(JSON.parse(there.tags))
      expect(memory).toEqual({ ...there, tags, updated_at: null })
    }
  })

  it('has relations since version 3, without their times', () => {
    const read = readAll(fixture('bundle-v3.json'))
    expect(read).toMatchObject({ format: 'memtomem bundle v3', count: 23, links: [] })
    expect(read.relations).toEqual([
      { source: related[0], target: related[1], type: 'depends_on', created_at: null },
    ])
    const { memories } = readAll(fixture('bundle.json'))
    // Where a time is no time, memtomem writes that of the export.
    const timeless = damaged['odd-time']!
    const withoutTime = (all: ReadonlyMap<string, ForeignMemory>) =>
      [...all.values()].filter(m => m.id !== timeless)
    expect(withoutTime(read.memories)).toEqual(withoutTime(memories))
  })

  it('hands out odd tags as text, and skips what can be no memory', () => {
    const file = bundled((_, chunks) => {
      Object.assign(chunks[0]!, { tags: 'ops' })
      Object.assign(chunks[1]!, { tags: ['a', 7, null] })
      delete chunks[2]!.tags
      Object.assign(chunks[3]!, { content: 'x'.repeat(65_537) })
      Object.assign(chunks[4]!, { chunk_id: String(chunks[0]!.chunk_id).toUpperCase() })
      delete chunks[5]!.namespace
    })
    const read = readAll(file)
    expect([...read.memories.values()].slice(0, 3).map(({ tags }) => tags)).toEqual([
      '"ops"',
      '["a",7,null]',
      '[]',
    ])
    expect(read.skipped).toEqual({ 'no text': 1, 'text of more than 65536 bytes': 1, 'the id of another': 1 })
    expect(read.namespaces).toEqual(NAMESPACES)
  })

  it('may begin with a byte order mark and be empty of chunks', () => {
    const text = '\ufeff\n {"version": "3", "total_chunks": 0, "chunks": [], "relations": []}'
    expect(readAll(write('empty.json', text))).toMatchObject({ count: 0, namespaces: {}, sizes: [] })
  })

  it('is refused when its version is not known', () => {
    expect(refusal(fixture('bundle-v1.json'))).toEqual({
      code: 'SOURCE_MALFORMED',
      message:
        'FILE is a memtomem bundle v1, whose chunks have no ids. Import memtomem’s database itself, or export again with memtomem 0.1.28 or later.',
    })
    const told = (version: unknown) =>
      refusal(
        bundled(bundle => {
          bundle.version = version
        }),
      ).message
    const remedy =
      'that this build does not know; known are "2" and "3". Update Heirloom, or import memtomem’s database itself.'
    expect(told('4')).toBe(`FILE is a memtomem bundle of version "4" ${remedy}`)
    expect(told(2)).toBe(`FILE is a memtomem bundle of a version ${remedy}`)
  })

  it('is refused when it is cut short, is other JSON, or is no UTF-8', () => {
    const whole = readFileSync(fixture('bundle.json'))
    for (const kept of [1, 20, 1000, whole.length - 3]) {
      expect(refusal(write('cut.json', whole.subarray(0, kept)))).toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringMatching(
          /^FILE is not JSON: .+\. If it was cut short, export the bundle again\.$/,
        ),
      })
    }
    for (const text of ['[]', '{}', '{"version": "2"}', '{"messages": []}']) {
      expect(refusal(write('other.json', text)).message).toBe(
        'FILE is JSON, but no memtomem bundle: it has no version and chunks. Export one with memtomem’s mem_export.',
      )
    }
    const latin = Buffer.from('{"version": "2", "chunks": ["Köln"]}', 'latin1')
    expect(refusal(write('latin.json', latin)).message).toBe('FILE is not UTF-8. Export it again.')
  })

  it('is refused when it has fewer chunks than it says, or parts of other types', () => {
    const told = (change: Parameters<typeof bundled>[0]) => refusal(bundled(change)).message
    expect(told((_, chunks) => chunks.pop())).toBe('FILE says 23 chunks, and has 22. Export it again.')
    expect(told(bundle => Object.assign(bundle, { total_chunks: 'all' }))).toBe(
      'FILE says "total_chunks" as a text, and has 23. Export it again.',
    )
    expect(told(bundle => Object.assign(bundle, { chunks: {} }))).toBe(
      'FILE is no memtomem bundle: "chunks" is an object, not a list. Export it again.',
    )
    expect(told(bundle => Object.assign(bundle, { relations: 'none' }))).toBe(
      'FILE is no memtomem bundle: "relations" is a text, not a list. Export it again.',
    )
  })

  it('is refused with the position of the chunk or relation that is not as expected', () => {
    const told = (change: Parameters<typeof bundled>[0]) => refusal(bundled(change)).message
    const again = 'Export the bundle again.'
    expect(told((_, chunks) => chunks.splice(2, 1, null as never))).toBe(
      `FILE: chunk 3 is null, not an object. ${again}`,
    )
    expect(told((_, chunks) => Object.assign(chunks[22]!, { content: 7 }))).toBe(
      `FILE: chunk 23 is not as memtomem writes it: "content" is a number. ${again}`,
    )
    expect(told((_, chunks) => delete chunks[0]!.chunk_id)).toBe(
      `FILE: chunk 1 is not as memtomem writes it: "chunk_id" is missing. ${again}`,
    )
    expect(told((_, chunks) => Object.assign(chunks[1]!, { namespace: [] }))).toBe(
      `FILE: chunk 2 is not as memtomem writes it: "namespace" is a list. ${again}`,
    )
    expect(told((_, chunks) => Object.assign(chunks[1]!, { chunk_id: '' }))).toBe(
      `FILE: chunk 2 has a blank "chunk_id". ${again}`,
    )
    expect(told(bundle => Object.assign(bundle, { relations: [{ source_id: 'a', target_id: true }] }))).toBe(
      `FILE: relation 1 is not as memtomem writes it: "target_id" is a boolean. ${again}`,
    )
  })

  it('is refused when it is too large to be held', () => {
    const file = write('large.json', '{')
    truncateSync(file, 512_000_001)
    expect(refusal(file)).toEqual({
      code: 'SOURCE_UNREADABLE',
      message:
        'FILE is too large: 512000001 bytes, and at most 512000000 (512 MB) are read of a bundle. Import memtomem’s database itself.',
    })
  })
})
