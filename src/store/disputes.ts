/**
 * Slots as they are against what conflicts should say of them: what writing does for the slots that it touches, looked
 * at for all of them at once. Writes nothing.
 */
import { type SqlBool, sql } from 'kysely'
import {
  asOfNow,
  type Claim,
  type Conflict,
  closingTime,
  contested,
  isExpired,
  type Settled,
  type SlotPlace,
  settledBy,
} from '../model/conflict.ts'
import { byRecording, placeOf, toClaim } from './claim-rows.ts'
import { slotIdOf } from './claims.ts'
import { readConflicts } from './conflicts.ts'
import type { Database } from './engine.ts'
import type { ClaimTable, ConflictTable } from './knowledge-tables.ts'

/** Claims a page. */
const CLAIMS = 500

/** Open conflicts a page. */
const CONFLICTS = 200

/** A slot of which the conflicts are not what its claims call for. */
export interface Dispute {
  readonly place: SlotPlace
  /** The conflict that is open there and not as it should be; null where none is and one should be. */
  readonly open: Conflict | null
  /** In words for people. */
  readonly wrong: string
}

interface Slot {
  readonly place: SlotPlace
  readonly claims: readonly Claim[]
}

interface Asked {
  readonly tenantId: string
  /** ISO 8601, UTC, milliseconds: what has expired by then counts for nothing. */
  readonly now: string
}

export interface Page {
  readonly disputes: readonly Dispute[]
  /** Slots or conflicts that were looked at. */
  readonly seen: number
  /** Where the next page begins; null at the end. */
  readonly cursor: string | null
}

/** The next slots in which something contradicts and no conflict is open. `cursor` is empty at the start. */
export async function unopened(db: Database, { tenantId, now }: Asked, cursor: string): Promise<Page> {
  const { rows, next } = await claimPage(db, tenantId, cursor)
  const slots = slotsOf(rows, now).filter(({ claims }) => differ(claims))
  const settled = await settlements(
    db,
    tenantId,
    slots.flatMap(({ claims }) => claims),
  )
  const disputed = slots.filter(({ claims }) => contested(claims, settled(claims)).length > 0)
  const open = await openAt(db, { tenantId, now }, disputed)
  const disputes = disputed
    .filter(({ place }) => !open.has(slotIdOf(place)))
    .map(({ place, claims }) => ({ place, open: null, wrong: contradiction(place, claims) }))
  return { disputes, seen: rows.length, cursor: next }
}

/** The next open conflicts that are not what their slots call for. `cursor` is empty at the start. */
export async function outdated(db: Database, { tenantId, now }: Asked, cursor: string): Promise<Page> {
  let query = db
    .selectFrom('conflicts')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('status', '=', 'open')
  if (cursor !== '') query = query.where('id', '>', cursor)
  const rows = await query.orderBy('id').limit(CONFLICTS).execute()
  const conflicts = (await readConflicts(db, rows)).filter(found => asOfNow(found, now).status === 'open')
  const claims = await claimsAt(db, { tenantId, now }, conflicts)
  const settled = await settlements(db, tenantId, [...claims.values()].flat())
  const disputes = conflicts.flatMap(open => {
    const own = claims.get(slotIdOf(open)) ?? []
    const wrong = mistake(open, own, settled(own))
    return wrong === null ? [] : [{ place: placeOfConflict(open), open, wrong }]
  })
  const cursorAfter = rows.length < CONFLICTS ? null : (rows.at(-1)?.id ?? null)
  return { disputes, seen: rows.length, cursor: cursorAfter }
}

function contradiction({ attribute_key }: SlotPlace, claims: readonly Claim[]): string {
  const said = claims.map(({ subject_kind, subject_id }) => `${subject_kind} ${subject_id}`)
  const more = said.length > 4 ? ` and ${said.length - 4} more` : ''
  return `${said.slice(0, 4).join(', ')}${more} contradict each other about ${claims[0]?.said_subject}.${attribute_key}, and no conflict is open`
}

/** What of an open conflict is not as its slot's claims call for; null where nothing is. */
function mistake(open: Conflict, claims: readonly Claim[], settled: Settled): string | null {
  const named = `the conflict ${open.id}`
  const disputed = contested(claims, settled)
  if (disputed.length === 0) return `${named} is open, and nothing contradicts`
  const members = new Map(open.members.map(member => [member.member_id, member]))
  const contesting = new Set(disputed)
  const taking = claims.filter(claim => contesting.has(claim) || members.has(claim.subject_id))
  for (const { subject_kind, subject_id, value_key, value, trust } of taking) {
    const member = members.get(subject_id)
    if (member === undefined) return `${named} has ${subject_kind} ${subject_id} not for a member`
    if (member.value_key !== value_key || member.value !== value || member.trust !== trust)
      return `${named} says something else of ${subject_kind} ${subject_id} than that claims`
  }
  return closingTime(taking, settled) === open.closes_at
    ? null
    : `${named} closes at another time than its claims`
}

