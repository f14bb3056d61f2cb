/** Records whose journal holds all of them: what it tells, entry on entry, must be what is there. */
import { sql } from 'kysely'
import type { Member } from '../../model/conflict.ts'
import { canonicalJson } from '../../model/digest.ts'
import { type ConflictSide, changed } from '../conflict-entries.ts'
import type { Database } from '../engine.ts'
import type { Checking } from './findings.ts'

const ENTRIES = 500

/** So many records of a kind that are gone are told of. */
const MOST = 100

export type RecordKind = 'entity' | 'relationship' | 'graduation' | 'conflict'

type State = Record<string, unknown>

interface Told {
  /** Null where the last entry says that it is gone. */
  state: State | null
  /** Whether every payload since it came was there: then a field that is not told of is a mistake. */
  whole: boolean
}

/** Compares records, by the ids that the journal knows them by, with what it tells of them. */
export async function checkAccounts(
  db: Database,
  { kind, records }: { readonly kind: RecordKind; readonly records: ReadonlyMap<string, object> },
  { tenantId, findings }: Checking,
): Promise<void> {
  const told = await accountsOf(db, tenantId, { kind, ids: [...records.keys()] })
  for (const [id, record] of records) {
    const account = told.get(id)
    if (account === undefined) findings.add('journal', `it does not tell of the ${kind} ${id}`)
    else if (account.state === null) findings.add('journal', `it says that the ${kind} ${id} is gone`)
    else {
      const wrong = differences(record, account)
      if (wrong.length > 0)
        findings.add('journal', `${kind} ${id} is not as journalled in ${wrong.join(', ')}`)
    }
  }
}

/** Records that the journal tells of last, and which are not there. `present` gives those of some ids that are. */
export async function checkGone(
  db: Database,
  { kind, present }: { kind: RecordKind; present: (ids: readonly string[]) => Promise<ReadonlySet<string>> },
  { tenantId, findings }: Checking,
): Promise<void> {
  let left = MOST
  for (let after = ''; left > 0; ) {
    const subjects = await db
      .selectFrom('journal')
      .select('subject_id')
      .distinct()
      .where('tenant_id', '=', tenantId)
      .where('subject_kind', '=', kind)
      .where('subject_id', '>', after)
      .orderBy('subject_id')
      .limit(ENTRIES)
      .execute()
    const ids = subjects.map(({ subject_id }) => subject_id)
    const last = ids.at(-1)
    if (last === undefined) return
    after = last
    const there = await present(ids)
    const gone = ids.filter(id => !there.has(id))
    const told = await accountsOf(db, tenantId, { kind, ids: gone })
    // One whose payloads were erased may have been taken back in any of them.
    for (const id of gone.filter(one => told.get(one)?.state !== null && told.get(one)?.whole === true)) {
      findings.add('journal', `it tells of the ${kind} ${id}, which is gone`)
      left--
    }
  }
}

async function accountsOf(
  db: Database,
  tenantId: string,
  { kind, ids }: { readonly kind: RecordKind; readonly ids: readonly string[] },
): Promise<Map<string, Told>> {
  const told = new Map<string, Told>()
  if (ids.length === 0) return told
  for (let last: { subject_id: string; sequence: number } | undefined; ; ) {
    let query = db
      .selectFrom('journal as j')
      .leftJoin('journal_payloads as p', join =>
        join.onRef('p.tenant_id', '=', 'j.tenant_id').onRef('p.sequence', '=', 'j.sequence'),
      )
      .select(['j.subject_id', 'j.sequence', 'p.payload'])
      .where('j.tenant_id', '=', tenantId)
      .where('j.subject_kind', '=', kind)
      .where('j.subject_id', 'in', ids)
    if (last)
      query = query.where(sql<boolean>`(j.subject_id, j.sequence) > (${last.subject_id}, ${last.sequence})`)
    // In the order of an index that leads to the subjects.
    const rows = await query.orderBy('j.subject_id').orderBy('j.sequence').limit(ENTRIES).execute()
    last = rows.at(-1)
    if (last === undefined) return told
    for (const { subject_id, payload } of rows) told.set(subject_id, next(told.get(subject_id), payload))
  }
}

/** Nothing that was said before an erased payload is sure to hold after it, until all is said again. */
function next(before: Told | undefined, payload: string | null): Told {
  const entry = parsed(payload)
  if (entry === null) return { state: {}, whole: false }
  const { before: was, after } = entry
  if (after === null) return { state: null, whole: true }
  if (was === null || before === undefined || before.state === null)
    return { state: { ...after }, whole: was === null }
  return { state: changedBy(before.state, was, after), whole: before.whole }
}

/** Of a conflict a change tells only of the members that are others by it. */
function changedBy(state: State, was: State & ConflictSide, after: State & ConflictSide): State {
  const { other_members: _members, ...fields } = after
  const members = state.members as readonly Member[] | undefined
  if (members === undefined) return { ...state, ...fields }
  return { ...state, members: changed(members, was, after), ...fields }
}

function parsed(payload: string | null): { before: State | null; after: State | null } | null {
  if (payload === null) return null
  try {
    return JSON.parse(payload) as { before: State | null; after: State | null }
  } catch {
    // The chain tells of a payload that is not what was hashed.
    return null
  }
}

function differences(record: object, { state, whole }: Told): string[] {
  return Object.entries(record).flatMap(([field, value]) => {
    const told = state?.[field]
    if (told === undefined && !whole) return []
    return told !== undefined && canonicalJson(ordered(told)) === canonicalJson(ordered(value)) ? [] : [field]
  })
}

/** Members of a conflict have no order of their own. */
function ordered(value: unknown): unknown {
  const isOfRows = Array.isArray(value) && value.every(one => typeof one === 'object' && one !== null)
  return isOfRows ? value.map(one => canonicalJson(one)).sort() : value
}
