/** What was asked and answered, with which memories; kept for as long as the settings say. */
import type { Principal } from '../model/access.ts'
import type { Database, Engine } from './engine.ts'
import { dropAnswersNaming } from './idempotency.ts'
import type { JournalWriter, Remark } from './journal.ts'
import type { InteractionTable } from './use-tables.ts'

/** A memory that an answer was made with, and how that is known. */
export interface Used {
  readonly id: string
  readonly how: 'given' | 'id' | 'quote'
}

export interface Interaction extends Omit<InteractionTable, 'tenant_id' | 'used'> {
  readonly used: readonly Used[]
}

export interface InteractionFilter {
  readonly session_id?: string | undefined
  readonly project?: string | undefined
}

export class InteractionReader {
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  async find(id: string): Promise<Interaction | null> {
    const row = await this.#mine().where('id', '=', id).executeTakeFirst()
    return row === undefined ? null : toInteraction(row)
  }

  /** Those that were answered with a pack, whether it is kept or not; oldest first. */
  async ofPack(packId: string): Promise<Pick<Interaction, 'id' | 'shredded_at'>[]> {
    const rows = await this.db
      .selectFrom('interactions')
      .select(['id', 'shredded_at', 'owner_user_id'])
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('pack_id', '=', packId)
      .execute()
    // Looked through here: by their owner or in an order of ids SQLite would look for them in every interaction.
    const mine = rows.filter(({ owner_user_id }) => owner_user_id === this.principal.user_id)
    return mine.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, shredded_at }) => ({ id, shredded_at }))
  }

  /** Newest first; ids before `before` only. */
  async list(
    { session_id, project }: InteractionFilter,
    { limit, before }: { limit: number; before?: string | undefined },
  ): Promise<Interaction[]> {
    let query = this.#mine()
    if (session_id !== undefined) query = query.where('session_id', '=', session_id)
    if (project !== undefined) query = query.where('project', '=', project)
    if (before !== undefined) query = query.where('id', '<', before)
    const rows = await query.orderBy('id', 'desc').limit(limit).execute()
    return rows.map(toInteraction)
  }

  #mine() {
    return this.db
      .selectFrom('interactions')
      .selectAll()
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('owner_user_id', '=', this.principal.user_id)
  }
}

export class InteractionWriter extends InteractionReader {
  readonly #journal: JournalWriter

  constructor(
    db: Database,
    principal: Principal,
    { engine, journal }: { engine: Engine; journal: JournalWriter },
  ) {
    super(db, principal, engine)
    this.#journal = journal
  }

  /** The journal has the lengths of the texts: from a digest a short one could be guessed. */
  async add({ used, ...interaction }: Interaction): Promise<void> {
    const { tenant_id } = this.principal
    await this.db
      .insertInto('interactions')
      .values({ tenant_id, ...interaction, used: JSON.stringify(used) })
      .execute()
    const { id, pack_id, project, prompt, response, summary } = interaction
    this.#journal.record('interaction', id, null, {
      pack_id,
      project,
      used: used.map(one => one.id),
      prompt: outline(prompt),
      response: outline(response),
      summary: outline(summary),
    })
  }

  /** Counts the use of memories; no change of theirs. */
  async countUse(memoryIds: readonly string[], at: string): Promise<void> {
    // In the order of ids, so that two processes never wait for each other in a circle.
    for (const id of memoryIds.toSorted()) {
      await this.db
        .updateTable('memories')
        .set(eb => ({ reference_count: eb('reference_count', '+', 1), last_referenced_at: at }))
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('id', '=', id)
        .execute()
    }
  }

  /** Empties the texts of the oldest interactions before a time, at most `limit`: the system's doing, by retention. */
  async shredBefore(
    time: string,
    { at, limit, note }: { at: string; limit: number; note: string },
  ): Promise<number> {
    const rows = await this.db
      .selectFrom('interactions')
      .select('id')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('owner_user_id', '=', this.principal.user_id)
      .where('shredded_at', 'is', null)
      .where('recorded_at', '<', time)
      .orderBy('recorded_at')
      .limit(limit)
      .execute()
    if (rows.length === 0) return 0
    const ids = rows.map(({ id }) => id).sort()
    await this.#empty(ids, at, { as: { operation: 'shred_interaction', note } })
    return ids.length
  }

  /** Empties the texts of one interaction, and drops what a retry of its capture is known by, a digest of them. */
  async shred(id: string, at: string): Promise<void> {
    await this.#empty([id], at)
    await dropAnswersNaming({ db: this.db, principal: this.principal }, id)
  }

  async #empty(ids: readonly string[], at: string, remark: Remark = {}): Promise<void> {
    await this.db
      .updateTable('interactions')
      .set({ prompt: null, response: null, summary: null, shredded_at: at })
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('id', 'in', ids)
      .execute()
    for (const id of ids)
      this.#journal.record('interaction', id, { shredded_at: null }, { shredded_at: at }, remark)
  }
}

function outline(text: string | null): { readonly bytes: number } | null {
  return text === null ? null : { bytes: Buffer.byteLength(text) }
}

function toInteraction({ tenant_id: _tenant, used, ...row }: InteractionTable): Interaction {
  return { ...row, used: JSON.parse(used) as Used[] }
}
