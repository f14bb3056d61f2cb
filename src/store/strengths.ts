/** How well memories are remembered, and the reviews that this follows from. */
import type { Principal } from '../model/access.ts'
import type { Memory } from '../model/memory.ts'
import type { Grade, Strength } from '../model/strength.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import { toMemory } from './memory-rows.ts'
import { lockRows } from './row-locks.ts'
import type { StrengthTable } from './use-tables.ts'

/** Ids a statement. */
const BATCH = 500

export interface Review {
  readonly memory_id: string
  readonly grade: Grade
  /** What the grade comes from: somebody gave it, or the memory was used in an answer. */
  readonly source: 'grade' | 'use'
  readonly interaction_id: string | null
  readonly at: string
  readonly id: string
}

/** The card after a review, as the model reckons it. */
export type Reckon = (before: Strength | null, grade: Grade, at: string) => Strength

export interface Due {
  readonly memory: Memory
  readonly strength: Strength
}

export class StrengthReader {
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  /** By memory; those that were never reviewed have none. */
  async of(memoryIds: readonly string[]): Promise<Map<string, Strength>> {
    const found = new Map<string, Strength>()
    if (memoryIds.length === 0 || !(await this.#any())) return found
    for (let start = 0; start < memoryIds.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('strengths')
        .selectAll()
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('memory_id', 'in', memoryIds.slice(start, start + BATCH))
        .execute()
      for (const row of rows) found.set(row.memory_id, toStrength(row))
    }
    return found
  }

  /** Live memories that are due by a time and hold then, those that are overdue longest first. */
  async due({
    project,
    at,
    limit,
  }: {
    project?: string | undefined
    at: string
    limit: number
  }): Promise<Due[]> {
    let query = this.#dueBy(at).selectAll('m').select(COLUMNS)
    if (project !== undefined) query = query.where('m.project', '=', project)
    const rows = await query.orderBy('s.due').orderBy('s.memory_id').limit(limit).execute()
    return rows.map(row => ({ memory: toMemory(row), strength: toStrength(row) }))
  }

  /** How many memories were reviewed at all, and how many `due` would list. */
  async count(at: string): Promise<{ readonly reviewed: number; readonly due: number }> {
    if (!(await this.#any())) return { reviewed: 0, due: 0 }
    const reviewed = await this.#reviewed()
      .select(eb => eb.fn.countAll<number>().as('count'))
      .executeTakeFirst()
    const due = await this.#dueBy(at)
      .select(eb => eb.fn.countAll<number>().as('count'))
      .executeTakeFirst()
    return { reviewed: Number(reviewed?.count ?? 0), due: Number(due?.count ?? 0) }
  }

  #reviewed() {
    return (
      this.db
        .selectFrom('strengths as s')
        // In this order: what is due is read from its index, and few of it is not live.
        .crossJoin('memories as m')
        .where('s.tenant_id', '=', this.principal.tenant_id)
        .whereRef('m.tenant_id', '=', 's.tenant_id')
        .whereRef('m.id', '=', 's.memory_id')
        .where('m.owner_user_id', '=', this.principal.user_id)
    )
  }

  #dueBy(at: string) {
    return this.#reviewed()
      .where('s.due', '<=', at)
      .where('m.status', '=', 'active')
      .where('m.trust', '<>', 'untrusted')
      .where(eb => eb.or([eb('m.valid_from', 'is', null), eb('m.valid_from', '<=', at)]))
      .where(eb => eb.or([eb('m.valid_until', 'is', null), eb('m.valid_until', '>', at)]))
  }

  async #any(): Promise<boolean> {
    const rows = await this.engine.statements.run(this.db, 'any strength', () => this.#anyQuery(), [
      this.principal.tenant_id,
      1,
    ])
    return rows.length > 0
  }

  #anyQuery() {
    return this.db.selectFrom('strengths').select('memory_id').where('tenant_id', '=', '').limit(1)
  }
}

export class StrengthWriter extends StrengthReader {
  readonly #journal: JournalWriter

  constructor(
    db: Database,
    principal: Principal,
    { engine, journal }: { engine: Engine; journal: JournalWriter },
  ) {
    super(db, principal, engine)
    this.#journal = journal
  }

  /**
   * Adds reviews to the log and gives the cards that follow, by memory; at most one review a memory. A grade is told
   * in the journal, use is not.
   */
  async review(reviews: readonly Review[], reckon: Reckon): Promise<Map<string, Strength>> {
    const { db, engine } = this
    const { tenant_id } = this.principal
    const cards = new Map<string, Strength>()
    // In one order for all writers, so that two of them never wait for each other.
    const sorted = reviews.toSorted((a, b) => (a.memory_id < b.memory_id ? -1 : 1))
    for (const { memory_id } of sorted)
      await lockRows({ db, engine, tenant_id }, { table: 'memories', column: 'id', id: memory_id })
    const before = await this.of(sorted.map(({ memory_id }) => memory_id))
    for (const { source, ...review } of sorted) {
      const was = before.get(review.memory_id) ?? null
      const next = reckon(was, review.grade, review.at)
      await this.#put(review.memory_id, next)
      await db
        .insertInto('strength_reviews')
        .values({ tenant_id, source, ...review })
        .execute()
      if (source === 'grade') {
        const { memory_id, grade } = review
        this.#journal.record('strength', memory_id, was && { due: was.due }, { grade, due: next.due })
      }
      cards.set(review.memory_id, next)
    }
    return cards
  }

  async #put(memory_id: string, strength: Strength): Promise<void> {
    await this.db
      .insertInto('strengths')
      .values({ tenant_id: this.principal.tenant_id, memory_id, ...strength })
      .onConflict(conflict => conflict.columns(['tenant_id', 'memory_id']).doUpdateSet({ ...strength }))
      .execute()
  }
}

const COLUMNS = [
  's.due',
  's.stability',
  's.difficulty',
  's.state',
  's.reps',
  's.lapses',
  's.learning_steps',
  's.scheduled_days',
  's.last_review',
] as const

function toStrength(row: Omit<StrengthTable, 'tenant_id' | 'memory_id'>): Strength {
  const { due, stability, difficulty, state, reps, lapses, learning_steps, scheduled_days, last_review } = row
  return { due, stability, difficulty, state, reps, lapses, learning_steps, scheduled_days, last_review }
}
