/**
 * The seam: what differs between databases. Everything else in this room is SQL shared by both.
 * Not a public API: it may change with any release.
 */
import type { Kysely } from 'kysely'
import type { Change, Exclusive } from './exclusive.ts'
import type { MemoryFilter, VersionTable } from './memory-filter.ts'
import type { Migration } from './schema/migration.ts'
import type { StoredSchema } from './schema/stored.ts'
import type { Statements } from './statements.ts'
import type { KeywordDocumentTable, Tables } from './tables.ts'
import type { VectorEngine } from './vector-engine.ts'

export type Database = Kysely<Tables>

/** Runs statements in one transaction. */
export type Write = <T>(work: (db: Database) => Promise<T>) => Promise<T>

export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /** Where the store is, for people: an absolute path or a URL without its password. */
  readonly location: string
  readonly keyword: KeywordEngine
  readonly vectors: VectorEngine
  readonly statements: Statements
  /** Runs statements on one snapshot of the store. */
  read<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Runs statements in one transaction, again from the start when the database says that this is safe. */
  write<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T>
  /**
   * Makes writers of a tenant's journal wait for each other until they commit. The last lock that a write takes.
   * @returns the stamps as they are then, by which a writer knows that the store was not changed under it.
   */
  lockJournal(db: Database, tenantId: string): Promise<Stamps>
  /** What is there, before anybody relies on it. Writes nothing, not even a pragma. */
  survey(): Promise<StoredSchema>
  /** Runs the work in one transaction where there is nothing yet; null where somebody else was quicker. */
  create<T>(work: (change: Change) => Promise<T>): Promise<T | null>
  /** Makes a schema version the stored one. */
  stamp(change: Change, version: number): Promise<void>
  /**
   * Runs the work while nobody else can change the store as a whole. The lock is the operating system's or the server
   * session's: it ends with this process, however that ends.
   * @throws LOCKED naming the holder; with `wait` only after ten minutes.
   */
  exclusively<T>(purpose: string, work: (held: Exclusive) => Promise<T>, options?: LockOptions): Promise<T>
  tableNames(db: Database): Promise<ReadonlySet<string>>
  /** Puts known tables aside under other names, without their indexes, so that a schema can be made beside them. */
  readonly aside: Aside
  /**
   * Copies the whole database, as the read transaction of `db` sees it, into a new file that is closed afterwards.
   * Null where the engine has no such thing.
   */
  readonly copyFile: ((db: Database, to: string) => Promise<void>) | null
  /**
   * Makes the whole database what a copy holds, in one step that readers see whole or not at all. Null where the
   * engine has no such thing.
   */
  readonly replaceBy: ((held: Exclusive, copy: string) => Promise<void>) | null
  /**
   * Runs the work on a copy of the database that is gone afterwards. The permit keeps two of them apart. `steps` are those that made its schema; none where
   * nobody knows how it was made.
   */
  rehearse<T>(permit: Exclusive, steps: readonly Migration[], work: (copy: Engine) => Promise<T>): Promise<T>
  /** What `status` says of the database itself; `deep` also reads every page, for `doctor`. */
  inspect(options: { deep: boolean }): Promise<EngineReport>
  close(): Promise<void>
}

/** What tells a process that another build changed the store meanwhile. */
export interface Stamps {
  readonly schema: number
  /** Digest of what makes the keyword index. */
  readonly keyword: string
}

