/** Links between memories, as one principal sees them: each question is answered from an index. */
import { type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { type Link, type LinkType, type NodeState, type SourceCopy, stateOf } from '../model/link.ts'
import type { MemoryId } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import { type Claim, type Claimed, linkClaims } from './link-claims.ts'
import { storableIds } from './storable-ids.ts'
import type { LinkTable } from './tables.ts'

/** Ids a statement. */
const BATCH = 500

/** Characters of a memory's text that are read for a line about it. */
const BEGINNING = 400

/** Where a page of a fan-out ended. */
export interface FanOutPlace {
  readonly type: string
  readonly target_id: string
}

/** What a link leads from or to, where it is in this store. */
export interface Linked {
  readonly id: string
  readonly state: NodeState
  /** Null where the caller may not see it. */
  readonly memory: LinkedMemory | null
}

/** What a target has by links of one type. */
export interface Origin extends Omit<SourceCopy, 'source_hash'> {
  readonly target_id: string
  readonly type: LinkType
  readonly sources: number
  /** The only source, or one of several. */
  readonly source_ref: string
  readonly source_deleted_at: string | null
}

interface LinkedMemory {
  readonly kind: string
  readonly trust: string
  readonly project: string | null
  readonly title: string | null
  readonly label: string | null
  readonly beginning: string
  /** Whether its text goes on. */
  readonly is_longer: boolean
}

export class LinkReader {
  protected readonly db: Database
  protected readonly engine: Engine
  readonly #principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.engine = engine
    this.#principal = principal
  }

  protected get tenant(): string {
    return this.#principal.tenant_id
  }

  /** Links of which one of the ids is the target, by target, type and source; at most `limit`. */
  async toTargets(ids: readonly string[], limit: number): Promise<Link[]> {
    const rows = await this.#all()
      .where('target_id', 'in', this.#storable(ids))
      .orderBy('target_id')
      .orderBy('type')
      .orderBy('source_ref')
      .limit(limit)
      .execute()
    return rows.map(toLink)
  }

  /** Links of which one of the ids is the source, by source, type and target; at most `limit`. */
  async fromSources(refs: readonly string[], limit: number): Promise<Link[]> {
    const rows = await this.#all()
      .where('source_ref', 'in', refs)
      .orderBy('source_ref')
      .orderBy('type')
      .orderBy('target_id')
      .limit(limit)
      .execute()
    return rows.map(toLink)
  }

  /** One page of what came of a source, by type and target. */
  async fanOut(
    ref: string,
    { limit, after, type }: { limit: number; after?: FanOutPlace | null; type?: LinkType | undefined },
  ): Promise<Link[]> {
    let query = this.#all().where('source_ref', '=', ref)
    if (type !== undefined) query = query.where('type', '=', type)
    if (after) query = query.where(sql<SqlBool>`(type, target_id) > (${after.type}, ${after.target_id})`)
    const rows = await query.orderBy('type').orderBy('target_id').limit(limit).execute()
    return rows.map(toLink)
  }

  async find(target: string, type: LinkType, ref: string): Promise<Link | null> {
    const row = await this.#all()
      .where('target_id', '=', target)
      .where('type', '=', type)
      .where('source_ref', '=', ref)
      .executeTakeFirst()
    return row === undefined ? null : toLink(row)
  }

  /** The link of a type that takes one source a target, if the target has one. */
  async only(target: string, type: LinkType): Promise<Link | null> {
    const row = await this.#all()
      .where('target_id', '=', target)
      .where('type', '=', type)
      .where('only_source', '=', 1)
      .executeTakeFirst()
    return row === undefined ? null : toLink(row)
  }

  /** Those of the memories from which somebody took a link away. */
  async unlinked(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set()
    const rows = await this.db
      .selectFrom('journal')
      .select('subject_id')
      .distinct()
      .where('tenant_id', '=', this.tenant)
      .where('subject_id', 'in', ids)
      .where('subject_kind', '=', 'link')
      .where('operation', '=', 'unlink')
      .execute()
    return new Set(rows.map(({ subject_id }) => subject_id))
  }

  /** What claims would come to if they were made now. Writes nothing. */
  planClaims(type: LinkType, claims: readonly Claim[]): Promise<Claimed> {
    const { db, engine, tenant } = this
    return linkClaims({ db, engine, tenant_id: tenant, journal: null, at: '' }, type, claims)
  }

  /** Of each target and type how many sources it has; where it is one, with what the link says of it. */
  async origins(ids: readonly string[]): Promise<Origin[]> {
    if (ids.length === 0) return []
    const rows = await this.db
      .selectFrom('links')
      .select(['target_id', 'type'])
      .select(eb => [
        eb.fn.countAll<number>().as('sources'),
        eb.fn.min('source_ref').as('source_ref'),
        eb.fn.min('source_label').as('source_label'),
        eb.fn.min('source_owner').as('source_owner'),
        eb.fn.min('source_deleted_at').as('source_deleted_at'),
      ])
      .where('tenant_id', '=', this.tenant)
      .where('target_id', 'in', this.#storable(ids))
      .groupBy(['target_id', 'type'])
      .execute()
    return rows.map(row => ({ ...row, type: row.type as LinkType, sources: Number(row.sources) }))
  }

  /** Those of the ids that are here, with what the caller may see of them. */
  async linked(ids: readonly string[]): Promise<Map<string, Linked>> {
    const found = new Map<string, Linked>()
    if (ids.length === 0) return found
    const known = this.#storable(ids)
    for (let start = 0; start < known.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('memories')
        .select(['id', 'status', 'trust', 'owner_user_id', 'kind', 'project', 'title', 'label'])
        .select([
          sql<string>`substr(content, 1, ${sql.lit(BEGINNING)})`.as('beginning'),
          sql<number>`length(content)`.as('characters'),
        ])
        .where('tenant_id', '=', this.tenant)
        .where('id', 'in', known.slice(start, start + BATCH))
        .execute()
      for (const { id, status, owner_user_id, characters, ...rest } of rows) {
        const memory = { ...rest, is_longer: characters > BEGINNING }
        const isMine = owner_user_id === this.#principal.user_id
        const state = isMine ? stateOf(status as never) : 'hidden'
        found.set(id, { id, state, memory: isMine ? memory : null })
      }
    }
    return found
  }

  /** Never empty, since no list in SQL is. */
  #storable(ids: readonly string[]): readonly string[] {
    const found = storableIds(this.engine, ids)
    return found.length === 0 ? [NOBODY] : found
  }

  #all() {
    return this.db.selectFrom('links').selectAll().where('tenant_id', '=', this.tenant)
  }
}

const NOBODY = '00000000-0000-0000-0000-000000000000'

function toLink(row: LinkTable): Link {
  const { tenant_id: _tenant, source_tenant_id: _of, only_source: _only, ...link } = row
  return {
    ...link,
    target_id: row.target_id as MemoryId,
    source_id: row.source_id as MemoryId | null,
    type: row.type as LinkType,
  }
}
