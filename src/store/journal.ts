/**
 * Writes the journal: one hash chain per tenant, chained inside the transaction whose changes it tells. A write handle
 * collects what was changed and chains it last, so that writers wait for each other only while they commit.
 */
import type { Principal } from '../model/access.ts'
import { assertBug } from '../model/errors.ts'
import { CHAIN_START, type ChainHead, entryHash, payloadDigest, type Stamp } from '../model/journal.ts'
import { toReceipt } from '../model/receipt.ts'
import type { Database, Engine, Stamps } from './engine.ts'
import { mustBeUnchanged } from './stamps.ts'
import type { JournalTable } from './tables.ts'

/** What an entry says besides who changed what. */
export interface Remark {
  readonly kept?: unknown
  /** Where something follows by itself from what somebody did: then nobody did it. */
  readonly as?: { readonly operation: string; readonly note: string } | undefined
  /** Why this was changed, where that is not why the rest was. */
  readonly note?: string | undefined
  /** Sequence of the entry that is taken back. */
  readonly undoes?: number | undefined
}

interface Change {
  readonly subjectKind: string
  readonly subjectId: string
  readonly payload: string
  readonly as: Remark['as']
  readonly note: string | undefined
}

export class JournalWriter {
  readonly #db: Database
  readonly #engine: Engine
  readonly #principal: Principal
  readonly #stamp: Stamp
  readonly #salt: () => string
  readonly #stamps: Stamps | null
  readonly #changes: Change[] = []
  #meanwhile: Pick<Remark, 'note' | 'undoes'> = {}
  #receipt: string | null = null

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
  record(
    subjectKind: string,
    subjectId: string,
    before: unknown,
    after: unknown,
    { kept, as, note = this.#meanwhile.note, undoes = this.#meanwhile.undoes }: Remark = {},
  ): void {
    const besides = { ...(kept === undefined ? {} : { kept }), ...(undoes === undefined ? {} : { undoes }) }
    this.#changes.push({
      subjectKind,
      subjectId,
      payload: JSON.stringify({ before, after, ...besides }),
      as,
      note,
    })
  }

  /** What is noted during the work says so besides. */
  async during<T>(remark: Pick<Remark, 'note' | 'undoes'>, work: () => Promise<T>): Promise<T> {
    const outer = this.#meanwhile
    this.#meanwhile = remark
    try {
      return await work()
    } finally {
      this.#meanwhile = outer
    }
  }

  /** What takes back all that was chained, as one text; null where nothing was changed. */
  get receipt(): string | null {
    return this.#receipt
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
    const changes = this.#changes.splice(0)
    for (const [index, change] of changes.entries()) {
      sequence++
      const salt = this.#salt()
      const payload = placed(change.payload, index, changes.length)
      const entry = {
        sequence,
        ...this.#stamp,
        ...(change.note === undefined ? {} : { note: change.note }),
        ...(change.as === undefined ? {} : { ...change.as, actor_kind: 'system' as const }),
        actor_user_id: this.#principal.user_id,
        subject_kind: change.subjectKind,
        subject_id: change.subjectId,
        payload_digest: payloadDigest(salt, payload),
        previous_hash: hash,
      }
      hash = entryHash(entry)
      rows.push({ tenant_id, ...entry, hash })
      payloads.push({ tenant_id, sequence, salt, payload })
    }
    this.#receipt = toReceipt(rows[0]!, rows.length)
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

/** A payload with its place among those of its transaction, so that any of them leads to the receipt of all. */
function placed(payload: string, index: number, of: number): string {
  return of === 1 ? payload : `${payload.slice(0, -1)},"of":[${index},${of}]}`
}
