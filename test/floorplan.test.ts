/** Who may import whom. A failure names the file, what it imports, and the room's rule. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = join(import.meta.dirname, '../src')

/** What each room may import of ours. A room may always import itself. */
const ROOMS: Record<string, readonly string[]> = {
  model: [],
  store: ['model'],
  'store/sqlite': ['model', 'store'],
  'store/postgres': ['model', 'store'],
  embedding: ['model'],
  ingest: ['model'],
  evolve: ['model', 'store', 'embedding', 'ingest'],
  operations: ['model', 'store', 'embedding', 'ingest', 'evolve'],
  'engines.ts': ['model', 'store', 'store/sqlite', 'store/postgres'],
  'upkeep.ts': ['model', 'store', 'evolve', 'operations', 'location.ts'],
  'surroundings.ts': ['store'],
  'embeddings.ts': ['model', 'store', 'embedding', 'evolve'],
  'open.ts': [
    'model',
    'store',
    'embedding',
    'ingest',
    'evolve',
    'operations',
    'engines.ts',
    'upkeep.ts',
    'embeddings.ts',
    'surroundings.ts',
  ],
  'location.ts': ['model'],
  'heirloom.ts': ['model', 'evolve', 'operations', 'open.ts'],
  'testing.ts': ['model', 'heirloom.ts', 'open.ts', 'surroundings.ts'],
  'index.ts': ['model', 'operations', 'evolve', 'heirloom.ts', 'open.ts', 'surroundings.ts'],
  'surfaces/main.ts': ['surfaces/cli', 'surfaces/mcp', 'surfaces/http'],
  'surfaces/cli': ['model', 'operations', 'open.ts', 'heirloom.ts', 'location.ts'],
  'surfaces/mcp': ['model', 'operations', 'open.ts', 'heirloom.ts', 'location.ts'],
  'surfaces/http': ['model', 'operations', 'open.ts', 'heirloom.ts', 'location.ts'],
}

/** Packages and built-in modules of the rooms that must stay small. */
const PACKAGES: Record<string, readonly string[]> = {
  model: ['canonicalize', 'stemmer', 'ts-fsrs', 'node:crypto'],
  store: ['kysely', 'node:diagnostics_channel'],
  'store/sqlite': [
    ...['kysely', 'better-sqlite3', 'usearch'],
    ...['node:fs', 'node:module', 'node:os', 'node:path', 'node:worker_threads', 'node:zlib'],
  ],
  'store/postgres': ['kysely', 'pg', '@electric-sql/pglite', '@electric-sql/pglite-pgvector', 'node:os'],
  embedding: [
    '@huggingface/tokenizers',
    'node:crypto',
    'node:dns',
    'node:fs',
    'node:http',
    'node:https',
    'node:module',
    'node:net',
    'node:os',
    'node:path',
    'node:timers',
    'node:url',
    'node:worker_threads',
  ],
  evolve: ['kysely', 'node:crypto', 'node:fs', 'node:path', 'node:zlib'],
  operations: ['zod', 'gpt-tokenizer', 'node:crypto', 'node:path'],
}

/** Backends and surfaces' libraries stay in their rooms; `pg` is also a type of `engines.ts`. */
const KEPT: Record<string, readonly string[]> = {
  'better-sqlite3': ['store/sqlite', 'ingest'],
  usearch: ['store/sqlite'],
  pg: ['store/postgres', 'engines.ts'],
  '@electric-sql/pglite': ['store/postgres'],
  '@electric-sql/pglite-pgvector': ['store/postgres'],
  'gpt-tokenizer': ['operations'],
  '@huggingface/tokenizers': ['embedding'],
  'node:http': ['embedding'],
  'node:https': ['embedding'],
  'ts-fsrs': ['model'],
  kysely: ['store', 'store/sqlite', 'store/postgres', 'evolve'],
  zod: ['operations', 'heirloom.ts', 'surfaces/cli', 'surfaces/mcp', 'surfaces/http'],
}

const FORBIDDEN = [
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'core',
  'types',
  'services',
  'service',
  'misc',
  'shared',
]

const LINES = 300

