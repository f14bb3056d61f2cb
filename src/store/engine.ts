/**
 * The seam: what differs between databases. Everything else in this room is SQL shared by both.
 * Not a public API: it may change with any release.
 */
import type { Kysely } from 'kysely'
import type { MemoryFilter, VersionTable } from './memory-filter.ts'
import type { Statements } from './statements.ts'
import type { KeywordDocumentTable, Tables } from './tables.ts'

export type Database = Kysely<Tables>

export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /** Where the store is, for people: an absolute path or a URL without its password. */
  readonly location: string
  readonly keyword: KeywordEngine
  readonly statements: Statements
  /** Runs statements on one snapshot of the store. */
  read<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Runs statements in one transaction, again from the start when the database says that this is safe. */
  write<T>(work: (db: Database) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Makes writers of a tenant's journal wait for each other until they commit. The last lock that a write takes. */
  lockJournal(db: Database, tenantId: string): Promise<void>
  /** What `status` says of the database itself; `deep` also reads every page, for `doctor`. */
  inspect(options: { deep: boolean }): Promise<EngineReport>
  close(): Promise<void>
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
  /** What is wrong with them, with the files or with the keyword index, in words for people. */
  readonly problems: readonly string[]
  /** What could not be checked here, and why; it may well be sound. */
  readonly unchecked: readonly string[]
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

export interface Place {
  readonly document_id: string
  readonly position: number
}

export interface KeywordEngine {
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
  /** What stands at the given places of documents. */
  at(db: Database, scope: KeywordScope, places: readonly Place[]): Promise<KeywordHit[]>
  /** Refreshes what the database's planner knows, after many rows were added. */
  refreshStatistics(db: Database): Promise<void>
}
