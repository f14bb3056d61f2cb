/** What is near to a query by its meaning, as one principal may see it. */
import { sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import type { Space } from '../model/space.ts'
import { cosineOfHalves } from '../model/vector.ts'
import { type Coverage, coverageOf } from './embedding-coverage.ts'
import { isDemanded } from './embedding-demand.ts'
import { embeddingProblem } from './embedding-problem.ts'
import { type EmbeddedText, embeddedTexts } from './embedding-texts.ts'
import type { Database, Engine, KeywordPart } from './engine.ts'
import type { MemoryFilter, VersionTable } from './memory-filter.ts'
import type { IndexState, VectorHit } from './vector-engine.ts'

export interface NearestRequest {
  readonly space: Space
  /** Of length 1. */
  readonly vector: Float32Array
  readonly limit: number
  readonly part: KeywordPart
  /** Null where any live memory will do. */
  readonly filter: { readonly table: VersionTable; readonly fields: MemoryFilter } | null
}

export class VectorReader {
  readonly #db: Database
  readonly #principal: Principal
  readonly #engine: Engine

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.#db = db
    this.#principal = principal
    this.#engine = engine
  }

  /** Why vectors cannot be searched here, with the remedy; null where they can. */
  obstacle(): Promise<string | null> {
    return this.#engine.vectors.obstacle(this.#db)
  }

  /** The nearest that may be seen, nearest first. */
  nearest({ space, vector, limit, part, filter }: NearestRequest): Promise<VectorHit[]> {
    const { tenant_id, user_id } = this.#principal
    const scope = { part, tenant_id, owner_user_id: user_id, filter }
    return this.#engine.vectors.nearest(this.#db, { ...scope, space, vector, limit })
  }

  /** Cosines of some memories' or entities' vectors with one of length 1; those without a vector are left out. */
  async similarities(
    space: Space,
    vector: Float32Array,
    ids: readonly string[],
  ): Promise<Map<string, number>> {
    const found = await this.#engine.vectors.of(this.#db, space, ids)
    const similarities = new Map<string, number>()
    for (const [id, bytes] of found) similarities.set(id, cosineOfHalves(vector, bytes))
    return similarities
  }

  /**
   * Texts that have no vector yet, where these are no more than `most`; null where there are more, or nobody has counted
   * them yet.
   */
  async waiting(space: Space, most: number): Promise<EmbeddedText[] | null> {
    if (await isDemanded(this.#db, space.number)) return null
    const rows = await this.#engine.statements.run(this.#db, 'waiting texts', () => this.#waitingQuery(), [
      space.number,
      most + 1,
    ])
    if (rows.length > most) return null
    if (rows.length === 0) return []
    return embeddedTexts(this.#db, this.#principal.tenant_id, rows)
  }

  /** How many they are, as far as `most` and one more. */
  async countWaiting({ number }: Space, most: number): Promise<number> {
    if (await isDemanded(this.#db, number)) return most + 1
    const rows = await this.#engine.statements.run(this.#db, 'waiting texts', () => this.#waitingQuery(), [
      number,
      most + 1,
    ])
    return rows.length
  }

  #waitingQuery() {
    return this.#db
      .selectFrom('embedding_queue')
      .select(['subject_id', 'subject'])
      .where('space', '=', 0)
      .where('set_aside', '=', sql.lit(0))
      .orderBy('subject_id')
      .limit(0)
  }

  coverage({ number }: Space, now: string): Promise<Coverage> {
    return coverageOf(this.#db, number, now)
  }

  /** Why the space could not be embedded into at the last attempt; null where it could. */
  async problem({ number }: Space): Promise<string | null> {
    return (await embeddingProblem(this.#db, number))?.problem ?? null
  }

  indexState(space: Space): Promise<IndexState> {
    return this.#engine.vectors.state(this.#db, space)
  }
}
