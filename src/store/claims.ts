/**
 * What active records claim about slots: a row a claim, in the normal forms by which claims meet. Kept in step with
 * memories and entities; which slots were touched tells where to look for conflicts.
 */
import type { Principal } from '../model/access.ts'
import type { Claim, SlotPlace } from '../model/conflict.ts'
import type { Entity } from '../model/entity.ts'
import type { Memory } from '../model/memory.ts'
import { nameKey } from '../model/mention.ts'
import { slotKey } from '../model/slot.ts'
import {
  byRecording,
  claimedBy,
  isClaiming,
  memoryClaim,
  placeOf,
  propertyClaims,
  type SaidClaim,
  subjectMeant,
  toClaim,
} from './claim-rows.ts'
import type { Database, Engine } from './engine.ts'
import type { ClaimTable } from './knowledge-tables.ts'
import { lockName, relyOnName } from './row-locks.ts'

/** Ids a statement. */
const BATCH = 500

/** The columns that say where a claim is made, as text. */
export function slotIdOf(place: SlotPlace): string {
  return JSON.stringify([place.slot_subject, place.attribute_key, place.project, place.owner_user_id])
}

export class ClaimReader {
  protected readonly db: Database
  protected readonly engine: Engine
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  /** What is claimed in a slot, in the order in which it was recorded. */
  async inSlot(place: SlotPlace): Promise<Claim[]> {
    const { tenant_id } = this.principal
    const rows = await this.engine.statements.run(this.db, 'claims in slot', () => this.#slotQuery(), [
      tenant_id,
      place.slot_subject,
      place.attribute_key,
      place.project ?? '',
      place.owner_user_id,
    ])
    return rows.map(toClaim).sort(byRecording)
  }

  /** All that some records claim. */
  async madeBy(subjectIds: readonly string[]): Promise<ClaimTable[]> {
    const found: ClaimTable[] = []
    for (let start = 0; start < subjectIds.length; start += BATCH) {
      const rows = await this.db
        .selectFrom('claims')
        .selectAll()
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('subject_id', 'in', subjectIds.slice(start, start + BATCH))
        .execute()
      for (const row of rows) found.push(row)
    }
    return found
  }

  /**
   * The slot that a memory's claim is in. The subject is the entity that it names, where just one active entity of
   * the project, or else of none, has that name.
   */
  async placeOf(memory: Pick<Memory, 'slot' | 'project' | 'owner_user_id'>): Promise<SlotPlace | null> {
    const { slot, project, owner_user_id } = memory
    if (slot === null) return null
    const said = { said_key: slotKey(slot.subject), said_subject: slot.subject, project: project ?? '' }
    const slot_subject = await this.resolve({ ...said, owner_user_id })
    return { owner_user_id, project, slot_subject, attribute_key: slotKey(slot.attribute) }
  }

  protected async resolve({
    said_key,
    said_subject,
    project,
    owner_user_id,
  }: Pick<ClaimTable, 'said_key' | 'said_subject' | 'project' | 'owner_user_id'>): Promise<string> {
    const rows = await this.engine.statements.run(this.db, 'named entities', () => this.#named(), [
      this.principal.tenant_id,
      said_key,
      nameKey(said_subject),
      owner_user_id,
      'active',
    ])
    return subjectMeant(rows, { said_key, project })
  }

  #slotQuery() {
    return this.db
      .selectFrom('claims')
      .selectAll()
      .where('tenant_id', '=', '')
      .where('slot_subject', '=', '')
      .where('attribute_key', '=', '')
      .where('project', '=', '')
      .where('owner_user_id', '=', '')
  }

  #named() {
    return (
      this.db
        .selectFrom('entity_names as n')
        // In this order: there may be many entities, and few have one name.
        .crossJoin('entities as e')
        .select(['e.id', 'e.project'])
        .where('n.tenant_id', '=', '')
        .where('n.name_key', 'in', ['', ''])
        .whereRef('e.tenant_id', '=', 'n.tenant_id')
        .whereRef('e.id', '=', 'n.entity_id')
        .where('e.owner_user_id', '=', '')
        .where('e.status', '=', '')
    )
  }
}

/** A slot that was touched, and the slot that its claims were in before a name came to mean something else. */
export interface Touched {
  readonly place: SlotPlace
  readonly before: SlotPlace | null
}

export class ClaimWriter extends ClaimReader {
  readonly #touched = new Map<string, Touched>()
  readonly #left = new Map<string, ClaimTable>()

