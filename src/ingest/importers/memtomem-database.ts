import type BetterSqlite3 from 'better-sqlite3'
import { LIMITS } from '../../model/memory.ts'
import { toStorable } from '../json-safe.ts'
import { toTime } from '../time.ts'
import {
  type ForeignLink,
  type ForeignMemory,
  type ForeignStore,
  malformed,
  reasonToSkip,
  Tally,
  TOO_LONG,
} from './foreign-store.ts'
import { KEPT, toForeign } from './memtomem-row.ts'
import { ReadOnlyDatabase } from './read-only-database.ts'

/** What every version has had. The rest came and may come; `schema_version` says little about it. */
const CHUNKS = [
  'id',
  'content',
  'content_hash',
  'source_file',
  'heading_hierarchy',
  'chunk_type',
  'tags',
  'namespace',
  'created_at',
  'updated_at',
]
const LINKS = ['source_id', 'target_id', 'link_type', 'created_at']
const RELATIONS = ['source_id', 'target_id', 'relation_type', 'created_at']

/** Sources that memtomem keeps and shows to nobody: their file is gone, or a secret was found in it. */
const HIDING = ['held_sources', 'pending_source_checks']

const HIDDEN = 'held back by memtomem'

interface ChunkRow {
  readonly [column: string]: unknown
  readonly row: number
  /** How many bytes the text has; the text itself is left out when they are too many. */
  readonly bytes: number | null
  readonly hidden: number
}

/** memtomem's database, at one moment: it is read in one transaction. */
export class MemtomemDatabase implements ForeignStore {
  readonly format: string
  readonly memories: number
  readonly namespaces: ReadonlyMap<string, number>
  #skipped = new Tally()
  readonly #database: ReadOnlyDatabase
  readonly #columns: ReadonlySet<string>

  static open(file: string): MemtomemDatabase {
    const database = ReadOnlyDatabase.open(file, 'memtomem')
    try {
      return new MemtomemDatabase(database)
    } catch (error) {
      database[Symbol.dispose]()
      throw error
    }
  }

  private constructor(database: ReadOnlyDatabase) {
    this.#database = database
    this.#columns = mustHave(database, 'chunks', CHUNKS)
    database.mustBeSound('chunks')
    this.format = `memtomem database (${schemaOf(database)})`
    this.namespaces = countNamespaces(database)
    this.memories = [...this.namespaces.values()].reduce((sum, count) => sum + count, 0)
  }

  get skipped(): ReadonlyMap<string, number> {
    return this.#skipped.counts
  }

  *batches(size: number): Generator<readonly ForeignMemory[]> {
    this.#skipped = new Tally()
    const query = this.#database.prepare(selectChunks(this.#database, this.#columns))
    for (const rows of this.#pages<ChunkRow>(query, size)) {
      const memories = rows.filter(row => this.#isMemory(row)).map(toMemory)
      if (memories.length > 0) yield memories
    }
  }

  #isMemory(row: ChunkRow): boolean {
    const reason = whyNot(row)
    if (reason !== null) this.#skipped.add(reason)
    return reason === null
  }

  links(size: number): Iterable<readonly ForeignLink[]> {
    return this.#linksOf('chunk_links', LINKS, size)
  }

  relations(size: number): Iterable<readonly ForeignLink[]> {
    return this.#linksOf('chunk_relations', RELATIONS, size)
  }

