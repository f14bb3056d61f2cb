/** Entities, as one principal sees them. */
import { type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Status } from '../model/lifecycle.ts'
import { nameKey } from '../model/mention.ts'
import type { Database, Engine } from './engine.ts'
import type { EntityTable } from './knowledge-tables.ts'
import { toEntity } from './record-rows.ts'
import { storableIds } from './storable-ids.ts'

export interface EntityFilter {
  readonly types?: readonly string[] | undefined
  readonly project?: string | undefined
  readonly statuses?: readonly Status[] | undefined
}

export interface EntityPage {
  readonly limit: number
  /** Ids before this one only; ids ascend with time. */
  readonly before?: string | undefined
}

/** Ids a statement. */
const BATCH = 500

/** Above every character that a name can hold, in the order of code points. */
const AFTER_ALL = '\u{10ffff}'

export class EntityReader {
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  async find(id: string): Promise<Entity | null> {
    const row = await this.#mine().where('e.id', '=', id).executeTakeFirst()
    return row === undefined ? null : toEntity(row)
  }

  /** @throws NOT_FOUND also for what the principal may not see: which of the two is not told. */
  async mustGet(id: string): Promise<Entity> {
    const entity = await this.find(id)
    if (entity !== null) return entity
    throw new HeirloomError(
      'NOT_FOUND',
      `There is no entity ${id} that you may see. Find ids with: heirloom entity list`,
    )
  }

  /** Those of the ids that are here and visible, by id. */
  async byIds(ids: readonly string[]): Promise<Map<string, Entity>> {
    const found = new Map<string, Entity>()
    const known = storableIds(this.engine, ids)
    for (let start = 0; start < known.length; start += BATCH) {
      const rows = await this.#mine()
        .where('e.id', 'in', known.slice(start, start + BATCH))
        .execute()
      for (const row of rows) found.set(row.id, toEntity(row))
    }
    return found
  }

  /** Active and candidate entities with this name or alias, active ones first. */
  async named(
    name: string,
    { project, types }: Pick<EntityFilter, 'project' | 'types'> = {},
  ): Promise<Entity[]> {
    return this.#byName(sql<SqlBool>`n.name_key = ${nameKey(name)}`, { project, types }, BATCH)
  }

  /** As `named`, for names and aliases that begin so; at most `limit`. */
  async prefixed(
    prefix: string,
    filter: Pick<EntityFilter, 'project' | 'types'>,
    limit: number,
  ): Promise<Entity[]> {
    const key = nameKey(prefix)
    return this.#byName(sql<SqlBool>`n.name_key >= ${key} and n.name_key < ${key + AFTER_ALL}`, filter, limit)
  }

  /** Newest first. */
  async list(filter: EntityFilter, page: EntityPage): Promise<Entity[]> {
    const { types = [] } = filter
    if (types.length <= 1) return this.#page(filter, page)
    // One after the other: for several at once SQLite would look at every entity.
    const found: Entity[] = []
    for (const type of new Set(types)) found.push(...(await this.#page({ ...filter, types: [type] }, page)))
    return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, page.limit)
  }

  /** Of one type at the most. */
  async #page(
    { types: [type] = [], project, statuses = ['active'] }: EntityFilter,
    { limit, before }: EntityPage,
  ): Promise<Entity[]> {
    let query = this.db
      .selectFrom('entities as e')
      .selectAll('e')
      .where('e.tenant_id', '=', this.principal.tenant_id)
      .where('e.status', 'in', statuses)
    const isNarrow = type !== undefined || project !== undefined || !statuses.includes('active')
    // By their owner SQLite would look for the few of a type or a project in all that there are.
    query = isNarrow
      ? query.where(sql`cast(e.owner_user_id as text)`, '=', this.principal.user_id)
      : query.where('e.owner_user_id', '=', this.principal.user_id)
    // Word for word what the index is limited to.
    if (!statuses.includes('active')) query = query.where(sql<SqlBool>`e.status <> 'active'`)
    if (type !== undefined) query = query.where('e.type', '=', type)
    if (project !== undefined) query = query.where('e.project', '=', project)
    if (before !== undefined) query = query.where('e.id', '<', before)
    const rows = await query.orderBy('e.id', 'desc').limit(limit).execute()
    return rows.map(toEntity)
  }