interface Import {
  readonly file: string
  readonly target: string
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .sort()

/** The longest name of a room that the path begins with. */
function roomOf(path: string): string {
  const rooms = Object.keys(ROOMS).filter(room => path === room || path.startsWith(`${room}/`))
  return rooms.sort((a, b) => b.length - a.length)[0] ?? `no room for ${path}`
}

/** Static, type-only, re-exporting and dynamic imports alike. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  const found = text.matchAll(/(?<!['"])\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)
  return [...found].map(([, target = '']) => ({ file, target }))
}

function targetOf({ file, target }: Import): string {
  return relative(SRC, join(SRC, dirname(file), target))
}

const imports = files.flatMap(importsOf)
const own = imports.filter(({ target }) => target.startsWith('.'))
const foreign = imports.filter(({ target }) => !target.startsWith('.'))

function packageOf(target: string): string {
  return target.startsWith('@')
    ? target.split('/').slice(0, 2).join('/')
    : target.startsWith('node:')
      ? target
      : target.split('/')[0]!
}

describe('the floor plan', () => {
  it('sees the rooms', () => {
    expect(files.length).toBeGreaterThan(80)
    expect(own.length).toBeGreaterThan(200)
    expect(files.map(roomOf).filter(room => room.startsWith('no room'))).toEqual([])
  })

  it('lets rooms import only what they may', () => {
    const wrong = own.filter(found => {
      const target = targetOf(found)
      if (target === '../package.json') return false
      const [from, to] = [roomOf(found.file), roomOf(target)]
      return from !== to && !ROOMS[from]?.includes(to)
    })
    expect(wrong.map(({ file, target }) => `src/${file} imports ${target}`)).toEqual([])
  })

  it('lets rooms use only the packages they may', () => {
    const wrong = foreign.filter(({ file, target }) => {
      const name = packageOf(target).replace(/^(node:\w+)\/.*/, '$1')
      const room = roomOf(file)
      return (PACKAGES[room] && !PACKAGES[room].includes(name)) || (KEPT[name] && !KEPT[name].includes(room))
    })
    expect(wrong.map(({ file, target }) => `src/${file} imports ${target}`)).toEqual([])
  })

  it('has imports with their ending, and files of the same name for what differs between engines', () => {
    expect(own.filter(({ target }) => !/\.(ts|json)$/.test(target))).toEqual([])
    const names = (room: string) => files.filter(file => dirname(file) === room).map(file => basename(file))
    const shared = [
      'engine.ts',
      'keyword.ts',
      'schema.ts',
      'connection.ts',
      'errors.ts',
      'lock.ts',
      'aside.ts',
    ]
    expect(names('store/sqlite')).toEqual(expect.arrayContaining(shared))
    expect(names('store/postgres')).toEqual(expect.arrayContaining(shared))
  })

  it('has no file that is named after nothing', () => {
    const parts = files.flatMap(file =>
      file.split('/').map(part => ({ file, part: part.replace(/\.ts$/, '') })),
    )
    expect(parts.filter(({ part }) => FORBIDDEN.includes(part)).map(({ file }) => `src/${file}`)).toEqual([])
    expect(files.filter(file => !/^[a-z0-9/-]+\.ts$/.test(file))).toEqual([])
  })

  it(`has no file of more than ${LINES} lines, but for the DDL`, () => {
    const long = files
      .filter(file => !file.startsWith('store/schema/0'))
      .flatMap(file => {
        const lines = readFileSync(join(SRC, file), 'utf8').split('\n').length - 1
        return lines > LINES ? [`src/${file}: ${lines} lines`] : []
      })
    expect(long).toEqual([])
  })

  it('lets only an engine’s lock give the permit to drop', () => {
    const wrong = files.filter(
      file => /\bnew Exclusive\(/.test(readFileSync(join(SRC, file), 'utf8')) && basename(file) !== 'lock.ts',
    )
    expect(wrong).toEqual([])
  })

  it('takes time, ids and chance from surroundings.ts alone', () => {
    const impure = /\bnew Date\(\)|\bDate\.now\(|\brandomUUID\(|\bMath\.random\b|\buuidv7\(/
    const wrong = files.filter(
      file =>
        file !== 'surroundings.ts' &&
        !file.startsWith('surfaces/') &&
        impure.test(readFileSync(join(SRC, file), 'utf8')),
    )
    expect(wrong.map(file => `src/${file}`)).toEqual([])
  })
})
