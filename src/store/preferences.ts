/** What a store as a whole asks for; a project's own settings come before it. */
import type { Principal } from '../model/access.ts'
import { canonicalJson } from '../model/digest.ts'
import type { Preferences } from '../model/preferences.ts'
import type { Database } from './engine.ts'
import type { JournalWriter } from './journal.ts'

export class PreferenceReader {
  protected readonly db: Database
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal) {
    this.db = db
    this.principal = principal
  }

  /** What was set; the rest is as usual. */
  all(): Promise<Partial<Preferences>> {
    return preferencesOf(this.db, this.principal.tenant_id)
  }
}

/** As `PreferenceReader.all`. */
export async function preferencesOf(db: Database, tenantId: string): Promise<Partial<Preferences>> {
  const rows = await db
    .selectFrom('preferences')
    .select(['name', 'value'])
    .where('tenant_id', '=', tenantId)
    .orderBy('name')
    .execute()
  return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as unknown]))
}

export class PreferenceWriter extends PreferenceReader {
  readonly #journal: JournalWriter
  readonly #now: string

  constructor(db: Database, principal: Principal, { journal, now }: { journal: JournalWriter; now: string }) {
    super(db, principal)
    this.#journal = journal
    this.#now = now
  }

  /** Null leaves it as usual. Nothing is told where nothing changes. */
  async set(name: string, value: unknown): Promise<void> {
    const { tenant_id } = this.principal
    const all: Readonly<Record<string, unknown>> = await this.all()
    const before = all[name] ?? null
    if (canonicalJson(before) === canonicalJson(value)) return
    if (value === null) {
      await this.db
        .deleteFrom('preferences')
        .where('tenant_id', '=', tenant_id)
        .where('name', '=', name)
        .execute()
    } else {
      const row = { value: canonicalJson(value), updated_at: this.#now }
      await this.db
        .insertInto('preferences')
        .values({ tenant_id, name, ...row })
        .onConflict(conflict => conflict.columns(['tenant_id', 'name']).doUpdateSet(row))
        .execute()
    }
    this.#journal.record('setting', name, told(before), told(value))
  }
}

function told(value: unknown): { readonly value: unknown } | null {
  return value === null ? null : { value }
}