  /** Those of the ids that are here, whosever they are. */
  async present(ids: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>()
    const known = storableIds(this.engine, ids)
    for (let start = 0; start < known.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('entities')
        .select('id')
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('id', 'in', known.slice(start, start + BATCH))
        .execute()
      for (const { id } of rows) found.add(id)
    }
    return found
  }

  /** The active or candidate entity with the same owner, project, type and normalised name, if there is one. */
  async twin({ type, name, project }: Pick<Entity, 'type' | 'name' | 'project'>): Promise<Entity | null> {
    const row = await this.#mine()
      .where('e.type', '=', type)
      .where('e.name_key', '=', nameKey(name))
      .where(sql`coalesce(e.project, '')`, '=', project ?? '')
      // Word for word what the index is limited to.
      .where(sql<SqlBool>`e.status in ('active', 'candidate')`)
      .executeTakeFirst()
    return row === undefined ? null : toEntity(row)
  }

  /** One that says of the given entity that it holds instead; null where none does. */
  async replacedBy(id: string): Promise<string | null> {
    const row = await this.db
      .selectFrom('entities as e')
      .select('e.id')
      .where('e.tenant_id', '=', this.principal.tenant_id)
      // Word for word what the index is limited to; by their owner SQLite would look through every entity.
      .where(sql<SqlBool>`e.status <> 'active'`)
      .where(sql`cast(e.owner_user_id as text)`, '=', this.principal.user_id)
      .where('e.superseded_by', '=', id)
      .limit(1)
      .executeTakeFirst()
    return row?.id ?? null
  }

  async countByStatus(): Promise<Record<string, number>> {
    const rows = await this.db
      .selectFrom('entities as e')
      .select(['e.status', eb => eb.fn.countAll<number>().as('count')])
      .where('e.tenant_id', '=', this.principal.tenant_id)
      .where('e.owner_user_id', '=', this.principal.user_id)
      .groupBy('e.status')
      .execute()
    return Object.fromEntries(rows.map(row => [row.status, Number(row.count)]))
  }

  async #byName(
    condition: ReturnType<typeof sql<SqlBool>>,
    { project, types }: Pick<EntityFilter, 'project' | 'types'>,
    limit: number,
  ): Promise<Entity[]> {
    let query = this.db
      .selectFrom('entity_names as n')
      // In this order: there may be many entities, and few have one name.
      .crossJoin('entities as e')
      .selectAll('e')
      .where('n.tenant_id', '=', this.principal.tenant_id)
      .where(condition)
      .whereRef('e.tenant_id', '=', 'n.tenant_id')
      .whereRef('e.id', '=', 'n.entity_id')
      .where('e.owner_user_id', '=', this.principal.user_id)
      .where('e.status', 'in', ['active', 'candidate'])
    if (project !== undefined) query = query.where('e.project', '=', project)
    if (types?.length) query = query.where('e.type', 'in', types)
    const rows = await query.orderBy('n.name_key').orderBy('e.id').limit(limit).execute()
    const distinct = [...new Map(rows.map(row => [row.id, row as EntityTable])).values()].map(toEntity)
    return [
      ...distinct.filter(({ status }) => status === 'active'),
      ...distinct.filter(({ status }) => status !== 'active'),
    ]
  }

  #mine() {
    return this.db
      .selectFrom('entities as e')
      .selectAll('e')
      .where('e.tenant_id', '=', this.principal.tenant_id)
      .where('e.owner_user_id', '=', this.principal.user_id)
  }
}
