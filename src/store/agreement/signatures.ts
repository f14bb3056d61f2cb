/** The index of near-duplicates against the memories that it is made of. */
import type { Database } from '../engine.ts'
import type { Checking } from './findings.ts'
import type { Line } from './line.ts'

/** Memories a comparison. The index is not ordered by memory, so that each comparison reads all of it. */
const WINDOW = 10_000

export class SignatureCheck {
  readonly #db: Database
  readonly #checking: Checking
  readonly #expected = new Set<string>()
  #memories = 0
  #after = ''

  constructor(db: Database, checking: Checking) {
    this.#db = db
    this.#checking = checking
  }

  /** Lines come in the order of their ids. */
  async add(lines: readonly Line[]): Promise<void> {
    for (const { id, signature } of lines) for (const part of signature) this.#expected.add(`${id} ${part}`)
    this.#memories += lines.length
    if (this.#memories >= WINDOW) await this.#compare(lines.at(-1)?.id)
  }

  async end(): Promise<void> {
    await this.#compare(undefined)
  }

  async #compare(last: string | undefined): Promise<void> {
    // A cross join, since SQLite keeps to its order: from memories to signatures there is no index, and left to
    // itself it reads all of these for each memory (15 s a comparison against 0.1 s at 100,000 memories).
    let query = this.#db
      .selectFrom('keyword_signatures as s')
      .crossJoin('keyword_documents as d')
      .select(['d.memory_id', 's.signature'])
      .whereRef('d.doc', '=', 's.doc')
      .where('d.tenant_id', '=', this.#checking.tenantId)
    if (this.#after !== '') query = query.where('d.memory_id', '>', this.#after)
    if (last !== undefined) query = query.where('d.memory_id', '<=', last)
    const { findings } = this.#checking
    const foreign = new Set<string>()
    for (const { memory_id, signature } of await query.execute()) {
      if (!this.#expected.delete(`${memory_id} ${signature}`)) foreign.add(memory_id)
    }
    const missing = new Set([...this.#expected].map(pair => pair.slice(0, pair.indexOf(' '))))
    for (const id of missing) findings.add('near-duplicates', `a signature of ${id} is missing`)
    for (const id of foreign) findings.add('near-duplicates', `a signature of ${id} is not one of its text`)
    this.#expected.clear()
    this.#memories = 0
    this.#after = last ?? this.#after
  }
}
