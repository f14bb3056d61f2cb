/** Reads the journal and proves its chain. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import {
  type BrokenLink,
  CHAIN_START,
  type ChainHead,
  firstBrokenLink,
  type JournalEntry,
} from '../model/journal.ts'
import { toReceipt } from '../model/receipt.ts'
import type { Database } from './engine.ts'
import type { JournalTable } from './tables.ts'

/** An entry with what was before and after, or null where that was erased. */
export interface JournalRecord extends JournalEntry {
  readonly payload: JournalPayload | null
}

export interface JournalPayload {
  readonly before: unknown
  readonly after: unknown
  /** What was taken away and is nowhere else any more: a version that was undone, with its text. */
  readonly kept?: unknown
  /** Sequence of the entry that this one takes back. */
  readonly undoes?: number
  /** Which of how many entries of its transaction it is, from 0; absent for the only one. */
  readonly of?: readonly [number, number]
}

export interface JournalQuery {
  readonly limit: number
  /** Entries before this sequence number only. */
  readonly before?: number | undefined
  readonly subject_id?: string | undefined
  /** Entries about any of these. */
  readonly subject_ids?: readonly string[] | undefined
  readonly subject_kind?: string | undefined
  readonly operation?: string | undefined
  readonly actor_kind?: string | undefined
  readonly after_time?: string | undefined
  readonly before_time?: string | undefined
}

export interface Verification {
  readonly entries: number
  readonly head: string
  readonly broken: BrokenLink | null
}

const VERIFY_BATCH = 2000

export class JournalReader {
  readonly #db: Database
  readonly #tenantId: string

  constructor(db: Database, principal: Principal) {
    this.#db = db
    this.#tenantId = principal.tenant_id
  }

