/**
 * Changes memories so that the past stays readable: every change leaves the version before it, moves the keyword index
 * along and is noted for the journal.
 */
import { sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { assertBug } from '../model/errors.ts'
import type { Memory, MemoryId } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import type { KeywordWriter } from './keyword-writer.ts'
import type { LinkWriter } from './link-writer.ts'
import { MemoryReader } from './memories.ts'
import { toRow } from './memory-rows.ts'

export class MemoryWriter extends MemoryReader {
  readonly #journal: JournalWriter
  readonly #keyword: KeywordWriter
  readonly #links: LinkWriter

  constructor(
    db: Database,
    principal: Principal,
    engine: Engine,
    writers: { journal: JournalWriter; keyword: KeywordWriter; links: LinkWriter },
  ) {
    super(db, principal, engine)
    this.#journal = writers.journal
    this.#keyword = writers.keyword
    this.#links = writers.links
  }

  /** As `mustGet`, and keeps other writers from changing it until this transaction ends. */
  async mustGetForChange(id: string): Promise<Memory> {
    // SQLite has no row locks and needs none: this transaction is the only writer.
    if (this.engine.name === 'postgres') {
      await sql`select 1 from memories where tenant_id = ${this.principal.tenant_id} and id = ${id} for update`.execute(
        this.db,
      )
    }
    return this.mustGet(id)
  }

  /** As `ofDocument`, and keeps other writers from changing them until this transaction ends. */
  async ofDocumentForChange(documentId: string): Promise<Memory[]> {
    if (this.engine.name === 'postgres') {
      await sql`select 1 from memories where tenant_id = ${this.principal.tenant_id} and document_id = ${documentId}
        order by id for update`.execute(this.db)
    }
    return this.ofDocument(documentId)
  }

  /** @throws DUPLICATE naming the twin, where a unique index finds one. */
  async create(memories: readonly Memory[]): Promise<void> {
    const tenant = this.principal.tenant_id
    await this.engine.statements.insert(
      this.db,
      'memories',
      memories.map(memory => toRow(memory, tenant)) as never,
    )
    await this.#insertTags(memories)
    await this.#keyword.add(memories)
    for (const memory of memories) {
      this.#journal.record('memory', memory.id, null, summaryOf(memory))
      await this.#links.arrive(memory)
    }
  }

  /** Ends the present version and begins the next; `next` must carry its number and time. */
  async change(before: Memory, next: Memory): Promise<void> {
    assertBug(next.id === before.id && next.version === before.version + 1, 'a version was skipped')
    const tenant = this.principal.tenant_id
    const past = { ...toRow(before, tenant), ended_at: next.updated_at }
    await this.engine.statements.insert(this.db, 'memory_revisions', [past])
    const { tenant_id: _tenant, id, ...columns } = toRow(next, tenant)
    await this.db
      .updateTable('memories')
      .set(columns)
      .where('tenant_id', '=', tenant)
      .where('id', '=', id)
      .execute()
    if (before.tags.join('\n') !== next.tags.join('\n')) {
      await this.db
        .deleteFrom('memory_tags')
        .where('tenant_id', '=', tenant)
        .where('memory_id', '=', id)
        .execute()
      await this.#insertTags([next])
    }
    await this.#keyword.retire(before)
    await this.#keyword.add([next])
    this.#journal.record('memory', id as MemoryId, ...differences(before, next))
    await this.#links.follow(before, next)
  }

  /**
   * Deletes a memory with all that was ever known of it. Links to what came of it stay, and tell what it was; links to
   * what it came of go.
   */
  async remove(memory: Memory): Promise<void> {
    await this.#links.depart(memory.id)
    await this.#keyword.drop(memory.id)
    // Its revisions, tags and links go with it, by their foreign keys.
    await this.db
      .deleteFrom('memories')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('id', '=', memory.id)
      .execute()
    this.#journal.record('memory', memory.id, summaryOf(memory), null)
  }

  async #insertTags(memories: readonly Memory[]): Promise<void> {
    const tenant_id = this.principal.tenant_id
    const rows = memories.flatMap(({ id, tags }) => tags.map(tag => ({ tenant_id, tag, memory_id: id })))
    await this.engine.statements.insert(this.db, 'memory_tags', rows)
  }
}

type Payload = Record<string, unknown>

/** Kept with the memory and its revisions alone: its text, for which its hash stands, and the tags as they came. */
export const UNJOURNALLED: ReadonlySet<string> = new Set(['content', 'origin_tags'])

/** What the journal keeps of a new memory. Its text stays in the memory and its revisions alone; the hash names it. */
export function summaryOf(memory: Memory): Payload {
  const payload: Payload = {}
  for (const [field, value] of Object.entries(memory)) {
    if (UNJOURNALLED.has(field) || value === null || (Array.isArray(value) && value.length === 0)) continue
    payload[field] = value
  }
  return payload
}

/** What the journal keeps of a change: the fields that differ, before and after. */
export function differences(before: Memory, next: Memory): [Payload, Payload] {
  const old: Payload = {}
  const now: Payload = {}
  for (const field of Object.keys(next) as (keyof Memory)[]) {
    if (UNJOURNALLED.has(field) || JSON.stringify(before[field]) === JSON.stringify(next[field])) continue
    old[field] = before[field]
    now[field] = next[field]
  }
  return [old, now]
}
