/**
 * The digest of a whole store: two stores that hold the same have the same, on whichever engine.
 *
 * A row's hash is SHA-256 of its canonical text. A table's rows are combined by adding their hashes as 256-bit
 * big-endian integers modulo 2^256, so that the order of reading does not matter. (XOR would not do: two equal hashes
 * would cancel out, and a sum of them would be that of no rows.) A table's digest is SHA-256 of
 * `<table>:<rows>:<sum in 64 hexadecimal digits>`; the store's is SHA-256 of the canonical JSON of `{table: digest}`
 * over the tables that have rows, so that a new, empty table changes nothing.
 *
 * The state digest covers what is known; the full digest also the journal with its payloads, use and `updated_at`.
 */
import { canonicalJson, sha256, sha256Binary } from '../../model/digest.ts'
import type { Database } from '../engine.ts'
import { mustNotBeAborted } from '../waiting.ts'
import { canonicalRow, canonicalRows } from './canonical-row.ts'
import { type Row, rowsOf } from './rows.ts'
import { DIGESTED, type TableName, type TableSpec } from './tables.ts'

export interface TableDigest {
  readonly rows: number
  /** Null where the table is not part of the state. */
  readonly state: string | null
  readonly full: string
}

export interface StoreDigest {
  readonly state: string
  readonly full: string
  /** Every digested table, those without rows too. */
  readonly tables: Readonly<Record<string, TableDigest>>
}

export interface DigestOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with the rows read so far. */
  readonly progress?: ((rows: number) => void) | undefined
  /** Reads these tables only; the others count as empty. */
  readonly only?: readonly TableName[] | undefined
}

/** `present` names the tables that the database has; a table that it lacks counts as empty. */
export async function storeDigest(
  db: Database,
  present: ReadonlySet<string>,
  { signal, progress, only }: DigestOptions = {},
): Promise<StoreDigest> {
  const sum = new DigestSum()
  let read = 0
  for (const spec of DIGESTED) {
    if (!present.has(spec.name) || only?.includes(spec.name) === false) continue
    for await (const rows of rowsOf(db, spec)) {
      for (const row of rows) sum.add(spec, row)
      read += rows.length
      progress?.(read)
      // A database in this process answers at once: without this nobody could cancel.
      await letOthersRun()
      mustNotBeAborted(signal)
    }
  }
  return sum.end()
}

function letOthersRun(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** Takes rows in any order, from a database or from elsewhere. */
export class DigestSum {
  readonly #tables = new Map(DIGESTED.map(spec => [spec.name, new TableSum(spec)]))

  /** Gives the row's full canonical text, which was made on the way. */
  add(spec: TableSpec, row: Row): string {
    return this.#tables.get(spec.name)!.add(row)
  }

  end(): StoreDigest {
    const tables = [...this.#tables].map(([name, sum]) => [name, sum.end()] as const)
    const filled = tables.filter(([, { rows }]) => rows > 0)
    const over = (cover: 'state' | 'full') =>
      sha256(
        canonicalJson(
          Object.fromEntries(
            filled.map(([name, digest]) => [name, digest[cover]]).filter(([, digest]) => digest !== null),
          ),
        ),
      )
    return { state: over('state'), full: over('full'), tables: Object.fromEntries(tables) }
  }
}

class TableSum {
  readonly #spec: TableSpec
  readonly #full = new HashSum()
  readonly #state = new HashSum()
  readonly #differ: boolean
  #rows = 0

  constructor(spec: TableSpec) {
    this.#spec = spec
    this.#differ = spec.inState && spec.notInState.length > 0
  }

  add(row: Row): string {
    this.#rows++
    if (!this.#differ) {
      const text = canonicalRow(this.#spec, row, 'full')
      this.#full.add(sha256Binary(text))
      return text
    }
    const { full, state } = canonicalRows(this.#spec, row)
    this.#full.add(sha256Binary(full))
    this.#state.add(sha256Binary(state))
    return full
  }

  end(): TableDigest {
    const { name, inState } = this.#spec
    const digest = (sum: HashSum) => sha256(`${name}:${this.#rows}:${sum.hex()}`)
    const full = digest(this.#full)
    return { rows: this.#rows, state: inState ? (this.#differ ? digest(this.#state) : full) : null, full }
  }
}

const LANES = 8
const LANE = 2 ** 32

/** Hashes between two carryings: as many lanes of 32 bits can be added before a number loses its last bit. */
const BETWEEN_CARRIES = 2 ** 20

/** A sum modulo 2^256, in lanes of 32 bits, the highest first: a BigInt a row would take longer than its hash. */
class HashSum {
  readonly #lanes = new Float64Array(LANES)
  #uncarried = 0

  /** `hash` is 32 characters of one byte each. */
  add(hash: string): void {
    const lanes = this.#lanes
    for (let lane = 0, at = 0; lane < LANES; lane++, at += 4) {
      const low = (hash.charCodeAt(at + 1) << 16) | (hash.charCodeAt(at + 2) << 8) | hash.charCodeAt(at + 3)
      lanes[lane]! += hash.charCodeAt(at) * 0x1000000 + low
    }
    if (++this.#uncarried >= BETWEEN_CARRIES) this.#carry()
  }

  hex(): string {
    this.#carry()
    return [...this.#lanes].map(lane => lane.toString(16).padStart(8, '0')).join('')
  }

  #carry(): void {
    let carry = 0
    for (let lane = LANES - 1; lane >= 0; lane--) {
      const sum = this.#lanes[lane]! + carry
      this.#lanes[lane] = sum % LANE
      carry = Math.floor(sum / LANE)
    }
    this.#uncarried = 0
  }
}
