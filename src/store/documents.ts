/** Documents: sources that were ingested, whose passages are memories. */
import { sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { canonicalJson } from '../model/digest.ts'
import type { DocumentId } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import type { DocumentTable } from './tables.ts'

/** What was asked for when a source was read; it holds for the next reading too, unless that asks otherwise. */
export interface DocumentOptions {
  readonly codebase?: string | undefined
  readonly kind?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly third_party?: boolean | undefined
}

export interface StoredDocument {
  readonly id: DocumentId
  /** The file's path or the conversation's id. */
  readonly source: string
  readonly type: string
  /** SHA-256 of the source's bytes. */
  readonly hash: string
  readonly title: string | null
  readonly project: string | null
  readonly tags: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly options: DocumentOptions
  readonly ingested_at: string
  readonly updated_at: string
}

export class DocumentReader {
  protected readonly db: Database
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal) {
    this.db = db
    this.principal = principal
  }

  async bySource(source: string): Promise<StoredDocument | null> {
    const row = await this.#mine().where('source', '=', source).executeTakeFirst()
    return row === undefined ? null : toDocument(row)
  }

  /** What a file that holds several documents was filed as: under its own name, or `name#key`. */
  async ofFile(name: string): Promise<StoredDocument[]> {
    const rows = await this.#mine()
      .where(eb => eb.or([eb('source', '=', name), beginsWith(`${name}#`)]))
      .execute()
    return rows.map(toDocument)
  }

  /** Those whose sources begin so, in the order of their sources. */
  async beginningWith(prefix: string): Promise<StoredDocument[]> {
    const rows = await this.#mine().where(beginsWith(prefix)).orderBy('source').execute()
    return rows.map(toDocument)
  }

  /** The sources of the given documents, by id. */
  async sources(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map()
    const rows = await this.#mine().where('id', 'in', ids).execute()
    return new Map(rows.map(row => [row.id, row.source]))
  }

  async count(): Promise<number> {
    const row = await this.db
      .selectFrom('documents')
      .select(eb => eb.fn.countAll<number>().as('count'))
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('owner_user_id', '=', this.principal.user_id)
      .executeTakeFirst()
    return Number(row?.count ?? 0)
  }

  #mine() {
    return this.db
      .selectFrom('documents')
      .selectAll()
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('owner_user_id', '=', this.principal.user_id)
  }
}

export class DocumentWriter extends DocumentReader {
  readonly #engine: Engine
  readonly #journal: JournalWriter

  constructor(db: Database, principal: Principal, engine: Engine, journal: JournalWriter) {
    super(db, principal)
    this.#engine = engine
    this.#journal = journal
  }

  async create(document: StoredDocument): Promise<void> {
    await this.#engine.statements.insert(this.db, 'documents', [this.#toRow(document) as never])
    this.#journal.record('document', document.id, null, document)
  }

  async change(before: StoredDocument, next: StoredDocument): Promise<void> {
    const { tenant_id, id, ...columns } = this.#toRow(next)
    await this.db
      .updateTable('documents')
      .set(columns)
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', id)
      .execute()
    this.#journal.record('document', id, before, next)
  }

  #toRow({ tags, metadata, options, ...rest }: StoredDocument): DocumentTable {
    const { tenant_id, user_id } = this.principal
    return {
      tenant_id,
      owner_user_id: user_id,
      ...rest,
      tags: JSON.stringify(tags),
      metadata: canonicalJson(metadata),
      options: canonicalJson(options),
    }
  }
}

/** SQL counts characters where JavaScript counts UTF-16 units. */
function beginsWith(prefix: string) {
  return sql<boolean>`substr(source, 1, ${[...prefix].length}) = ${prefix}`
}

function toDocument(row: DocumentTable): StoredDocument {
  return {
    id: row.id as DocumentId,
    source: row.source,
    type: row.type,
    hash: row.hash,
    title: row.title,
    project: row.project,
    tags: JSON.parse(row.tags) as string[],
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    options: JSON.parse(row.options) as DocumentOptions,
    ingested_at: row.ingested_at,
    updated_at: row.updated_at,
  }
}
