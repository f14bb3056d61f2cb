/** What a store keeps about itself: its secrets, and what its derived parts were made by. */
import type { Principal } from '../model/access.ts'
import { assertBug } from '../model/errors.ts'
import { ARTEFACTS, type ArtefactName, type ArtefactStamp } from './artefacts/artefact.ts'
import { stampsOf } from './artefacts/stamps.ts'
import { type Backfill, pendingBackfills } from './backfills.ts'
import type { Database, Engine } from './engine.ts'
import { latestRun, type Run, runUnderWay } from './runs.ts'
import { newestStep } from './stamps.ts'

/** A derived part that is being made anew. */
export interface Unfinished {
  readonly name: ArtefactName
  /** Memories that are in it again, of how many there are; entities for the index of names. */
  readonly done: number
  readonly total: number
}

export interface PendingBackfill extends Pick<Backfill, 'name' | 'title'> {
  /** Why the last attempt failed; null where none did. */
  readonly failed: string | null
}

export class SettingReader {
  readonly #db: Database
  readonly #principal: Principal
  readonly #engine: Engine

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.#db = db
    this.#principal = principal
    this.#engine = engine
  }

  /** Signs cursors, so that one made up or made for somebody else is refused. */
  async cursorSecret(): Promise<string> {
    const row = await this.#db
      .selectFrom('settings')
      .select('value')
      .where('tenant_id', '=', this.#principal.tenant_id)
      .where('name', '=', 'cursor_secret')
      .executeTakeFirst()
    assertBug(row !== undefined, 'a store without a cursor secret')
    return row.value
  }

  artefacts(): Promise<ArtefactStamp[]> {
    return stampsOf(this.#db)
  }

  /** Which of two derived parts, or of one twice, are not whole. Asked at every search, so it is one look-up by key. */
  async unfinished(first: ArtefactName, second: ArtefactName = first): Promise<Unfinished[]> {
    const rows = await this.#engine.statements.run(this.#db, 'unfinished', () => this.#unfinished(), [
      first,
      second,
      1,
    ])
    if (rows.length === 0) return []
    const found: Unfinished[] = []
    for (const { name } of rows) {
      const run = await runUnderWay(this.#db, 'reindex', name)
      found.push({
        name: name as ArtefactName,
        done: run?.counts.done ?? 0,
        total: await this.#count(name === 'names' ? 'entities' : 'memories'),
      })
    }
    return found
  }

  /** All derived parts that are not whole, in the order in which they are made anew. */
  async allUnfinished(): Promise<Unfinished[]> {
    const found: Unfinished[] = []
    for (const { name } of ARTEFACTS) found.push(...(await this.unfinished(name)))
    return found
  }

  async #count(table: 'memories' | 'entities'): Promise<number> {
    const row = await this.#db
      .selectFrom(table as 'memories')
      .select(eb => eb.fn.countAll<number>().as('total'))
      .executeTakeFirst()
    return Number(row?.total ?? 0)
  }

  #unfinished() {
    return this.#db
      .selectFrom('artefacts')
      .select('name')
      .where('name', 'in', ['', ''])
      .where('needs_rebuild', '=', 1)
      .orderBy('name')
  }

  /** What is still to be added to older rows; with why the last attempt failed, where one did. */
  async pendingBackfills(): Promise<PendingBackfill[]> {
    const told: PendingBackfill[] = []
    for (const { name, title } of await pendingBackfills(this.#db)) {
      const run = await latestRun(this.#db, 'backfill', name)
      const { failed = null } = (run?.status === 'failed' ? run.receipt : {}) as { failed?: string }
      told.push({ name, title, failed })
    }
    return told
  }

  /** The last time that the schema was changed; null where it is the one that the store was made with. */
  lastUpgrade(): Promise<Run | null> {
    return latestRun(this.#db, 'migrate')
  }

  schemaVersion(): Promise<number> {
    return newestStep(this.#db)
  }
}
