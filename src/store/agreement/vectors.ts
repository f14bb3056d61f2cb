/** Vectors against the texts that they are of. */
import type { Memory } from '../../model/memory.ts'
import type { Space } from '../../model/space.ts'
import { disagreements, lostVectors } from '../embedding-agreement.ts'
import { type Embedded, isEmbedded } from '../embedding-queue.ts'
import type { Database, Engine } from '../engine.ts'
import { spacesOf } from '../spaces.ts'
import type { Checking } from './findings.ts'

/** Entities a comparison. */
const BATCH = 200

export class VectorCheck {
  readonly #db: Database
  readonly #engine: Engine
  readonly #checking: Checking
  #spaces: readonly Space[] | null = null

  constructor(db: Database, engine: Engine, checking: Checking) {
    this.#db = db
    this.#engine = engine
    this.#checking = checking
  }

  /** Memories as they are at present. */
  async add(memories: readonly Memory[]): Promise<void> {
    await this.#compare(
      'memory',
      memories.filter(isEmbedded).map(({ id }) => id),
    )
  }

  /** After the last: entities, and vectors of what is not there. */
  async end(): Promise<void> {
    const { tenantId, findings } = this.#checking
    for (let after = ''; ; ) {
      let query = this.#db.selectFrom('entities').select(['id', 'status']).where('tenant_id', '=', tenantId)
      if (after !== '') query = query.where('id', '>', after)
      const rows = await query.orderBy('id').limit(BATCH).execute()
      await this.#compare(
        'entity',
        rows.filter(isEmbedded).map(({ id }) => id),
      )
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.id
    }
    for (const space of await this.#all())
      for (const id of await lostVectors(this.#db, space))
        findings.add('vectors', `${id} is gone, its vector in ${space.name} is still there`)
  }

  async #compare(subject: Embedded, ids: readonly string[]): Promise<void> {
    const { tenantId: tenant_id, findings } = this.#checking
    for (const space of await this.#all())
      for (const { problem } of await disagreements(this.#db, { space, tenant_id }, { subject, ids }))
        findings.add('vectors', problem)
  }

  async #all(): Promise<readonly Space[]> {
    this.#spaces ??= await spacesOf(this.#db, this.#engine, this.#checking.tenantId)
    return this.#spaces
  }
}