/** Whole slots only, unless one is larger than a page: then pages of it follow until it is whole. */
async function claimPage(
  db: Database,
  tenantId: string,
  cursor: string,
): Promise<{ rows: ClaimTable[]; next: string | null }> {
  const rows: ClaimTable[] = []
  for (let after = cursor; ; ) {
    const page = await nextClaims(db, tenantId, after)
    rows.push(...page)
    const last = page.at(-1)
    if (last === undefined || page.length < CLAIMS) return { rows, next: null }
    const open = slotIdOf(placeOf(last))
    const begins = rows.findIndex(row => slotIdOf(placeOf(row)) === open)
    // The last slot may go on: it is read again with the next page.
    if (begins > 0) return { rows: rows.slice(0, begins), next: keyOf(rows[begins - 1]!) }
    after = keyOf(last)
  }
}

type Key = readonly [slot: string, attribute: string, project: string, owner: string, subject: string]

function keyOf({ slot_subject, attribute_key, project, owner_user_id, subject_id }: ClaimTable): string {
  return JSON.stringify([slot_subject, attribute_key, project, owner_user_id, subject_id] satisfies Key)
}

function nextClaims(db: Database, tenantId: string, after: string): Promise<ClaimTable[]> {
  let query = db.selectFrom('claims').selectAll().where('tenant_id', '=', tenantId)
  if (after !== '') {
    const values = (JSON.parse(after) as Key).map(value => sql`${value}`)
    query = query.where(
      sql<SqlBool>`(slot_subject, attribute_key, project, owner_user_id, subject_id) > (${sql.join(values)})`,
    )
  }
  return query
    .orderBy('slot_subject')
    .orderBy('attribute_key')
    .orderBy('project')
    .orderBy('owner_user_id')
    .orderBy('subject_id')
    .limit(CLAIMS)
    .execute()
}

function slotsOf(rows: readonly ClaimTable[], now: string): Slot[] {
  const slots = Map.groupBy(rows, row => slotIdOf(placeOf(row)))
  return [...slots.values()].map(own => ({
    place: placeOf(own[0]!),
    claims: own
      .map(toClaim)
      .filter(claim => !isExpired(claim, now))
      .sort(byRecording),
  }))
}

function differ(claims: readonly Claim[]): boolean {
  return new Set(claims.map(({ value_key }) => value_key)).size > 1
}

/** Gives, for claims of one slot, which of their pairs people have settled. */
async function settlements(
  db: Database,
  tenantId: string,
  claims: readonly Claim[],
): Promise<(of: readonly Claim[]) => Settled> {
  const ids = [...new Set(claims.map(({ subject_id }) => subject_id))]
  const rows = new Map<string, ConflictTable>()
  for (let start = 0; start < ids.length; start += CLAIMS) {
    const found = await db
      .selectFrom('conflict_members as m')
      .crossJoin('conflicts as c')
      .selectAll('c')
      .where('m.tenant_id', '=', tenantId)
      .where('m.member_id', 'in', ids.slice(start, start + CLAIMS))
      .whereRef('c.tenant_id', '=', 'm.tenant_id')
      .whereRef('c.id', '=', 'm.conflict_id')
      .where('c.resolution', 'in', ['kept_both', 'dismissed'])
      .execute()
    for (const row of found) rows.set(row.id, row)
  }
  const settled = await readConflicts(db, [...rows.values()])
  if (settled.length === 0) return () => []
  const byMember = new Map<string, Conflict[]>()
  for (const conflict of settled)
    for (const { member_id } of conflict.members)
      byMember.set(member_id, [...(byMember.get(member_id) ?? []), conflict])
  return of => settledBy([...new Set(of.flatMap(({ subject_id }) => byMember.get(subject_id) ?? []))])
}

/** The open conflicts of the slots, by slot, without those that an expiry has ended. */
async function openAt(db: Database, { tenantId, now }: Asked, slots: readonly Slot[]): Promise<Set<string>> {
  if (slots.length === 0) return new Set()
  const rows = await db
    .selectFrom('conflicts')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('slot_subject', 'in', [...new Set(slots.map(({ place }) => place.slot_subject))])
    .where('status', '=', 'open')
    .execute()
  const lasting = rows.filter(({ closes_at }) => closes_at === null || closes_at > now)
  return new Set(lasting.map(row => slotIdOf(row as unknown as SlotPlace)))
}

/** What is claimed in the slots of conflicts, by slot. */
async function claimsAt(
  db: Database,
  { tenantId, now }: Asked,
  conflicts: readonly Conflict[],
): Promise<Map<string, readonly Claim[]>> {
  if (conflicts.length === 0) return new Map()
  const rows = await db
    .selectFrom('claims')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('slot_subject', 'in', [...new Set(conflicts.map(({ slot_subject }) => slot_subject))])
    .execute()
  return new Map(slotsOf(rows, now).map(({ place, claims }) => [slotIdOf(place), claims]))
}

function placeOfConflict({ owner_user_id, project, slot_subject, attribute_key }: Conflict): SlotPlace {
  return { owner_user_id, project, slot_subject, attribute_key }
}
