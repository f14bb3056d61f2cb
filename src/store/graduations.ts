/** Which memories became which entities. A memory that did stays as it was, and points there. */
import type { Principal } from '../model/access.ts'
import type { EntityId } from '../model/entity.ts'
import type { MemoryId } from '../model/memory.ts'
import type { Database } from './engine.ts'
import type { JournalWriter } from './journal.ts'

export interface Graduation {
  readonly memory_id: MemoryId
  readonly entity_id: EntityId
  readonly graduated_at: string
}

/** Ids a statement. */
const BATCH = 500

export class GraduationReader {
  protected readonly db: Database
  protected readonly tenantId: string

  constructor(db: Database, principal: Principal) {
    this.db = db
    this.tenantId = principal.tenant_id
  }

  /** The entity that each of the memories became, by memory. */
  async of(memoryIds: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (let start = 0; start < memoryIds.length; start += BATCH) {
      const rows = await this.#all()
        .where('memory_id', 'in', memoryIds.slice(start, start + BATCH))
        .execute()
      for (const { memory_id, entity_id } of rows) found.set(memory_id, entity_id)
    }
    return found
  }

  async find(memoryId: string): Promise<Graduation | null> {
    const row = await this.#all().where('memory_id', '=', memoryId).executeTakeFirst()
    if (row === undefined) return null
    const { tenant_id: _tenant, ...graduation } = row
    return graduation as unknown as Graduation
  }

  /** The memories that became an entity, oldest first; at most `limit`. */
  async into(entityId: string, limit: number): Promise<Pick<Graduation, 'memory_id'>[]> {
    const rows = await this.#became([entityId]).orderBy('memory_id').limit(limit).execute()
    return rows as unknown as Pick<Graduation, 'memory_id'>[]
  }

  /** Those of the entities that some memory became. */
  async intoAny(entityIds: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    for (let start = 0; start < entityIds.length; start += BATCH) {
      const rows = await this.#became(entityIds.slice(start, start + BATCH)).execute()
      for (const { entity_id } of rows) found.add(entity_id)
    }
    return found
  }

  /** Nothing but what the index holds: for more SQLite would look at all that ever graduated. */
  #became(entityIds: readonly string[]) {
    return this.db
      .selectFrom('graduations')
      .select(['memory_id', 'entity_id'])
      .where('tenant_id', '=', this.tenantId)
      .where('entity_id', 'in', entityIds)
  }

  #all() {
    return this.db.selectFrom('graduations').selectAll().where('tenant_id', '=', this.tenantId)
  }
}

export class GraduationWriter extends GraduationReader {
  readonly #journal: JournalWriter

  constructor(db: Database, principal: Principal, journal: JournalWriter) {
    super(db, principal)
    this.#journal = journal
  }

  async add(graduation: Graduation): Promise<void> {
    await this.db
      .insertInto('graduations')
      .values({ tenant_id: this.tenantId, ...graduation })
      .execute()
    this.#journal.record('graduation', graduation.memory_id, null, graduation)
  }

  /** Takes it back, with an undo or when the proposed entity is turned down; the pointer goes in no other way. */
  async withdraw(graduation: Graduation): Promise<void> {
    await this.db
      .deleteFrom('graduations')
      .where('tenant_id', '=', this.tenantId)
      .where('memory_id', '=', graduation.memory_id)
      .execute()
    this.#journal.record('graduation', graduation.memory_id, graduation, null)
  }
}
