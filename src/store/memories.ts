/** Memories, as one principal sees them. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory, MemoryId } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import { conditions, type MemoryFilter, rarityOf, type VersionTable } from './memory-filter.ts'
import { toMemory } from './memory-rows.ts'

export interface Page {
  readonly limit: number
  /** Ids before this one only; ids ascend with time. */
  readonly before?: string | undefined
}

/** A place in the order in which memories cease to be valid. */
export interface EndPlace {
  readonly valid_until: string
  readonly id: string
}

interface Ending {
  /** Ends after the first time, and no later than the second. */
  readonly from: string
  readonly until: string
  readonly project: string | undefined
  readonly order: 'asc' | 'desc'
  /** Where the last page ended. */
  readonly after: EndPlace | null
  readonly limit: number
}

export interface VersionKey {
  readonly id: string
  readonly version: number
}

export class MemoryReader {
  protected readonly db: Database
  protected readonly principal: Principal
  protected readonly engine: Engine

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  async find(id: string): Promise<Memory | null> {
    const row = await this.#mine().where('m.id', '=', id).executeTakeFirst()
    return row === undefined ? null : toMemory(row)
  }

  /** @throws NOT_FOUND also for what the principal may not see: which of the two is not told. */
  async mustGet(id: string): Promise<Memory> {
    const memory = await this.find(id)
    if (memory === null) {
      throw new HeirloomError(
        'NOT_FOUND',
        `There is no memory ${id} that you may see. Find ids with: heirloom list`,
      )
    }
    return memory
  }

  /** The version that was the present one at that time, or null where the memory was not there yet. */
  async getAsOf(id: string, at: string): Promise<Memory | null> {
    const now = await this.mustGet(id)
    if (now.updated_at <= at) return now
    const row = await this.#pastVersions()
      .where('m.id', '=', id)
      .where('m.updated_at', '<=', at)
      .where('m.ended_at', '>', at)
      .executeTakeFirst()
    return row === undefined ? null : toMemory(row)
  }

  /** One of the versions before the present one, or null where there is no such. */
  async pastVersion(id: string, version: number): Promise<Memory | null> {
    const row = await this.#pastVersions()
      .where('m.id', '=', id)
      .where('m.version', '=', version)
      .executeTakeFirst()
    return row === undefined ? null : toMemory(row)
  }

  /** Every version before the present one, oldest first. */
  async pastVersions(id: string): Promise<Memory[]> {
    const rows = await this.#pastVersions().where('m.id', '=', id).orderBy('m.version').execute()
    return rows.map(toMemory)
  }

  /** The given versions that are still to be had and match, in no particular order. */
  async versions(keys: readonly VersionKey[], table: VersionTable, filter: MemoryFilter): Promise<Memory[]> {
    if (keys.length === 0) return []
    const ids = keys.map(key => key.id)
    const wanted = new Set(keys.map(key => `${key.id} ${key.version}`))
    const rows = await this.#mine(table as 'memories')
      .where('m.id', 'in', ids)
      .where(eb => eb.and(conditions(eb as never, table, filter)))
      .execute()
    return rows.filter(row => wanted.has(`${row.id} ${row.version}`)).map(toMemory)
  }

  /** Newest first. */
  async list(filter: MemoryFilter, page: Page): Promise<Memory[]> {
    const rare = rarityOf(filter)
    let query = (rare === null ? this.#mine() : this.#mineOf(rare)).where(eb =>
      eb.and(conditions(eb as never, 'memories', filter)),
    )
    if (page.before !== undefined) query = query.where('m.id', '<', page.before)
    const rows = await query.orderBy('m.id', 'desc').limit(page.limit).execute()
    return rows.map(toMemory)
  }

  /** Active memories by the time until which they are valid. */
  async ending({ from, until, project, order, after, limit }: Ending): Promise<Memory[]> {
    let query = this.db
      .selectFrom('memories as m')
      .selectAll('m')
      .where('m.tenant_id', '=', this.principal.tenant_id)
      // By their owner SQLite would look through every memory.
      .where(sql`cast(m.owner_user_id as text)`, '=', this.principal.user_id)
      .where('m.status', '=', 'active')
      .where('m.valid_until', '>', from)
      .where('m.valid_until', '<=', until)
    if (project !== undefined) query = query.where('m.project', '=', project)
    if (after !== null) {
      const sign = order === 'asc' ? sql`>` : sql`<`
      query = query.where(sql<boolean>`(m.valid_until, m.id) ${sign} (${after.valid_until}, ${after.id})`)
    }
    const rows = await query.orderBy('m.valid_until', order).orderBy('m.id', order).limit(limit).execute()
    return rows.map(toMemory)
  }

  /** How many match, counted no further than `cap`. */
  async count(filter: MemoryFilter, cap: number): Promise<number> {
    const matches = this.#mine()
      .where(eb => eb.and(conditions(eb as never, 'memories', filter)))
      .clearSelect()
      .select(sql`1`.as('one'))
      .limit(cap)
    const row = await this.db
      .selectFrom(matches.as('matches'))
      .select(eb => eb.fn.countAll<number>().as('count'))
      .executeTakeFirst()
    return Number(row?.count ?? 0)
  }

