/**
 * Notes in the transaction that writes a text that it is still to be embedded, once for every space. What was embedded
 * of a text that is no more goes at once, so that nobody is found by what they no longer say.
 */
import type { Principal } from '../model/access.ts'
import { toEmbeddedEntity, toEmbeddedText } from '../model/embedded-text.ts'
import type { Entity } from '../model/entity.ts'
import type { Memory } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import { spacesOf } from './spaces.ts'

/** What a row of the queue is of. */
export type Embedded = 'memory' | 'entity'

/** What a transaction left to be embedded. */
export interface Queued {
  readonly rows: number
}

/** Ids a statement. */
const BATCH = 500

/** Whether a record may be recalled, now or after a review; the rest is embedded when it may be. */
export function isEmbedded({ status }: { readonly status: string }): boolean {
  return status === 'active' || status === 'candidate'
}

export class EmbeddingQueue {
  readonly #db: Database
  readonly #engine: Engine
  readonly #principal: Principal
  readonly #wanted = new Map<string, Embedded>()
  readonly #stale = new Set<string>()

  constructor(db: Database, engine: Engine, principal: Principal) {
    this.#db = db
    this.#engine = engine
    this.#principal = principal
  }

  /** New ones, of which no vector can be there. */
  addMemories(memories: readonly Memory[]): void {
    for (const memory of memories) if (isEmbedded(memory)) this.#wanted.set(memory.id, 'memory')
  }

  followMemory(before: Memory, next: Memory): void {
    const isSame = toEmbeddedText(before) === toEmbeddedText(next)
    this.#follow({ id: next.id, subject: 'memory', isSame }, before, next)
  }

  followEntity(before: Entity | null, next: Entity | null): void {
    const id = (next ?? before)?.id
    if (id === undefined) return
    if (next === null) this.drop(id)
    else if (before === null) this.#want(id, 'entity', next)
    else {
      const isSame = toEmbeddedEntity(before) === toEmbeddedEntity(next)
      this.#follow({ id, subject: 'entity', isSame }, before, next)
    }
  }

  /** It is gone. */
  drop(id: string): void {
    this.#wanted.delete(id)
    this.#stale.add(id)
  }

  /** As an earlier transaction may have left something of it. */
  putBack(memory: Memory): void {
    this.#stale.add(memory.id)
    this.#want(memory.id, 'memory', memory)
  }

  #follow(
    { id, subject, isSame }: { readonly id: string; readonly subject: Embedded; readonly isSame: boolean },
    before: { readonly status: string },
    next: { readonly status: string },
  ): void {
    if (!isSame) this.#stale.add(id)
    // What was not embedded in its earlier state has no vector yet; what has one keeps it.
    if (!isSame || !isEmbedded(before)) this.#want(id, subject, next)
  }

  #want(id: string, subject: Embedded, next: { readonly status: string }): void {
    if (!isEmbedded(next)) return
    this.#wanted.set(id, subject)
  }

  /**
   * Writes it down. After the journal's lock, so that whoever adds a space sees either this transaction's memories or
   * is seen by it.
   * @returns what it queued; null where nothing.
   */
  async flush(): Promise<Queued | null> {
    if (this.#wanted.size === 0 && this.#stale.size === 0) return null
    const spaces = await spacesOf(this.#db, this.#engine, this.#principal.tenant_id)
    const numbers = spaces.map(({ number }) => number)
    if (numbers.length > 0) {
      await this.#forget(numbers)
      // What has a vector of the same text after all is found out when its turn comes.
      const rows = [...this.#wanted].flatMap(([subject_id, subject]) =>
        numbers.map(space => ({ space, subject_id, subject })),
      )
      await this.#engine.statements.insertMissing(this.#db, 'embedding_queue', rows)
    }
    const rows = this.#wanted.size
    this.#wanted.clear()
    this.#stale.clear()
    if (rows === 0 || numbers.length === 0) return null
    return { rows }
  }

  /**
   * The queue first: whoever is embedding a text takes its row there before writing its vector, so this waits for them,
   * and then finds the vector.
   */
  async #forget(numbers: readonly number[]): Promise<void> {
    const ids = [...this.#stale]
    for (let start = 0; start < ids.length; start += BATCH) {
      for (const table of ['embedding_queue', 'vectors'] as const) {
        await this.#db
          .deleteFrom(table)
          .where('space', 'in', numbers)
          .where('subject_id', 'in', ids.slice(start, start + BATCH))
          .execute()
      }
    }
  }
}