  /** The slots in which something was claimed or is claimed no longer since this was asked last. */
  takeTouched(): Touched[] {
    const touched = [...this.#touched].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slot]) => slot)
    this.#touched.clear()
    // A conflict moves along with its claims before the slot that they left is looked at.
    return [
      ...touched.filter(({ before }) => before !== null),
      ...touched.filter(({ before }) => before === null),
    ]
  }

  /** What was withdrawn or has moved since this was asked last, as it was before that, whatever followed. */
  takeLeft(): ClaimTable[] {
    const left = [...this.#left.values()]
    this.#left.clear()
    return left
  }

  /** Keeps a memory's claim in step; null for what is not there. */
  async followMemory(before: Memory | null, next: Memory | null): Promise<void> {
    const [old, now] = [claimedBy(before), claimedBy(next)]
    if (old === now) return
    if (isClaiming(before)) await this.#withdraw(before.id, [asIfMeant(memoryClaim(before))])
    if (!isClaiming(next)) return
    const claim = memoryClaim(next)
    // Whoever gives or takes the name at the same time sees this claim, or is seen by it.
    for (const key of namesOf(claim)) await relyOnName(this.#locking, meaningOf(key))
    await this.#claim({ ...claim, slot_subject: await this.resolve(claim) })
  }

  /** Keeps the claims of an entity's properties in step. */
  async followEntity(before: Entity | null, next: Entity | null): Promise<void> {
    const [old, now] = [propertyClaims(before), propertyClaims(next)]
    if (JSON.stringify(old) === JSON.stringify(now)) return
    if (before !== null && old.length > 0) await this.#withdraw(before.id, old)
    for (const claim of now) await this.#claim(claim)
  }

  /** Puts a record's claims in the place of those that are there, whatever they are. */
  async replace(
    id: string,
    record: { readonly memory: Memory } | { readonly entity: Entity },
  ): Promise<void> {
    await this.#withdraw(id)
    if ('memory' in record) await this.followMemory(null, record.memory)
    else await this.followEntity(null, record.entity)
  }

  /** Looks anew at what the subjects of these names mean. */
  async resolveAgain(names: readonly string[]): Promise<void> {
    // Claims of an entity's properties are about itself, and have no key.
    const keys = [...new Set(names.flatMap(name => [slotKey(name), nameKey(name)]))].filter(key => key !== '')
    if (keys.length === 0) return
    const { tenant_id } = this.principal
    for (const key of keys.toSorted()) await lockName(this.#locking, meaningOf(key))
    // A statement for each subject as it was said, however many memories say it.
    const said = await this.db
      .selectFrom('claims')
      .select(['said_key', 'said_subject', 'project', 'owner_user_id', 'slot_subject', 'attribute_key'])
      .distinct()
      .where('tenant_id', '=', tenant_id)
      .where('said_key', 'in', keys)
      .execute()
    for (const rows of Map.groupBy(said, subjectOf).values()) {
      const { said_key, said_subject, project, owner_user_id, slot_subject: old } = rows[0]!
      const slot_subject = await this.resolve({ said_key, said_subject, project, owner_user_id })
      if (slot_subject === old) continue
      const moved = await this.db
        .updateTable('claims')
        .set({ slot_subject })
        .where('tenant_id', '=', tenant_id)
        .where('said_key', '=', said_key)
        .where('said_subject', '=', said_subject)
        .where('project', '=', project)
        .where('owner_user_id', '=', owner_user_id)
        .where('slot_subject', '=', old)
        .returningAll()
        .execute()
      for (const row of moved) this.#leave({ ...row, slot_subject: old })
      for (const row of rows) this.#moved(placeOf(row), slot_subject)
    }
  }

  #moved(before: SlotPlace, slot_subject: string): void {
    const place = { ...before, slot_subject }
    this.#touched.set(slotIdOf(place), { place, before })
    this.touch(before)
  }

  async #claim(claim: Omit<ClaimTable, 'tenant_id'>): Promise<void> {
    const row = { tenant_id: this.principal.tenant_id, ...claim }
    await this.engine.statements.insert(this.db, 'claims', [row])
    this.touch(placeOf(row))
  }

  /** `made` is what the record claimed: while claims are being filled, not all of it need be there. */
  async #withdraw(id: string, made: readonly Omit<ClaimTable, 'tenant_id'>[] = []): Promise<void> {
    const { tenant_id } = this.principal
    const gone = await this.db
      .deleteFrom('claims')
      .where('tenant_id', '=', tenant_id)
      .where('subject_id', '=', id)
      .returningAll()
      .execute()
    const there = new Set(gone.map(({ attribute_key }) => attribute_key))
    const unfilled = made.filter(({ attribute_key }) => !there.has(attribute_key))
    for (const row of [...gone, ...unfilled.map(claim => ({ tenant_id, ...claim }))]) {
      this.#leave(row)
      this.touch(placeOf(row))
    }
  }

  #leave(row: ClaimTable): void {
    const key = `${row.subject_id} ${row.attribute_key}`
    if (!this.#left.has(key)) this.#left.set(key, row)
  }

  get #locking() {
    return { db: this.db, engine: this.engine, tenant_id: this.principal.tenant_id }
  }

  /** Has the conflicts of a slot looked at when they are settled. */
  touch({ owner_user_id, project, slot_subject, attribute_key }: SlotPlace): void {
    // Of a conflict, which has these as well, no more than they.
    const place = { owner_user_id, project, slot_subject, attribute_key }
    const key = slotIdOf(place)
    if (!this.#touched.has(key)) this.#touched.set(key, { place, before: null })
  }
}

/** A claim in the slot of its subject's own normal form, whatever that means. */
function asIfMeant(claim: SaidClaim): Omit<ClaimTable, 'tenant_id'> {
  return { ...claim, slot_subject: claim.said_key }
}

/** The names by which a claim's subject may be meant, in the order in which all writers take them. */
function namesOf({ said_key, said_subject }: Pick<ClaimTable, 'said_key' | 'said_subject'>): string[] {
  return [...new Set([said_key, nameKey(said_subject)])].sort()
}

/** All that decides what a subject means, and what it meant. */
function subjectOf(
  said: Pick<ClaimTable, 'said_subject' | 'project' | 'owner_user_id' | 'slot_subject'>,
): string {
  return JSON.stringify([said.said_subject, said.project, said.owner_user_id, said.slot_subject])
}

function meaningOf(key: string): string {
  return `meaning of ${key}`
}
