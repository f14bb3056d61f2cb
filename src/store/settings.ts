/** What a store keeps about itself: its secrets, and what its derived parts were made by. */
import type { Principal } from '../model/access.ts'
import { assertBug } from '../model/errors.ts'
import type { Database } from './engine.ts'

export interface Artefact {
  readonly name: string
  readonly version: number
  readonly needs_rebuild: number
}

export class SettingReader {
  readonly #db: Database
  readonly #principal: Principal

  constructor(db: Database, principal: Principal) {
    this.#db = db
    this.#principal = principal
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

  artefacts(): Promise<Artefact[]> {
    return this.#db
      .selectFrom('artefacts')
      .select(['name', 'version', 'needs_rebuild'])
      .orderBy('name')
      .execute()
  }

  async schemaVersion(): Promise<number> {
    const row = await this.#db
      .selectFrom('schema_history')
      .select(eb => eb.fn.max('version').as('version'))
      .executeTakeFirst()
    return row?.version ?? 0
  }
}