  /** Newest first: as they were chained or, where a time leads to them, by their time. */
  async entries(query: JournalQuery): Promise<JournalRecord[]> {
    const lead = leadOf(query)
    let select = this.#select().limit(query.limit)
    if (lead === 'at') select = select.orderBy('j.at', 'desc')
    select = select.orderBy('j.sequence', 'desc').where(eb => eb.and(narrowing(query, lead)))
    if (query.before !== undefined)
      select =
        lead === 'at'
          ? select.where(this.#earlierThan(query.before))
          : select.where('j.sequence', '<', query.before)
    const ids = idsOf(query)
    if (ids !== null) select = select.where('j.sequence', 'in', this.#about(ids))
    const rows = await select.execute()
    return rows.map(toRecord)
  }

  /** Entries in the order in which they were made, from one sequence number on. */
  async range(first: number, entries: number): Promise<JournalRecord[]> {
    const rows = await this.#select()
      .where('j.sequence', '>=', first)
      .where('j.sequence', '<', first + entries)
      .orderBy('j.sequence')
      .execute()
    return rows.map(toRecord)
  }

  /** What was told of a record after an entry, newest first. */
  async since(subjectKind: string, subjectId: string, sequence: number): Promise<JournalRecord[]> {
    const rows = await this.#select()
      .where('j.subject_kind', '=', subjectKind)
      .where('j.subject_id', '=', subjectId)
      .where('j.sequence', '>', sequence)
      .orderBy('j.sequence', 'desc')
      .execute()
    return rows.map(toRecord)
  }

  /** How a record came to be: the first that was told of it. Null where nothing was. */
  async firstAbout(subjectKind: string, subjectId: string): Promise<JournalRecord | null> {
    const row = await this.#select()
      .where('j.subject_kind', '=', subjectKind)
      .where('j.subject_id', '=', subjectId)
      .orderBy('j.sequence')
      .limit(1)
      .executeTakeFirst()
    return row === undefined ? null : toRecord(row)
  }

  /** What takes back all that was changed together with this entry. Null where its payload was erased. */
  async receiptOf(entry: JournalRecord): Promise<string | null> {
    return (await this.receiptsOf([entry])).get(entry.sequence) ?? null
  }

  /** As `receiptOf`, by the entries' sequences. */
  async receiptsOf(entries: readonly JournalRecord[]): Promise<Map<number, string>> {
    const known = new Map(entries.map(entry => [entry.sequence, entry.hash]))
    const places = entries.flatMap(({ sequence, payload }) => {
      const [index, of] = payload?.of ?? [0, 1]
      return payload === null ? [] : [{ sequence, first: sequence - index, of }]
    })
    const missing = [...new Set(places.map(({ first }) => first))].filter(first => !known.has(first))
    if (missing.length > 0) {
      const rows = await this.#db
        .selectFrom('journal')
        .select(['sequence', 'hash'])
        .where('tenant_id', '=', this.#tenantId)
        .where('sequence', 'in', missing)
        .execute()
      for (const { sequence, hash } of rows) known.set(sequence, hash)
    }
    return new Map(
      places.flatMap(({ sequence, first, of }) => {
        const hash = known.get(first)
        return hash === undefined ? [] : [[sequence, toReceipt({ sequence: first, hash }, of)] as const]
      }),
    )
  }

  /** Walks the whole chain and stops at the first link that does not hold. */
  async verify(): Promise<Verification> {
    let head: ChainHead = { sequence: 0, hash: CHAIN_START }
    for (;;) {
      const rows = await this.#select()
        .where('j.sequence', '>', head.sequence)
        .orderBy('j.sequence')
        .limit(VERIFY_BATCH)
        .execute()
      const last = rows.at(-1)
      if (last === undefined) return { entries: head.sequence, head: head.hash, broken: null }
      const links = rows.map(row => ({
        entry: toEntry(row),
        payload: row.salt === null || row.payload === null ? null : { salt: row.salt, text: row.payload },
      }))
      const broken = firstBrokenLink(head, links)
      if (broken !== null) return { entries: head.sequence, head: head.hash, broken }
      head = { sequence: last.sequence, hash: last.hash }
    }
  }

  #earlierThan(sequence: number) {
    const place = sql`select at, sequence from journal where tenant_id = ${this.#tenantId} and sequence = ${sequence}`
    return sql<SqlBool>`(j.at, j.sequence) < (${place})`
  }

  /** Apart from the order that is asked for: in that order SQLite would look at every entry. */
  #about(ids: readonly string[]) {
    return this.#db
      .selectFrom('journal as s')
      .select('s.sequence')
      .where('s.tenant_id', '=', this.#tenantId)
      .where('s.subject_id', 'in', ids)
  }

  #select() {
    return this.#db
      .selectFrom('journal as j')
      .leftJoin('journal_payloads as p', join =>
        join.onRef('p.tenant_id', '=', 'j.tenant_id').onRef('p.sequence', '=', 'j.sequence'),
      )
      .selectAll('j')
      .select(['p.salt', 'p.payload'])
      .where('j.tenant_id', '=', this.#tenantId)
  }
}

/** Where every chain stands, as one text: it moves with every change of anything that is journalled. */
export async function journalHead(db: Database): Promise<string> {
  const tenants = await db.selectFrom('tenants').select('tenant_id').orderBy('tenant_id').execute()
  const heads: string[] = []
  for (const { tenant_id } of tenants) {
    const head = await db
      .selectFrom('journal')
      .select(['sequence', 'hash'])
      .where('tenant_id', '=', tenant_id)
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst()
    heads.push(`${tenant_id} ${head?.sequence ?? 0} ${head?.hash ?? ''}`)
  }
  return heads.join('\n')
}

type Lead = 'subject_id' | 'subject_kind' | 'operation' | 'at' | 'actor_kind'

function idsOf({ subject_id, subject_ids }: JournalQuery): readonly string[] | null {
  return subject_id === undefined ? (subject_ids ?? null) : [subject_id]
}

/** Which of the filters leads to the entries, by its index: what few entries are about, before what many are. */
function leadOf(query: JournalQuery): Lead | null {
  if (idsOf(query) !== null) return 'subject_id'
  if (query.subject_kind !== undefined && query.subject_kind !== 'memory') return 'subject_kind'
  if (query.operation !== undefined) return 'operation'
  if (query.after_time !== undefined || query.before_time !== undefined) return 'at'
  return query.actor_kind === undefined ? null : 'actor_kind'
}

function narrowing(query: JournalQuery, lead: Lead | null): RawBuilder<SqlBool>[] {
  // As the bare column only what leads: knowing no statistics, SQLite would go by any of the indexes.
  const column = (name: Lead) => {
    const bare = sql.ref(`j.${name}`)
    return name === lead ? bare : sql`coalesce(${bare}, ${bare})`
  }
  const found: RawBuilder<SqlBool>[] = []
  for (const field of ['subject_kind', 'operation', 'actor_kind'] as const) {
    if (query[field] !== undefined) found.push(sql`${column(field)} = ${query[field]}`)
  }
  // Word for word what the index is limited to.
  if (lead === 'subject_kind') found.push(sql`j.subject_kind <> 'memory'`)
  if (query.after_time !== undefined) found.push(sql`${column('at')} >= ${query.after_time}`)
  if (query.before_time !== undefined) found.push(sql`${column('at')} < ${query.before_time}`)
  return found
}

function toEntry(row: JournalTable): JournalEntry {
  return {
    sequence: row.sequence,
    at: row.at,
    actor_kind: row.actor_kind as JournalEntry['actor_kind'],
    actor_user_id: row.actor_user_id,
    client: row.client,
    session: row.session,
    operation: row.operation,
    subject_kind: row.subject_kind,
    subject_id: row.subject_id,
    note: row.note,
    payload_digest: row.payload_digest,
    previous_hash: row.previous_hash,
    hash: row.hash,
  }
}

function toRecord(row: JournalTable & { payload: string | null }): JournalRecord {
  return {
    ...toEntry(row),
    payload: row.payload === null ? null : (JSON.parse(row.payload) as JournalPayload),
  }
}
