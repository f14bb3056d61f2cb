/**
 * Counts the use of memories and keeps what context was given, in batches, off the way of whoever asks: a read only
 * notes, and notes are written when there are many of them or the store closes. Losing a count to a crash is
 * acceptable; slowing a read is not.
 */
import type { Principal } from '../model/access.ts'
import type { Engine, Stamps } from './engine.ts'
import { keepPacks, type Pack } from './packs.ts'
import { mustBeUnchanged, presentStamps } from './stamps.ts'

const NOTED_BEFORE_WRITING = 256
const PACKS_BEFORE_WRITING = 32

/** How long a batch waits for another writer, in ms, before its counts are let go. */
const PATIENCE = 300

interface Use {
  count: number
  last: string
}

export class UsageWriter {
  readonly #engine: Engine
  readonly #stamps: Stamps | null
  #noted = new Map<string, Map<string, Use>>()
  #packs = new Map<string, Pack[]>()
  #writing: Promise<void> = Promise.resolve()

  /** `stamps` are those that the store was opened with: counts are let go where another build has changed it since. */
  constructor(engine: Engine, stamps: Stamps | null) {
    this.#engine = engine
    this.#stamps = stamps
  }

  note({ tenant_id }: Principal, ids: readonly string[], at: string): void {
    const uses = this.#noted.get(tenant_id) ?? new Map<string, Use>()
    this.#noted.set(tenant_id, uses)
    for (const id of ids) uses.set(id, { count: (uses.get(id)?.count ?? 0) + 1, last: at })
    if (uses.size >= NOTED_BEFORE_WRITING) void this.flush()
  }

  /** Keeps what context was given, for replay. */
  keep({ tenant_id }: Principal, pack: Pack): void {
    const packs = this.#packs.get(tenant_id) ?? []
    this.#packs.set(tenant_id, packs)
    packs.push(pack)
    if (packs.length >= PACKS_BEFORE_WRITING) void this.flush()
  }

  /** Writes what was noted. Where the store cannot be written to, it is let go. */
  flush(): Promise<void> {
    const [noted, packs] = [this.#noted, this.#packs]
    if (noted.size === 0 && packs.size === 0) return this.#writing
    this.#noted = new Map()
    this.#packs = new Map()
    this.#writing = this.#writing.then(() => this.#write(noted, packs)).catch(() => undefined)
    return this.#writing
  }

  async #write(noted: Map<string, Map<string, Use>>, packs: Map<string, Pack[]>): Promise<void> {
    await this.#engine.write(async db => {
      if (this.#stamps !== null) {
        mustBeUnchanged(this.#stamps, await presentStamps(db), this.#engine.location)
      }
      for (const [tenant_id, given] of packs) await keepPacks(db, { engine: this.#engine, tenant_id }, given)
      for (const [tenant, uses] of noted) {
        // In the order of ids, so that two processes never wait for each other in a circle.
        for (const [id, { count, last }] of [...uses].sort(([a], [b]) => (a < b ? -1 : 1))) {
          await db
            .updateTable('memories')
            .set(eb => ({ reference_count: eb('reference_count', '+', count), last_referenced_at: last }))
            .where('tenant_id', '=', tenant)
            .where('id', '=', id)
            .execute()
        }
      }
    }, AbortSignal.timeout(PATIENCE))
  }
}
