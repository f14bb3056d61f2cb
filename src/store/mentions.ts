/** Which memories mention which entities, as one principal sees them. */
import type { Principal } from '../model/access.ts'
import { analyse } from '../model/analysis.ts'
import type { Memory } from '../model/memory.ts'
import { candidatesAt, findMentions, headsOf, wordsOf } from '../model/mention.ts'
import type { Database, Engine } from './engine.ts'

/** What of a memory decides what it mentions. */
export type Mentioning = Pick<Memory, 'id' | 'title' | 'content' | 'project' | 'owner_user_id'>

/** Ids or keys a statement. */
const BATCH = 400

/** A name that stands at a key, with whom it names. */
export interface Entry {
  readonly name: string
  readonly entity_id: string
  readonly project: string | null
  readonly owner_user_id: string
}

/** An entity that a text names, and where. */
export interface Named {
  readonly entity_id: string
  readonly project: string | null
  /** In UTF-16 units. */
  readonly start: number
  readonly end: number
}

export class MentionReader {
  /** Whether any entity has a name; null until it was looked up. */
  #anyNames: boolean | null = null
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  /** The memories that mention an entity, newest first; at most `limit`. */
  async mentioning(entityId: string, limit: number): Promise<string[]> {
    const rows = await this.db
      .selectFrom('edges')
      .select('source_id')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('target_id', '=', entityId)
      .where('type', '=', 'mentions')
      .orderBy('source_id', 'desc')
      .limit(limit)
      .execute()
    return rows.map(({ source_id }) => source_id)
  }

  /** The entities that each of the memories mentions, by memory. */
  async of(memoryIds: readonly string[]): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>()
    for (let start = 0; start < memoryIds.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('edges')
        .select(['source_id', 'target_id'])
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('source_id', 'in', memoryIds.slice(start, start + BATCH))
        .where('type', '=', 'mentions')
        .orderBy('weight', 'desc')
        .orderBy('target_id')
        .execute()
      for (const { source_id, target_id } of rows)
        found.set(source_id, [...(found.get(source_id) ?? []), target_id])
    }
    return found
  }

  /** Memories that may hold a name, by the keyword index; newest first, at most `limit`. */
  async holding(name: string, limit: number): Promise<string[]> {
    const terms = analyse(name)
    if (terms.length === 0 || limit <= 0) return []
    return this.engine.keyword.holding(this.db, { tenant_id: this.principal.tenant_id, terms, limit })
  }

  /** What of memories decides what they mention. */
  async texts(ids: readonly string[]): Promise<Mentioning[]> {
    if (ids.length === 0) return []
    const rows = await this.db
      .selectFrom('memories')
      .select(['id', 'title', 'content', 'project', 'owner_user_id'])
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('id', 'in', ids)
      .execute()
    return rows as Mentioning[]
  }

  /** The entities that a text names, wherever they are, with the places where it does. */
  async namedIn(text: string): Promise<Named[]> {
    if (!(await this.hasNames())) return []
    const words = wordsOf(text)
    const lengths = await this.lengths(headsOf(words))
    if (lengths.size === 0) return []
    const names = await this.names(candidatesAt(words, lengths))
    return findMentions(text, words, lengths, names).flatMap(({ start, end, entries }) =>
      entries
        .filter(({ owner_user_id }) => owner_user_id === this.principal.user_id)
        .map(({ entity_id, project }) => ({ entity_id, project, start, end })),
    )
  }

  protected namesChanged(): void {
    this.#anyNames = null
  }

  protected async lengths(heads: ReadonlySet<string>): Promise<Map<string, number[]>> {
    const found = new Map<string, number[]>()
    for (const batch of batches(heads)) {
      const rows = await this.engine.statements.run(
        this.db,
        `heads ${batch.length}`,
        () => this.#headQuery(batch),
        [this.principal.tenant_id, ...batch],
      )
      for (const { head, words } of rows) found.set(head, [...(found.get(head) ?? []), words])
    }
    return found
  }

  protected async names(keys: ReadonlySet<string>): Promise<Map<string, Entry[]>> {
    const found = new Map<string, Entry[]>()
    for (const batch of batches(keys)) {
      const rows = await this.engine.statements.run(
        this.db,
        `names ${batch.length}`,
        () => this.#nameQuery(batch),
        [this.principal.tenant_id, ...batch, 'active'],
      )
      for (const { words_key, ...entry } of rows)
        found.set(words_key, [...(found.get(words_key) ?? []), entry])
    }
    return found
  }

  /** Whether any entity has a name. */
  protected async hasNames(): Promise<boolean> {
    if (this.#anyNames === null) {
      const rows = await this.engine.statements.run(this.db, 'any names', () => this.#anyQuery(), [
        this.principal.tenant_id,
        1,
      ])
      this.#anyNames = rows.length > 0
    }
    return this.#anyNames
  }

  #anyQuery() {
    return this.db.selectFrom('entity_heads').select('words').where('tenant_id', '=', '').limit(1)
  }

  #headQuery(batch: readonly string[]) {
    return this.db
      .selectFrom('entity_heads')
      .select(['head', 'words'])
      .where('tenant_id', '=', '')
      .where('head', 'in', batch)
  }

  #nameQuery(batch: readonly string[]) {
    return (
      this.db
        .selectFrom('entity_names as n')
        // In this order: there may be many entities, and few have one name.
        .crossJoin('entities as e')
        .select(['n.words_key', 'n.name', 'n.entity_id', 'e.project', 'e.owner_user_id'])
        .where('n.tenant_id', '=', '')
        .where('n.words_key', 'in', batch)
        .whereRef('e.tenant_id', '=', 'n.tenant_id')
        .whereRef('e.id', '=', 'n.entity_id')
        .where('e.status', '=', 'active')
    )
  }
}

/** Sizes of a few kinds only, so that a few statements serve them all: the last key fills what is left. */
function* batches(keys: ReadonlySet<string>): Generator<string[]> {
  const all = [...keys]
  for (let start = 0; start < all.length; start += BATCH) {
    const batch = all.slice(start, start + BATCH)
    const size = SIZES.find(wanted => wanted >= batch.length) ?? BATCH
    while (batch.length < size) batch.push(batch.at(-1)!)
    yield batch
  }
}

const SIZES = [8, 32, 128, BATCH]
