/**
 * Opens, extends and closes conflicts by what is claimed. It compares what there is with what there should be, so that
 * it may be asked any number of times; on PostgreSQL writers of one slot wait for each other.
 */
import { type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import {
  type Claim,
  type Conflict,
  type ConflictId,
  closingTime,
  contested,
  EXPIRED,
  isExpired,
  type Member,
  type Resolution,
  type SlotPlace,
  settledBy,
  whyClosed,
} from '../model/conflict.ts'
import { assertBug } from '../model/errors.ts'
import { type ClaimWriter, slotIdOf, type Touched } from './claims.ts'
import { conflictChange, UNSETTLED } from './conflict-entries.ts'
import { putMembers } from './conflict-rows.ts'
import { ConflictReader } from './conflicts.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter, Remark } from './journal.ts'
import { lockName, lockRows } from './row-locks.ts'
import { StatedClaims } from './stated-claims.ts'

/** How many that have expired one write tells of, so that none pays for all. */
const SWEPT = 20

interface Surroundings {
  readonly engine: Engine
  readonly now: string
  readonly journal: JournalWriter
  readonly claims: ClaimWriter
  readonly newId: () => string
}

export class ConflictWriter extends ConflictReader {
  readonly #journal: JournalWriter
  readonly #claims: ClaimWriter
  readonly #newId: () => string

  constructor(db: Database, principal: Principal, { journal, claims, newId, ...reading }: Surroundings) {
    super(db, principal, reading)
    this.#journal = journal
    this.#claims = claims
    this.#newId = newId
  }

  /**
   * Brings the conflicts of all slots that were touched in line with what is claimed there now.
   * @returns those that were opened, or in which something is said that was not said there before.
   * @throws ACCESS_DENIED where what a person has said in one would be taken out of it by somebody else.
   */
  async settle(): Promise<Conflict[]> {
    const found: Conflict[] = []
    const slots = this.#claims.takeTouched()
    const stated = new StatedClaims(this.#claims.takeLeft(), this.principal, this.now)
    if (slots.length === 0) return found
    const isFilling = await this.isFilling()
    if (isFilling) await stated.watchUnfilled(this)
    for (const touched of isFilling ? [] : slots) {
      const conflict = await this.#settleSlot(touched, stated)
      if (conflict !== null) found.push(conflict)
    }
    await stated.mustStand(this.#claims, this)
    return found
  }

  /** Writes down that conflicts have closed because members expired. */
  async closeExpired(): Promise<void> {
    const rows = await this.engine.statements.run(this.db, 'conflicts that expired', () => this.#expired(), [
      this.principal.tenant_id,
      this.principal.user_id,
      this.now,
      SWEPT,
    ])
    for (const { id } of rows) await this.#close(await this.mustGet(id), 'expired', EXPIRED)
  }

  /** As `mustGet`, and keeps other writers from its slot until this transaction ends. */
  async mustGetForChange(id: string): Promise<Conflict> {
    await this.#lockSlot(await this.mustGet(id))
    await lockRows(this.#locking, { table: 'conflicts', column: 'id', id })
    return this.mustGet(id)
  }

  /**
   * Makes a conflict what it is to be; null on either side where there is none. Its slot is looked at again by the next
   * `settle`, since what is claimed there may have changed meanwhile.
   */
  async put(before: Conflict | null, next: Conflict | null): Promise<void> {
    await this.#write(before, next)
    for (const place of [before, next]) if (place !== null) this.#claims.touch(place)
  }

  async #write(before: Conflict | null, next: Conflict | null, remark: Remark = {}): Promise<void> {
    const { tenant_id } = this.principal
    const id = (next ?? before)?.id
    assertBug(id !== undefined, 'neither a conflict before nor one after')
    if (next === null) {
      await this.db.deleteFrom('conflicts').where('tenant_id', '=', tenant_id).where('id', '=', id).execute()
    } else {
      const { members, ...row } = next
      if (before === null) await this.engine.statements.insert(this.db, 'conflicts', [{ tenant_id, ...row }])
      else {
        await this.db
          .updateTable('conflicts')
          .set(row)
          .where('tenant_id', '=', tenant_id)
          .where('id', '=', id)
          .execute()
      }
      await putMembers(this.#locking, id, { before: before?.members ?? [], next: members })
    }
    this.#journal.record('conflict', id, ...conflictChange(before, next), remark)
  }

  async #settleSlot({ place, before }: Touched, stated: StatedClaims): Promise<Conflict | null> {
    await this.#lockSlot(place)
    const claims = (await this.#claims.inSlot(place)).filter(claim => !isExpired(claim, this.now))
    const here = await this.#openHere(place)
    stated.watch(here)
    const isAlone = new Set(claims.map(({ value_key }) => value_key)).size < 2
    if (isAlone && here === null) return null
    const settled = settledBy(await this.settledAmong(claims.map(({ subject_id }) => subject_id)))
    const disputed = contested(claims, settled)
    if (disputed.length === 0) {
      if (here !== null) await this.#close(here, 'superseded', whyClosed(here, idsOf(claims)))
      return null
    }
    const open = here ?? (before === null ? null : await this.#moved(before, claims))
    const known = new Set(open?.members.map(({ member_id }) => member_id))
    const contesting = new Set(disputed)
    const taking = claims.filter(claim => contesting.has(claim) || known.has(claim.subject_id))
    const closes_at = closingTime(taking, settled)
    return open === null
      ? this.#open(place, { disputed, closes_at })
      : this.#join(open, { place, taking, closes_at })
  }

  /** The open conflict of a slot; one that has ended by expiry is closed first, so that nothing joins it. */
  async #openHere(place: SlotPlace): Promise<Conflict | null> {
    const found = await this.openIn(place)
    if (found === null) return null
    await lockRows(this.#locking, { table: 'conflicts', column: 'id', id: found.id })
    const open = await this.openIn(place)
    if (open === null || open.closes_at === null || open.closes_at > this.now) return open
    await this.#close(open, 'expired', EXPIRED)
    return null
  }

  /** The open conflict of the slot that these claims were in before their subject came to mean something else. */
  async #moved(before: SlotPlace, claims: readonly Claim[]): Promise<Conflict | null> {
    const open = await this.#openHere(before)
    if (open === null) return null
    const left = idsOf(await this.#claims.inSlot(before))
    const here = idsOf(claims)
    const follows = open.members.some(({ member_id }) => here.has(member_id))
    return follows && !open.members.some(({ member_id }) => left.has(member_id)) ? open : null
  }

  async #open(
    place: SlotPlace,
    { disputed, closes_at }: { disputed: readonly Claim[]; closes_at: string | null },
  ): Promise<Conflict> {
    const first = disputed[0]!
    const conflict: Conflict = {
      ...place,
      ...UNSETTLED,
      id: this.#newId() as ConflictId,
      version: 1,
      subject: first.said_subject,
      attribute: first.attribute,
      detected_at: this.now,
      closes_at,
      members: disputed.map(claim => this.#toMember(claim)),
    }
    await this.#write(null, conflict)
    return conflict
  }

  /** `taking` are the claims that take part in it, whether they did before or not. Null where none of them is new. */
  async #join(
    open: Conflict,
    { place, taking, closes_at }: { place: SlotPlace; taking: readonly Claim[]; closes_at: string | null },
  ): Promise<Conflict | null> {
    const byId = new Map(taking.map(claim => [claim.subject_id, claim]))
    const known = new Set(open.members.map(({ member_id }) => member_id))
    const members = [
      // Those that are members keep their place, with what they claim by now.
      ...open.members.map(member => {
        const claim = byId.get(member.member_id)
        if (claim === undefined) return member
        const { trust, value, value_key } = claim
        return { ...member, trust, value, value_key }
      }),
      ...taking.filter(({ subject_id }) => !known.has(subject_id)).map(claim => this.#toMember(claim)),
    ]
    const next = { ...open, ...place, members, closes_at }
    if (JSON.stringify(next) === JSON.stringify(open)) return null
    const changed = { ...next, version: open.version + 1 }
    await this.#write(open, changed)
    const were = new Map(open.members.map(({ member_id, value_key }) => [member_id, value_key]))
    return members.some(({ member_id, value_key }) => were.get(member_id) !== value_key) ? changed : null
  }

  /** Nobody decided it: it follows from what became of the members. */
  async #close(conflict: Conflict, resolution: Resolution, note: string): Promise<void> {
    const next: Conflict = {
      ...conflict,
      version: conflict.version + 1,
      status: 'closed',
      resolution,
      note,
      resolved_at: this.now,
      resolved_by_kind: 'system',
      closes_at: null,
    }
    await this.#write(conflict, next, { as: { operation: 'close_conflict', note } })
  }

  #toMember({ subject_kind, subject_id, trust, value, value_key }: Claim): Member {
    return {
      member_kind: subject_kind,
      member_id: subject_id,
      trust,
      value,
      value_key,
      joined_at: this.now,
    }
  }

  /** While claims are not whole nothing can be said of slots. Who makes them whole looks at every slot then. */
  async isFilling(): Promise<boolean> {
    const { db, engine } = this
    const rows = await engine.statements.run(db, 'claims to fill', () => this.#filling(), ['claims', 1])
    if (rows.length === 0 || engine.name !== 'postgres') return rows.length > 0
    // Either it waits for this transaction, or it was quicker and all is there.
    const still = await this.#filling('claims', 1).forShare().execute()
    return still.length > 0
  }

  #filling(name = '', needs_rebuild = 0) {
    return this.db
      .selectFrom('artefacts')
      .select('name')
      .where('name', '=', name)
      .where('needs_rebuild', '=', needs_rebuild)
  }

  get #locking() {
    return { db: this.db, engine: this.engine, tenant_id: this.principal.tenant_id }
  }

  #lockSlot(place: SlotPlace): Promise<void> {
    return lockName(this.#locking, `slot ${slotIdOf(place)}`)
  }

  #expired() {
    const query = this.db
      .selectFrom('conflicts')
      .select('id')
      .where('tenant_id', '=', '')
      .where('owner_user_id', '=', '')
      // Word for word what the index is limited to: a parameter would not show that it applies.
      .where(sql<SqlBool>`status = 'open' and closes_at is not null`)
      .where('closes_at', '<=', '')
      .limit(SWEPT)
    // Another writer that is at one of them closes it, or leaves it to the next.
    return this.engine.name === 'postgres' ? query.forUpdate().skipLocked() : query
  }
}

function idsOf(claims: readonly Claim[]): Set<string> {
  return new Set(claims.map(({ subject_id }) => subject_id))
}
