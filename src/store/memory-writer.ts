/**
 * Changes memories so that the past stays readable: every change leaves the version before it, moves the keyword index
 * along and is noted for the journal.
 */
import type { Principal } from '../model/access.ts'
import { assertBug } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { ClaimWriter } from './claims.ts'
import type { EmbeddingQueue } from './embedding-queue.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import type { KeywordWriter } from './keyword-writer.ts'
import type { LinkWriter } from './link-writer.ts'
import { MemoryReader } from './memories.ts'
import { toRow } from './memory-rows.ts'
import { MentionWriter } from './mention-writer.ts'
import { lockRows } from './row-locks.ts'

interface Writers {
  readonly journal: JournalWriter
  readonly keyword: KeywordWriter
  readonly links: LinkWriter
  readonly claims: ClaimWriter
  readonly mentions: MentionWriter
  readonly embeddings: EmbeddingQueue
}

export class MemoryWriter extends MemoryReader {
  readonly #writers: Writers

  constructor(db: Database, principal: Principal, { engine, ...writers }: { engine: Engine } & Writers) {
    super(db, principal, engine)
    this.#writers = writers
  }

  /** As `mustGet`, and keeps other writers from changing it until this transaction ends. */
  async mustGetForChange(id: string): Promise<Memory> {
    await this.#lock('id', id)
    return this.mustGet(id)
  }

  /** As `ofDocument`, and keeps other writers from changing them until this transaction ends. */
  async ofDocumentForChange(documentId: string): Promise<Memory[]> {
    await this.#lock('document_id', documentId)
    return this.ofDocument(documentId)
  }

  /** @throws DUPLICATE naming the twin, where a unique index finds one. */
  async create(memories: readonly Memory[]): Promise<void> {
    await this.#insert(memories)
    for (const memory of memories) await this.#writers.links.arrive(memory)
  }

  /** Ends the present version and begins the next; `next` must carry its number and time. */
  async change(before: Memory, next: Memory): Promise<void> {
    await this.#advance(before, next)
    await this.#writers.links.succeed(before, next)
  }

  /**
   * Deletes a memory with all that was ever known of it. Links to what came of it stay, and tell what it was; links to
   * what it came of go.
   */
  async remove(memory: Memory): Promise<void> {
    await this.#delete(memory)
    this.#writers.journal.record('memory', memory.id, summaryOf(memory), null)
  }

  /** Takes back that a memory was made. The journal alone keeps it then, so that this can be taken back as well. */
  async withdraw(memory: Memory): Promise<void> {
    await this.#delete(memory)
    this.#writers.journal.record('memory', memory.id, summaryOf(memory), null, { kept: memory })
  }

  /** Takes back that it was withdrawn. */
  async putBack(memory: Memory): Promise<void> {
    await this.#insert([memory])
    this.#writers.embeddings.putBack(memory)
  }

  /** Takes back the change from one version to the next: the earlier one is the present one again, as it was. */
  async goBack(from: Memory, to: Memory): Promise<void> {
    assertBug(to.id === from.id && to.version === from.version - 1, 'a version was skipped')
    const { journal, keyword } = this.#writers
    await this.db
      .deleteFrom('memory_revisions')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('id', '=', to.id)
      .where('version', '=', to.version)
      .execute()
    await this.#update(from, to)
    await keyword.drop(from.id, from.version)
    await keyword.drop(to.id, to.version)
    await keyword.add([to])
    journal.record('memory', to.id, ...differences(from, to), { kept: from })
    await this.#follow(from, to)
  }

  /** Takes back that a change was taken back: the version that the journal kept is the present one again. */
  async goForward(from: Memory, to: Memory): Promise<void> {
    await this.#advance(from, to)
  }

  async #insert(memories: readonly Memory[]): Promise<void> {
    const { journal, keyword, claims, mentions, embeddings } = this.#writers
    const tenant = this.principal.tenant_id
    await this.engine.statements.insert(
      this.db,
      'memories',
      memories.map(memory => toRow(memory, tenant)) as never,
    )
    await this.#insertTags(memories)
    await keyword.add(memories)
    await mentions.followMemories(memories, { isNew: true })
    embeddings.addMemories(memories)
    for (const memory of memories) {
      journal.record('memory', memory.id, null, summaryOf(memory))
      await claims.followMemory(null, memory)
    }
  }

  async #advance(before: Memory, next: Memory): Promise<void> {
    assertBug(next.id === before.id && next.version === before.version + 1, 'a version was skipped')
    const { journal, keyword } = this.#writers
    const past = { ...toRow(before, this.principal.tenant_id), ended_at: next.updated_at }
    await this.engine.statements.insert(this.db, 'memory_revisions', [past])
    await this.#update(before, next)
    await keyword.retire(before)
    await keyword.add([next])
    journal.record('memory', next.id, ...differences(before, next))
    await this.#follow(before, next)
  }

  async #update(before: Memory, next: Memory): Promise<void> {
    const { tenant_id, id, ...columns } = toRow(next, this.principal.tenant_id)
    await this.db
      .updateTable('memories')
      .set(columns)
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', id)
      .execute()
    if (before.tags.join('\n') === next.tags.join('\n')) return
    await this.db
      .deleteFrom('memory_tags')
      .where('tenant_id', '=', tenant_id)
      .where('memory_id', '=', id)
      .execute()
    await this.#insertTags([next])
  }

  /** What is derived from a memory, and what links copied of it. */
  async #follow(before: Memory, next: Memory): Promise<void> {
    const { links, claims, mentions, embeddings } = this.#writers
    embeddings.followMemory(before, next)
    await links.follow(before, next)
    await claims.followMemory(before, next)
    if (MentionWriter.isAffected(before, next)) await mentions.followMemories([next], { isNew: false })
  }

  async #delete(memory: Memory): Promise<void> {
    const { links, keyword, claims, mentions, embeddings } = this.#writers
    embeddings.drop(memory.id)
    await links.depart(memory.id)
    await keyword.drop(memory.id)
    await claims.followMemory(memory, null)
    await mentions.drop(memory.id)
    // Its revisions, tags and links go with it, by their foreign keys.
    await this.db
      .deleteFrom('memories')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('id', '=', memory.id)
      .execute()
  }

  #lock(column: 'id' | 'document_id', id: string): Promise<void> {
    const { db, engine } = this
    return lockRows({ db, engine, tenant_id: this.principal.tenant_id }, { table: 'memories', column, id })
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