export interface LockOptions {
  readonly wait?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A column as the database has it, for tables that nobody made by our steps. */
export interface Column {
  readonly name: string
  /** As the database writes it in DDL. */
  readonly type: string
}

export interface Aside {
  /** Renames the tables that are there; gives their columns by the tables' own names. */
  put(change: Change, tables: readonly string[]): Promise<ReadonlyMap<string, readonly Column[]>>
  /** The name that a table has meanwhile. */
  nameOf(table: string): string
  columns(change: Change, table: string): Promise<readonly Column[]>
}

export interface EngineReport {
  /** The database's own version. */
  readonly version: string
  /** Bytes that the store takes on disk; null where it is in memory. */
  readonly bytes: number | null
  /** Bytes free on the disk that holds it; null where the server does not tell. */
  readonly free_bytes: number | null
  /** Settings that durability depends on, as they are. */
  readonly settings: Readonly<Record<string, string | number>>
  /** What is wrong with them or with the files, in words for people. */
  readonly problems: readonly string[]
  /** How the keyword index itself contradicts the rows that it is made of; looked for only when `deep`. */
  readonly keyword: readonly string[]
  /** What of the schema is not as this build's steps make it; looked for only when `deep`. */
  readonly schema: readonly SchemaFault[]
  /** Whether nothing can be written here. */
  readonly read_only: boolean
  /** What could not be checked here, and why; it may well be sound. */
  readonly unchecked: readonly string[]
}

/** A part of the schema that is missing, or is not as the steps make it. */
export interface SchemaFault {
  readonly kind: 'table' | 'column' | 'index' | 'trigger' | 'view'
  /** The table that it is, or is of. */
  readonly table: string
  /** Whether all that the table holds can be made again. */
  readonly isDerived: boolean
  /** In words for people. */
  readonly problem: string
  /** What makes it as it should be; null where rows would be lost by that, or more than one statement is needed. */
  readonly ddl: string | null
}

/** A row of the keyword index without what its engine adds. */
export type KeywordRow = Omit<KeywordDocumentTable, 'doc'>

/** What ranking reads of a row. */
export const HIT_COLUMNS = [
  'doc',
  'memory_id',
  'version',
  'document_id',
  'position',
  'trust',
  'confidence',
  'recorded_at',
  'words',
  'length',
  'traits',
  'author',
  'subject',
] as const

export interface KeywordHit extends Pick<KeywordRow, Exclude<(typeof HIT_COLUMNS)[number], 'doc'>> {
  readonly doc: number
}

/** What part of the index is searched: what is live, or every other version there is or was. */
export type KeywordPart = 'live' | 'past'

export interface KeywordScope {
  readonly part: KeywordPart
  readonly tenant_id: string
  readonly owner_user_id: string
  /** Limits hits to versions in that table that match; null where every row of the part will do. */
  readonly filter: { readonly table: VersionTable; readonly fields: MemoryFilter } | null
  /** Limits hits to rows of entities. */
  readonly onlyEntities?: boolean | undefined
}

export interface KeywordQuery extends KeywordScope {
  /** Any of them makes a hit. */
  readonly terms: readonly string[]
  /** Hits at the most, the best by a rough BM25 first. */
  readonly limit: number
  /** Documents in the part, their mean length in terms, and in how many of them each term is found. */
  readonly documents: number
  readonly average_length: number
  readonly frequencies: ReadonlyMap<string, number>
}

export interface Holding {
  readonly tenant_id: string
  /** At least one. */
  readonly terms: readonly string[]
  readonly limit: number
}

export interface Place {
  readonly document_id: string
  readonly position: number
}

export interface KeywordEngine {
  /** Makes the index anew, with nothing in it. The permit proves that nobody relies on it meanwhile. */
  empty(change: Change, permit: Exclusive): Promise<void>
  insert(db: Database, rows: readonly KeywordRow[]): Promise<void>
  /** In how many documents of the part each term is found: exact up to `cap`, an estimate beyond. */
  frequencies(
    db: Database,
    part: KeywordPart,
    terms: readonly string[],
    cap: number,
    documents: number,
  ): Promise<Map<string, number>>
  search(db: Database, query: KeywordQuery): Promise<KeywordHit[]>
  /** Memories of a tenant of which a version holds all of the terms, newest first; at most `limit`. */
  holding(db: Database, holding: Holding): Promise<string[]>
  /** What stands at the given places of documents. */
  at(db: Database, scope: KeywordScope, places: readonly Place[]): Promise<KeywordHit[]>
  /** Puts in order what searches rely on, after many rows were added; in short transactions. */
  putInOrder(write: Write): Promise<void>
}
