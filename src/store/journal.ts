/**
 * The journal: one hash chain per tenant, written inside the transaction whose changes it tells. A write handle
 * collects what was changed and chains it last, so that writers wait for each other only while they commit.
 */
import type { Principal } from '../model/access.ts'
import { assertBug } from '../model/errors.ts'
import {
  type BrokenLink,
  CHAIN_START,
  type ChainHead,
  entryHash,
  firstBrokenLink,
  type JournalEntry,
  payloadDigest,
  type Stamp,
} from '../model/journal.ts'
import type { Database, Engine, Stamps } from './engine.ts'
import { mustBeUnchanged } from './stamps.ts'
import type { JournalTable } from './tables.ts'

/** An entry with what was before and after, or null where that was erased. */
export interface JournalRecord extends JournalEntry {
  readonly payload: { readonly before: unknown; readonly after: unknown } | null
}

export interface JournalQuery {
  readonly limit: number
  /** Entries before this sequence number only. */
  readonly before?: number | undefined
  readonly subject_id?: string | undefined
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

  /** Newest first. */
  async entries(query: JournalQuery): Promise<JournalRecord[]> {
    let select = this.#select().orderBy('j.sequence', 'desc').limit(query.limit)
    if (query.before !== undefined) select = select.where('j.sequence', '<', query.before)
    for (const field of ['subject_id', 'subject_kind', 'operation', 'actor_kind'] as const) {
      const value = query[field]
      if (value !== undefined) select = select.where(`j.${field}`, '=', value)
    }
    if (query.after_time !== undefined) select = select.where('j.at', '>=', query.after_time)
    if (query.before_time !== undefined) select = select.where('j.at', '<', query.before_time)
    const rows = await select.execute()
    return rows.map(row => ({
      ...toEntry(row),
      payload: row.payload === null ? null : (JSON.parse(row.payload) as JournalRecord['payload']),
    }))
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

interface Change {
  readonly subjectKind: string
  readonly subjectId: string
  readonly payload: string
}

export class JournalWriter {
  readonly #db: Database
  readonly #engine: Engine
  readonly #principal: Principal
  readonly #stamp: Stamp
  readonly #salt: () => string
  readonly #stamps: Stamps | null
  readonly #changes: Change[] = []

  constructor(
    db: Database,
    engine: Engine,
    about: { principal: Principal; stamp: Stamp; salt: () => string; stamps?: Stamps | null },
  ) {
    this.#db = db
    this.#engine = engine
    this.#principal = about.principal
    this.#stamp = about.stamp
    this.#salt = about.salt
    this.#stamps = about.stamps ?? null
  }

  /** Notes one change of one record; called by the writer of that record and by nobody else. */
  record(subjectKind: string, subjectId: string, before: unknown, after: unknown): void {
    this.#changes.push({ subjectKind, subjectId, payload: JSON.stringify({ before, after }) })
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0
  }

  /** Chains what was noted to the journal's head. The lock it takes is the transaction's last. */
  async flush(): Promise<void> {
    if (this.isEmpty) return
    const tenant_id = this.#principal.tenant_id
    const stamps = await this.#engine.lockJournal(this.#db, tenant_id)
    if (this.#stamps !== null) mustBeUnchanged(this.#stamps, stamps, this.#engine.location)
    let { sequence, hash } = await this.#head()
    const rows: JournalTable[] = []
    const payloads: { tenant_id: string; sequence: number; salt: string; payload: string }[] = []
    for (const change of this.#changes.splice(0)) {
      sequence++
      const salt = this.#salt()
      const entry = {
        sequence,
        ...this.#stamp,
        actor_user_id: this.#principal.user_id,
        subject_kind: change.subjectKind,
        subject_id: change.subjectId,
        payload_digest: payloadDigest(salt, change.payload),
        previous_hash: hash,
      }
      hash = entryHash(entry)
      rows.push({ tenant_id, ...entry, hash })
      payloads.push({ tenant_id, sequence, salt, payload: change.payload })
    }
    await this.#engine.statements.insert(this.#db, 'journal', rows as never)
    await this.#engine.statements.insert(this.#db, 'journal_payloads', payloads)
  }

  async #head(): Promise<ChainHead> {
    const [row] = await this.#engine.statements.run(
      this.#db,
      'journal head',
      () =>
        this.#db
          .selectFrom('journal')
          .select(['sequence', 'hash'])
          .where('tenant_id', '=', '')
          .orderBy('sequence', 'desc')
          .limit(1),
      [this.#principal.tenant_id, 1],
    )
    if (row === undefined) return { sequence: 0, hash: CHAIN_START }
    assertBug(row.sequence >= 1, 'a journal that counts from below one')
    return row
  }
}