  *#linksOf(table: string, columns: readonly string[], size: number): Generator<readonly ForeignLink[]> {
    if (this.#database.columnsOf(table).size === 0) return
    mustHave(this.#database, table, columns)
    const type = columns[2]
    const query = this.#database.prepare(`
      select rowid as row, target_id as target, source_id as source, ${type} as type, created_at
      from ${table} where rowid > ? order by rowid limit ?`)
    for (const rows of this.#pages<{ row: number } & Record<string, unknown>>(query, size)) {
      yield rows.map(toLink)
    }
  }

  /** By the row's number, so that a page costs the same wherever it stands, and no page is kept. */
  *#pages<R extends { row: number }>(query: BetterSqlite3.Statement, size: number): Generator<R[]> {
    let last = Number.MIN_SAFE_INTEGER
    for (;;) {
      const rows = this.#database.all<R>(query, [last, size])
      const end = rows.at(-1)
      if (end === undefined) return
      yield rows
      last = end.row
    }
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]()
  }
}

/** The table's columns. */
function mustHave(database: ReadOnlyDatabase, table: string, needed: readonly string[]): ReadonlySet<string> {
  const columns = database.columnsOf(table)
  const missing = needed.filter(name => !columns.has(name))
  if (missing.length === 0) return columns
  const what =
    columns.size === 0
      ? `it has no table ${table}`
      : `its table ${table} lacks the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`
  throw malformed(
    database.file,
    `is a SQLite database, but not memtomem’s: ${what}. Name memtomem’s own, usually ~/.memtomem/memtomem.db.`,
  )
}

function schemaOf(database: ReadOnlyDatabase): string {
  if (database.columnsOf('_memtomem_meta').size === 0) return 'schema not told'
  const query = database.prepare(`select value from _memtomem_meta where key = 'schema_version'`)
  const [row] = database.all<{ value: unknown }>(query)
  return /^\d{1,6}$/.test(String(row?.value)) ? `schema ${row?.value}` : 'schema not told'
}

function countNamespaces(database: ReadOnlyDatabase): Map<string, number> {
  const query = database.prepare(
    'select cast(namespace as text) as namespace, count(*) as count from chunks group by 1 order by 1',
  )
  const counts = new Tally()
  for (const row of database.all<{ namespace: string | null; count: number }>(query)) {
    counts.add(toStorable(row.namespace ?? ''), row.count)
  }
  return counts.counts
}

function selectChunks(database: ReadOnlyDatabase, columns: ReadonlySet<string>): string {
  const kept = KEPT.filter(name => columns.has(name)).map(name => `, c.${name}`)
  const hiding = HIDING.filter(table => database.columnsOf(table).has('source_file'))
  const hidden = hiding.map(table => `c.source_file in (select source_file from ${table})`)
  return `
    select c.rowid as row, c.id, cast(c.namespace as text) as namespace, cast(c.tags as text) as tags,
      octet_length(c.content) as bytes,
      case when octet_length(c.content) <= ${LIMITS.contentBytes} then c.content end as content,
      c.heading_hierarchy, c.source_file, c.created_at, c.updated_at,
      ${hidden.join(' or ') || '0'} as hidden ${kept.join('')}
    from chunks c where c.rowid > ? order by c.rowid limit ?`
}

function whyNot(row: ChunkRow): string | null {
  if (row.hidden) return HIDDEN
  if (typeof row.id !== 'string') return 'no id'
  if ((row.bytes ?? 0) > LIMITS.contentBytes) return TOO_LONG
  return typeof row.content === 'string' ? reasonToSkip(row.id, row.content) : 'no text'
}

function toMemory(row: ChunkRow): ForeignMemory {
  return toForeign({
    id: String(row.id),
    content: String(row.content),
    namespace: String(row.namespace ?? ''),
    tags: String(row.tags ?? ''),
    headings: parsed(row.heading_hierarchy),
    source_file: row.source_file,
    created_at: row.created_at,
    updated_at: row.updated_at,
    rest: Object.fromEntries(KEPT.map(name => [name, row[name]])),
  })
}

/** Headings are for show: damaged ones count as none, as in memtomem. */
function parsed(json: unknown): unknown {
  try {
    return typeof json === 'string' ? JSON.parse(json) : null
  } catch {
    return null
  }
}

function toLink(row: Readonly<Record<string, unknown>>): ForeignLink {
  return {
    target: String(row.target).toLowerCase(),
    source: row.source === null ? null : String(row.source).toLowerCase(),
    type: String(row.type),
    created_at: toTime(row.created_at),
  }
}
