/** Relationships, as one principal sees them: each question is answered from an index. */
import { type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { EndKind, Relationship, RelationshipType } from '../model/relationship.ts'
import type { Database, Engine } from './engine.ts'
import type { RelationshipTable } from './knowledge-tables.ts'
import { toRelationship } from './record-rows.ts'

/** Ids a statement. */
const BATCH = 500

/** The side of a relationship from which it is looked at. */
export type Side = 'source' | 'target'

export interface RelationshipFilter {
  readonly types?: readonly RelationshipType[] | undefined
  /** Only active ones, unless others are asked for as well. */
  readonly statuses?: readonly string[] | undefined
  readonly limit: number
}

export class RelationshipReader {
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  async find(id: string): Promise<Relationship | null> {
    const row = await this.#mine().where('r.id', '=', id).executeTakeFirst()
    return row === undefined ? null : toRelationship(row)
  }

  /** @throws NOT_FOUND also for what the principal may not see: which of the two is not told. */
  async mustGet(id: string): Promise<Relationship> {
    const relationship = await this.find(id)
    if (relationship !== null) return relationship
    throw new HeirloomError(
      'NOT_FOUND',
      `There is no relationship ${id} that you may see. Find ids with: heirloom graph show <entity>`,
    )
  }

  /** Those of which one of the ids is the given side, by that id, type and the other end; at most `limit`. */
  async of(
    side: Side,
    ids: readonly string[],
    { types, statuses, limit }: RelationshipFilter,
  ): Promise<Relationship[]> {
    const found: Relationship[] = []
    const other = side === 'source' ? 'target' : 'source'
    for (let start = 0; start < ids.length && found.length < limit; start += BATCH) {
      let query = this.#mine()
        .where(`r.${side}_id`, 'in', ids.slice(start, start + BATCH))
        .where('r.status', 'in', statuses ?? ['active'])
      if (types?.length) query = query.where('r.type', 'in', types)
      const rows = await query
        .orderBy(`r.${side}_id`)
        .orderBy('r.type')
        .orderBy(`r.${other}_id`)
        .limit(limit - found.length)
        .execute()
      found.push(...rows.map(toRelationship))
    }
    return found
  }

  /** Active ones of which each of the ids is the given side, at most so many of each, in one statement. */
  async around(side: Side, ids: readonly string[], each: number): Promise<Relationship[]> {
    const own = ids.map(id =>
      this.db.selectFrom(
        this.#mine()
          .where(`r.${side}_id`, '=', id)
          .where('r.status', '=', 'active')
          .orderBy('r.type')
          .orderBy(side === 'source' ? 'r.target_id' : 'r.source_id')
          .limit(each)
          .as('own'),
      ),
    )
    const [first, ...rest] = own.map(query => query.selectAll())
    if (first === undefined) return []
    const rows = await rest.reduce((all, query) => all.unionAll(query), first).execute()
    return rows.map(toRelationship)
  }

  /** Those of the ids that are here, whatever their state. */
  async byIds(ids: readonly string[]): Promise<Relationship[]> {
    if (ids.length === 0) return []
    return (await this.#mine().where('r.id', 'in', ids).execute()).map(toRelationship)
  }

  /** The active or candidate one that says the same, if there is one. */
  async twin({ source_id, type, target_id }: Pick<Relationship, 'source_id' | 'type' | 'target_id'>) {
    const row = await this.#mine()
      .where('r.source_id', '=', source_id)
      .where('r.type', '=', type)
      .where('r.target_id', '=', target_id)
      // Word for word what the index is limited to.
      .where(sql<SqlBool>`r.status in ('active', 'candidate')`)
      .executeTakeFirst()
    return row === undefined ? null : toRelationship(row)
  }

  /** Those that wait for review, newest first. */
  async candidates(
    { project, types }: { readonly project?: string | undefined; readonly types: readonly string[] },
    { limit, before }: { readonly limit: number; readonly before?: string | undefined },
  ): Promise<Relationship[]> {
    let query = this.#mine()
      // Word for word what the index is limited to.
      .where(sql<SqlBool>`r.status <> 'active'`)
      .where('r.status', '=', 'candidate')
    if (project !== undefined) query = query.where('r.project', '=', project)
    if (types.length > 0) query = query.where('r.type', 'in', types)
    if (before !== undefined) query = query.where('r.id', '<', before)
    const rows = await query.orderBy('r.id', 'desc').limit(limit).execute()
    return rows.map(toRelationship)
  }

  /** Every one, whatever its state, that names the id: as an end or as evidence. At most `limit`. */
  async touching(id: string, limit: number): Promise<Relationship[]> {
    const found = new Map<string, RelationshipTable>()
    for (const column of ['source_id', 'target_id', 'evidence_id'] as const) {
      const query = this.#mine().where(`r.${column}`, '=', id)
      const rows = await (column === 'evidence_id'
        ? query.where('r.evidence_tenant_id', '=', this.principal.tenant_id)
        : query
      )
        .limit(limit)
        .execute()
      for (const row of rows) found.set(row.id, row)
    }
    return [...found.values()].map(toRelationship)
  }

  #mine() {
    return this.db
      .selectFrom('relationships as r')
      .selectAll('r')
      .where('r.tenant_id', '=', this.principal.tenant_id)
      .where('r.owner_user_id', '=', this.principal.user_id)
  }
}

/** The other end of a relationship. */
export function farEnd(
  relationship: Relationship,
  side: Side,
): { readonly kind: EndKind; readonly id: string } {
  const { source_kind, source_id, target_kind, target_id } = relationship
  return side === 'source' ? { kind: target_kind, id: target_id } : { kind: source_kind, id: source_id }
}
