/** Memories that stand in every context pack of their project, or in every one where they are of none. */
import type { Principal } from '../model/access.ts'
import type { Memory } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import { toMemory } from './memory-rows.ts'
import { lockName } from './row-locks.ts'

export interface Pin {
  readonly pinned_at: string
  /** What its text took when it was pinned. */
  readonly tokens: number
}

export interface Pinned {
  readonly memory: Memory
  readonly pin: Pin
}

export class PinReader {
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  async find(memoryId: string): Promise<Pin | null> {
    const row = await this.db
      .selectFrom('pins')
      .select(['pinned_at', 'tokens'])
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('memory_id', '=', memoryId)
      .executeTakeFirst()
    return row ?? null
  }

  /** What is pinned for some projects, whatever its state; null is what is of none. In the order of pinning. */
  async ofProjects(projects: readonly (string | null)[]): Promise<Pinned[]> {
    const rows = await this.db
      .selectFrom('pins as p')
      // In this order: few are pinned.
      .crossJoin('memories as m')
      .selectAll('m')
      .select(['p.pinned_at', 'p.tokens'])
      .where('p.tenant_id', '=', this.principal.tenant_id)
      .whereRef('m.tenant_id', '=', 'p.tenant_id')
      .whereRef('m.id', '=', 'p.memory_id')
      .where('m.owner_user_id', '=', this.principal.user_id)
      .orderBy('p.pinned_at')
      .orderBy('p.memory_id')
      .execute()
    return rows
      .filter(({ project }) => projects.includes(project))
      .map(({ pinned_at, tokens, ...row }) => ({ memory: toMemory(row), pin: { pinned_at, tokens } }))
  }
}

export class PinWriter extends PinReader {
  readonly #journal: JournalWriter

  constructor(
    db: Database,
    principal: Principal,
    { engine, journal }: { engine: Engine; journal: JournalWriter },
  ) {
    super(db, principal, engine)
    this.#journal = journal
  }

  /** Keeps others from pinning, until this transaction ends, so that a budget holds. */
  async lock(): Promise<void> {
    const { db, engine, principal } = this
    await lockName({ db, engine, tenant_id: principal.tenant_id }, 'pins')
  }

  async add(memoryId: string, pin: Pin): Promise<void> {
    const { tenant_id } = this.principal
    await this.db
      .insertInto('pins')
      .values({ tenant_id, memory_id: memoryId, ...pin })
      .execute()
    this.#journal.record('pin', memoryId, null, pin)
  }

  async remove(memoryId: string, pin: Pin): Promise<void> {
    await this.db
      .deleteFrom('pins')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('memory_id', '=', memoryId)
      .execute()
    this.#journal.record('pin', memoryId, pin, null)
  }
}
