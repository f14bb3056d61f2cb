/** Conflicts between claims, as one principal sees them. */
import { type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import type { Conflict, ConflictStatus, Member, SlotPlace } from '../model/conflict.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Database, Engine } from './engine.ts'
import type { ConflictMemberTable, ConflictTable } from './knowledge-tables.ts'

export interface ConflictFilter {
  readonly status?: ConflictStatus | undefined
  readonly project?: string | undefined
}

export interface ConflictPage {
  readonly limit: number
  readonly before?: string | undefined
}

/** Ids a statement. */
const BATCH = 500

/** Word for word what the index of those that will close is limited to. */
const OPEN_AND_CLOSING = sql<SqlBool>`c.status = 'open' and c.closes_at is not null`

export class ConflictReader {
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal
  /** Conflicts that close by an expiry before this time are closed, whether that was written or not. */
  protected readonly now: string

  constructor(db: Database, principal: Principal, { engine, now }: { engine: Engine; now: string }) {
    this.db = db
    this.principal = principal
    this.engine = engine
    this.now = now
  }

  /** @throws NOT_FOUND saying how to find conflicts. */
  async mustGet(id: string): Promise<Conflict> {
    const row = await this.#mine().where('c.id', '=', id).executeTakeFirst()
    if (row === undefined)
      throw new HeirloomError(
        'NOT_FOUND',
        `There is no conflict ${id}. See which there are: heirloom conflicts`,
      )
    const [conflict] = await this.#withMembers([row])
    return conflict!
  }

  /** Those of the ids that are here, in their order. */
  async byIds(ids: readonly string[]): Promise<Conflict[]> {
    if (ids.length === 0) return []
    return this.#withMembers(await this.#mine().where('c.id', 'in', ids).orderBy('c.id').execute())
  }

  /** Newest first; ids before `before` only. */
  async list(filter: ConflictFilter, page: ConflictPage): Promise<Conflict[]> {
    const { status } = filter
    if (status === undefined) return this.#withMembers(await this.#page(filter, page).execute())
    const written = this.#page(filter, page).where('c.status', '=', status)
    if (status === 'open') return this.#withMembers(await written.where(this.#lasts()).execute())
    if (status !== 'closed') return this.#withMembers(await written.execute())
    // Those that an expiry has ended are still open by their rows, until the next write.
    const expired = this.#page(filter, page).where(OPEN_AND_CLOSING).where('c.closes_at', '<=', this.now)
    const rows = [...(await written.execute()), ...(await expired.execute())]
    rows.sort((a, b) => (a.id < b.id ? 1 : -1))
    return this.#withMembers(rows.slice(0, page.limit))
  }

  /** The open conflict that each of the records is in by what it claims now, by the record's id. */
  async contested(ids: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (let start = 0; start < ids.length; start += BATCH) {
      const rows = await this.#contesting(ids.slice(start, start + BATCH)).execute()
      for (const { member_id, id } of rows) found.set(member_id, id)
    }
    return found
  }

  /** The conflict of a slot that nobody has settled and no write has closed; null where there is none. */
  async openIn(place: SlotPlace): Promise<Conflict | null> {
    const rows = await this.engine.statements.run(this.db, 'open conflict of slot', () => this.#openQuery(), [
      this.principal.tenant_id,
      place.slot_subject,
      place.attribute_key,
      place.owner_user_id,
      place.project ?? '',
    ])
    const [conflict = null] = await this.#withMembers(rows)
    return conflict
  }

  /** An open conflict about each of the entities that has one: about what it is, whoever claims that. */
  async openAbout(entityIds: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (let start = 0; start < entityIds.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('conflicts as c')
        .select(['c.slot_subject', 'c.id'])
        .where('c.tenant_id', '=', this.principal.tenant_id)
        .where('c.slot_subject', 'in', entityIds.slice(start, start + BATCH))
        // Word for word what the index is limited to: a parameter would not show that it applies.
        .where(sql<SqlBool>`c.status = 'open'`)
        .where('c.owner_user_id', '=', this.principal.user_id)
        .where(this.#lasts())
        .orderBy('c.id')
        .execute()
      for (const { slot_subject, id } of rows) found.set(slot_subject, id)
    }
    return found
  }

  /** Conflicts of which one of the records is a member and which people kept or dismissed. */
  async settledAmong(ids: readonly string[]): Promise<Conflict[]> {
    const found = new Map<string, ConflictTable>()
    for (let start = 0; start < ids.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('conflict_members as m')
        // In this order: a record is a member of few conflicts.
        .crossJoin('conflicts as c')
        .selectAll('c')
        .where('m.tenant_id', '=', this.principal.tenant_id)
        .where('m.member_id', 'in', ids.slice(start, start + BATCH))
        .whereRef('c.tenant_id', '=', 'm.tenant_id')
        .whereRef('c.id', '=', 'm.conflict_id')
        .where('c.resolution', 'in', ['kept_both', 'dismissed'])
        .execute()
      for (const row of rows) found.set(row.id, row)
    }
    return this.#withMembers([...found.values()])
  }

  /** The conflicts, settled or not, that each of the records is or was a member of, by the record's id. */
  async membershipsOf(ids: readonly string[]): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>()
    for (let start = 0; start < ids.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('conflict_members')
        .select(['member_id', 'conflict_id'])
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('member_id', 'in', ids.slice(start, start + BATCH))
        .execute()
      for (const { member_id, conflict_id } of rows)
        found.set(member_id, [...(found.get(member_id) ?? []), conflict_id])
    }
    return found
  }

  /** Whether a record was ever a member of a conflict. */
  async everHad(id: string): Promise<string | null> {
    const row = await this.db
      .selectFrom('conflict_members')
      .select('conflict_id')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('member_id', '=', id)
      .limit(1)
      .executeTakeFirst()
    return row?.conflict_id ?? null
  }

  #page({ project }: ConflictFilter, { limit, before }: ConflictPage) {
    let query = this.#mine()
    if (project !== undefined) query = query.where('c.project', '=', project)
    if (before !== undefined) query = query.where('c.id', '<', before)
    return query.orderBy('c.id', 'desc').limit(limit)
  }

  /** Not ended by an expiry. */
  #lasts() {
    return sql<SqlBool>`(c.closes_at is null or c.closes_at > ${this.now})`
  }

  #contesting(ids: readonly string[]) {
    return (
      this.db
        .selectFrom('conflict_members as m')
        // In this order: a record is a member of few conflicts, and claims a slot once.
        .crossJoin('conflicts as c')
        .crossJoin('claims as k')
        .select(['m.member_id', 'c.id'])
        .where('m.tenant_id', '=', this.principal.tenant_id)
        .where('m.member_id', 'in', ids)
        .whereRef('c.tenant_id', '=', 'm.tenant_id')
        .whereRef('c.id', '=', 'm.conflict_id')
        .where('c.owner_user_id', '=', this.principal.user_id)
        .where('c.status', '=', 'open')
        .where(this.#lasts())
        .whereRef('k.tenant_id', '=', 'm.tenant_id')
        .whereRef('k.subject_id', '=', 'm.member_id')
        .whereRef('k.attribute_key', '=', 'c.attribute_key')
        .whereRef('k.slot_subject', '=', 'c.slot_subject')
        .where(sql<SqlBool>`(k.valid_until is null or k.valid_until > ${this.now})`)
        .orderBy('c.id')
    )
  }

  #openQuery() {
    return (
      this.db
        .selectFrom('conflicts')
        .selectAll()
        .where('tenant_id', '=', '')
        .where('slot_subject', '=', '')
        .where('attribute_key', '=', '')
        .where('owner_user_id', '=', '')
        .where(sql<string>`coalesce(project, '')`, '=', '')
        // Word for word what the index is limited to: a parameter would not show that it applies.
        .where(sql<SqlBool>`status = 'open'`)
    )
  }

  #mine() {
    return this.db
      .selectFrom('conflicts as c')
      .selectAll()
      .where('c.tenant_id', '=', this.principal.tenant_id)
      .where('c.owner_user_id', '=', this.principal.user_id)
  }

  #withMembers(rows: readonly ConflictTable[]): Promise<Conflict[]> {
    return readConflicts(this.db, rows)
  }
}

/** Rows of one tenant as conflicts, with their members in the order in which these joined. */
export async function readConflicts(db: Database, rows: readonly ConflictTable[]): Promise<Conflict[]> {
  const [first] = rows
  if (first === undefined) return []
  const members = await db
    .selectFrom('conflict_members')
    .selectAll()
    .where('tenant_id', '=', first.tenant_id)
    .where(
      'conflict_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('joined_at')
    .orderBy('member_id')
    .execute()
  const byConflict = Map.groupBy(members, ({ conflict_id }) => conflict_id)
  return rows.map(row => toConflict(row, byConflict.get(row.id) ?? []))
}

function toConflict(row: ConflictTable, members: readonly ConflictMemberTable[]): Conflict {
  const { tenant_id: _tenant, ...rest } = row
  return { ...rest, members: members.map(toMember) } as unknown as Conflict
}

function toMember(row: ConflictMemberTable): Member {
  const { tenant_id: _tenant, conflict_id: _conflict, ...member } = row
  return member as unknown as Member
}
