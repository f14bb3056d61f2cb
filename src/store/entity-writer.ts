/** Changes entities, and keeps in step what follows from them: their names, their claims and what mentions them. */
import type { Principal } from '../model/access.ts'
import type { Entity } from '../model/entity.ts'
import { assertBug, HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import type { ClaimWriter } from './claims.ts'
import type { EmbeddingQueue } from './embedding-queue.ts'
import type { Database, Engine } from './engine.ts'
import { EntityReader } from './entities.ts'
import { namesOf, putNames } from './entity-names.ts'
import type { JournalWriter, Remark } from './journal.ts'
import type { KeywordWriter } from './keyword-writer.ts'
import type { MentionWriter } from './mention-writer.ts'
import { toEntityRow } from './record-rows.ts'
import { lockRows } from './row-locks.ts'

interface Writers {
  readonly journal: JournalWriter
  readonly keyword: KeywordWriter
  readonly claims: ClaimWriter
  readonly mentions: MentionWriter
  readonly embeddings: EmbeddingQueue
}

export class EntityWriter extends EntityReader {
  readonly #writers: Writers

  constructor(db: Database, principal: Principal, { engine, ...writers }: { engine: Engine } & Writers) {
    super(db, principal, engine)
    this.#writers = writers
  }

  /** As `mustGet`, and keeps other writers from changing it until this transaction ends. */
  async mustGetForChange(id: string): Promise<Entity> {
    const { db, engine, principal } = this
    await lockRows({ db, engine, tenant_id: principal.tenant_id }, { table: 'entities', column: 'id', id })
    return this.mustGet(id)
  }

  /** @throws DUPLICATE naming the twin. */
  async create(entity: Entity): Promise<void> {
    await this.#put(null, entity)
  }

  /** Ends the present version and begins the next; `next` must carry its number and time. */
  async change(before: Entity, next: Entity): Promise<void> {
    assertBug(next.id === before.id && next.version === before.version + 1, 'a version was skipped')
    await this.#put(before, next)
  }

  /** Makes an entity what it is to be, whatever its version; null on either side where there is none. */
  async takeBack(before: Entity | null, next: Entity | null): Promise<void> {
    await this.#put(before, next)
  }

  async #put(before: Entity | null, next: Entity | null, remark: Remark = {}): Promise<void> {
    const { tenant_id } = this.principal
    const id = (next ?? before)?.id
    assertBug(id !== undefined, 'neither an entity before nor one after')
    if (next !== null) await this.#mustHaveNoTwin(next)
    if (next === null) {
      await this.db.deleteFrom('entities').where('tenant_id', '=', tenant_id).where('id', '=', id).execute()
    } else if (before === null) {
      await this.engine.statements.insert(this.db, 'entities', [{ ...toEntityRow(next, tenant_id) }])
    } else {
      // Setting its key would have SQLite look through all that refers to entities.
      const { tenant_id: _tenant, id: _id, ...columns } = toEntityRow(next, tenant_id)
      await this.db
        .updateTable('entities')
        .set(columns)
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .execute()
    }
    this.#writers.journal.record('entity', id, ...changeBetween(before, next), remark)
    await this.#follow(id, before, next)
  }

  async #follow(id: string, before: Entity | null, next: Entity | null): Promise<void> {
    const { keyword, claims, mentions, embeddings } = this.#writers
    embeddings.followEntity(before, next)
    const { db, engine } = this
    if (before !== null) await keyword.drop(id)
    if (next !== null) await keyword.addEntity(next)
    await claims.followEntity(before, next)
    const names = { old: namesOf(before), now: namesOf(next) }
    if (JSON.stringify(names.old) === JSON.stringify(names.now)) {
      // Whether it is active decides whether its names count, and its project for whom.
      if (before?.status === next?.status && before?.project === next?.project) return
    } else await putNames({ db, engine, tenant_id: this.principal.tenant_id }, id, names)
    const spoken = [...new Set([...names.old, ...names.now].map(({ name }) => name))]
    await claims.resolveAgain(spoken)
    await mentions.followNames(id, spoken)
  }

  async #mustHaveNoTwin(entity: Entity): Promise<void> {
    if (entity.status !== 'active' && entity.status !== 'candidate') return
    const twin = await this.twin(entity)
    if (twin === null || twin.id === entity.id) return
    throw new HeirloomError(
      'DUPLICATE',
      `There is a ${twin.type} ${quoted(twin.name)} already: ${twin.id}${twin.status === 'candidate' ? ', waiting for review' : ''}. Change that one: heirloom entity update ${twin.id}; or make the two one: heirloom entity merge <id> --into ${twin.id}`,
    )
  }
}

/** What the journal keeps: all of an entity that comes or goes, and of a change what differs. */
export function changeBetween<T extends object>(
  before: T | null,
  next: T | null,
): [Record<string, unknown> | null, Record<string, unknown> | null] {
  if (before === null || next === null) return [before as never, next as never]
  const old: Record<string, unknown> = {}
  const now: Record<string, unknown> = {}
  for (const field of Object.keys(next) as (keyof T & string)[]) {
    if (JSON.stringify(before[field]) === JSON.stringify(next[field])) continue
    old[field] = before[field]
    now[field] = next[field]
  }
  return [old, now]
}