  async countByStatus(): Promise<Record<string, number>> {
    const rows = await this.db
      .selectFrom('memories as m')
      .select(['m.status', eb => eb.fn.countAll<number>().as('count')])
      .where('m.tenant_id', '=', this.principal.tenant_id)
      .where('m.owner_user_id', '=', this.principal.user_id)
      .groupBy('m.status')
      .execute()
    return Object.fromEntries(rows.map(row => [row.status, Number(row.count)]))
  }

  /** The active or candidate memory with the same owner, project, kind and text, if there is one. */
  async twin(of: { content_hash: string; kind: string; project: string | null }): Promise<Memory | null> {
    const { tenant_id, user_id } = this.principal
    const [row] = await this.engine.statements.run(this.db, 'twin', () => this.#twinQuery(), [
      tenant_id,
      user_id,
      of.content_hash,
      of.kind,
      of.project ?? '',
    ])
    return row === undefined ? null : toMemory(row)
  }

  /** What was imported under one of these ids, by that id: the oldest of several. */
  async imported(
    origins: readonly string[],
  ): Promise<Map<string, Pick<Memory, 'id' | 'content_hash' | 'partition'>>> {
    if (origins.length === 0) return new Map()
    const rows = await this.db
      .selectFrom('memories')
      .select(['id', 'origin_id', 'owner_user_id', 'content_hash', 'partition'])
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('origin_id', 'in', origins)
      .execute()
    // Looked through here: by their owner or in an order of ids SQLite would look for them in every memory.
    const mine = rows.filter(row => row.owner_user_id === this.principal.user_id)
    mine.sort((a, b) => (a.id < b.id ? 1 : -1))
    return new Map(mine.map(({ origin_id, ...row }) => [origin_id ?? '', { ...row, id: row.id as MemoryId }]))
  }

  /**
   * The living copy of a memory in a project, by the link that it has to it: one that began with the memory's present
   * text before others, and the newest before older ones. `original` tells the text that it began with.
   */
  async livingCopy(
    { id, content_hash }: Pick<Memory, 'id' | 'content_hash'>,
    project: string | null,
  ): Promise<{ copy: Memory; original: string } | null> {
    const { tenant_id, user_id } = this.principal
    const original = sql<string>`coalesce(r.content_hash, m.content_hash)`
    const row = await this.db
      .selectFrom('links as l')
      // In this order: there may be many memories in a project, and there are few copies.
      .crossJoin('memories as m')
      .leftJoin('memory_revisions as r', join =>
        join.onRef('r.tenant_id', '=', 'm.tenant_id').onRef('r.id', '=', 'm.id').on('r.version', '=', 1),
      )
      .selectAll('m')
      .select(original.as('original'))
      .where('l.tenant_id', '=', tenant_id)
      .where('l.source_ref', '=', id)
      .where('l.type', '=', 'shared_from')
      .where('m.tenant_id', '=', tenant_id)
      .whereRef('m.id', '=', 'l.target_id')
      .where('m.owner_user_id', '=', user_id)
      .where('m.project', project === null ? 'is' : '=', project)
      .where('m.status', 'in', ['active', 'candidate'])
      .orderBy(sql`case when ${original} = ${content_hash} then 0 else 1 end`)
      .orderBy('m.id', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row === undefined ? null : { copy: toMemory(row), original: row.original }
  }

  #twinQuery() {
    return this.db
      .selectFrom('memories as m')
      .selectAll()
      .where('m.tenant_id', '=', '')
      .where('m.owner_user_id', '=', '')
      .where('m.content_hash', '=', '')
      .where('m.kind', '=', '')
      .where(sql`coalesce(m.project, '')`, '=', '')
      .where(sql<boolean>`m.document_id is null and m.status in ('active', 'candidate')`)
  }

  /** How many passages of a document stand for what is in it, those that wait for review too. */
  async countPassages(documentId: string): Promise<number> {
    const row = await this.db
      .selectFrom('memories as m')
      .select(eb => eb.fn.countAll<number>().as('count'))
      .where('m.tenant_id', '=', this.principal.tenant_id)
      .where('m.document_id', '=', documentId)
      .where('m.status', 'in', ['active', 'candidate'])
      .executeTakeFirst()
    return Number(row?.count ?? 0)
  }

  /** What a document's passages are, the vanished ones with them. */
  async ofDocument(documentId: string): Promise<Memory[]> {
    const rows = await this.#mine()
      .where('m.document_id', '=', documentId)
      .orderBy('m.position')
      .orderBy('m.id')
      .execute()
    return rows.map(toMemory)
  }

  #mine(table = 'memories' as const) {
    return this.db
      .selectFrom(`${table} as m`)
      .selectAll('m')
      .where('m.tenant_id', '=', this.principal.tenant_id)
      .where('m.owner_user_id', '=', this.principal.user_id)
  }

  #mineOf(rare: RawBuilder<SqlBool>) {
    return (
      this.db
        .selectFrom('memories as m')
        .selectAll('m')
        .where('m.tenant_id', '=', this.principal.tenant_id)
        .where(rare)
        // By their owner SQLite would look through every memory.
        .where(sql`cast(m.owner_user_id as text)`, '=', this.principal.user_id)
    )
  }

  #pastVersions() {
    return this.db
      .selectFrom('memory_revisions as m')
      .selectAll('m')
      .where('m.tenant_id', '=', this.principal.tenant_id)
      .where('m.owner_user_id', '=', this.principal.user_id)
  }
}
