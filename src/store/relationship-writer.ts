/** Changes relationships. What contains what has no circles, whoever writes at the same time. */

import type { Principal } from '../model/access.ts'
import { assertBug, HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import type { Relationship } from '../model/relationship.ts'
import type { Database, Engine } from './engine.ts'
import { changeBetween } from './entity-writer.ts'
import type { JournalWriter } from './journal.ts'
import { toRelationshipRow } from './record-rows.ts'
import { RelationshipReader } from './relationships.ts'
import { lockName, lockRows } from './row-locks.ts'
import { storableIds } from './storable-ids.ts'

/** So many wholes above a part are looked at; a tree of things is never that deep or wide upwards. */
const MOST_ABOVE = 10_000

/** So many steps of a circle are named. */
const SHOWN = 12

export class RelationshipWriter extends RelationshipReader {
  readonly #journal: JournalWriter

  constructor(
    db: Database,
    principal: Principal,
    { engine, journal }: { engine: Engine; journal: JournalWriter },
  ) {
    super(db, principal, engine)
    this.#journal = journal
  }

  /** As `mustGet`, and keeps other writers from changing it until this transaction ends. */
  async mustGetForChange(id: string): Promise<Relationship> {
    const { db, engine, principal } = this
    await lockRows(
      { db, engine, tenant_id: principal.tenant_id },
      { table: 'relationships', column: 'id', id },
    )
    return this.mustGet(id)
  }

  /** @throws DUPLICATE naming the twin, INVALID_INPUT naming the way round where the parts would make a circle. */
  async create(relationship: Relationship): Promise<void> {
    await this.#put(null, relationship)
  }

  /** Ends the present version and begins the next; `next` must carry its number and time. */
  async change(before: Relationship, next: Relationship): Promise<void> {
    assertBug(next.id === before.id && next.version === before.version + 1, 'a version was skipped')
    await this.#put(before, next)
  }

  /** Makes a relationship what it is to be, whatever its version; null on either side where there is none. */
  async takeBack(before: Relationship | null, next: Relationship | null): Promise<void> {
    await this.#put(before, next)
  }

  async #put(before: Relationship | null, next: Relationship | null): Promise<void> {
    const { tenant_id } = this.principal
    const id = (next ?? before)?.id
    assertBug(id !== undefined, 'neither a relationship before nor one after')
    if (next !== null) await this.#mustFit(next)
    if (next === null) {
      await this.db
        .deleteFrom('relationships')
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .execute()
    } else if (before === null) {
      await this.engine.statements.insert(this.db, 'relationships', [
        { ...toRelationshipRow(next, tenant_id) },
      ])
    } else {
      const { tenant_id: _tenant, id: _id, ...columns } = toRelationshipRow(next, tenant_id)
      await this.db
        .updateTable('relationships')
        .set(columns)
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .execute()
    }
    this.#journal.record('relationship', id, ...changeBetween(before, next))
  }

  async #mustFit(next: Relationship): Promise<void> {
    if (next.status !== 'active' && next.status !== 'candidate') return
    const twin = await this.twin(next)
    if (twin !== null && twin.id !== next.id) {
      const state = twin.status === 'candidate' ? ', waiting for review' : ''
      throw new HeirloomError(
        'DUPLICATE',
        `Relationship ${twin.id} says exactly this already${state}. To change it, take it away first: heirloom unrelate ${twin.id}`,
      )
    }
    if (next.type === 'contains') await this.#mustNotCircle(next)
  }

  /** Looks upwards from the whole: if the part is found there, it would contain itself. */
  async #mustNotCircle({ source_id, target_id }: Relationship): Promise<void> {
    const { db, engine, principal } = this
    await lockName({ db, engine, tenant_id: principal.tenant_id }, 'what contains what')
    /** By each whole, the part of it that led there. */
    const from = new Map<string, string | null>([[source_id, null]])
    for (let level = [source_id]; level.length > 0; ) {
      if (from.has(target_id)) throw await this.#circle(target_id, from)
      const above = await this.of('target', level, {
        types: ['contains'],
        statuses: ['active', 'candidate'],
        limit: MOST_ABOVE,
      })
      level = []
      for (const { source_id: whole, target_id: part } of above) {
        if (from.has(whole)) continue
        from.set(whole, part)
        level.push(whole)
      }
    }
  }

  async #circle(target: string, from: ReadonlyMap<string, string | null>): Promise<HeirloomError> {
    const path: string[] = []
    for (let at: string | null | undefined = target; at !== null && at !== undefined; at = from.get(at))
      path.push(at)
    const shown =
      path.length <= SHOWN ? [...path, target] : [...path.slice(0, SHOWN), '…', path.at(-1)!, target]
    const names = await this.#names(shown)
    const told = shown.map(id => names.get(id) ?? id).join(' contains ')
    return new HeirloomError(
      'INVALID_INPUT',
      `Nothing can contain itself: ${told}. Take one of these away first: heirloom unrelate <whole> contains <part>`,
    )
  }

  async #names(ids: readonly string[]): Promise<Map<string, string>> {
    const { tenant_id, user_id } = this.principal
    const rows = await this.db
      .selectFrom('entities')
      .select(['id', 'name'])
      .where('tenant_id', '=', tenant_id)
      .where('id', 'in', storableIds(this.engine, ids))
      .where('owner_user_id', '=', user_id)
      .execute()
    return new Map(rows.map(({ id, name }) => [id, quoted(name)]))
  }
}
