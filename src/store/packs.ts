/** What context was given for which prompt, so that it can be shown again. */
import type { Principal } from '../model/access.ts'
import { keptSince, PREFERENCES } from '../model/preferences.ts'
import type { Database, Engine } from './engine.ts'
import { preferencesOf } from './preferences.ts'
import type { PackTable } from './use-tables.ts'

/** One thing in a pack: which version of what, and why it was chosen. Its text stays with the record. */
export interface PackedItem {
  readonly section: 'pinned' | 'recalled' | 'conflict' | 'entity'
  readonly record: 'memory' | 'entity' | 'conflict'
  readonly id: string
  /** Of memories and entities. */
  readonly version: number | null
  readonly why: string
  readonly tokens: number
  /** The open conflict that it was in. */
  readonly contested: string | null
  /** Of a conflict: its members then. */
  readonly members?: readonly PackedMember[]
  /** Of a conflict: how many members it had besides these. */
  readonly others?: number
  /** Of a conflict: the member that was suggested. */
  readonly suggested?: string | null
  /** Of an entity: the relationships that were told. */
  readonly relationships?: readonly string[]
}

export interface PackedMember {
  readonly kind: 'memory' | 'entity'
  readonly id: string
  readonly said_at: string
}

export interface Pack extends Omit<PackTable, 'tenant_id' | 'items'> {
  readonly items: readonly PackedItem[]
}

export class PackReader {
  readonly #db: Database
  readonly #principal: Principal

  constructor(db: Database, principal: Principal) {
    this.#db = db
    this.#principal = principal
  }

  async find(id: string): Promise<Pack | null> {
    const row = await this.#db
      .selectFrom('packs')
      .selectAll()
      .where('tenant_id', '=', this.#principal.tenant_id)
      .where('owner_user_id', '=', this.#principal.user_id)
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) return null
    const { tenant_id: _tenant, items, ...rest } = row
    return { ...rest, items: JSON.parse(items) as PackedItem[] }
  }

  /** Lets go of the oldest packs that were given before a time; at most `limit`. */
  dropBefore(time: string, limit: number): Promise<void> {
    return dropPacks(this.#db, this.#principal, { time, limit })
  }

  /** Lets go of one. */
  async drop(id: string): Promise<void> {
    await this.#db
      .deleteFrom('packs')
      .where('tenant_id', '=', this.#principal.tenant_id)
      .where('owner_user_id', '=', this.#principal.user_id)
      .where('id', '=', id)
      .execute()
  }
}

async function dropPacks(
  db: Database,
  { tenant_id, user_id }: { readonly tenant_id: string; readonly user_id: string },
  { time, limit }: { readonly time: string; readonly limit: number },
): Promise<void> {
  const rows = await db
    .selectFrom('packs')
    .select(['id', 'created_at'])
    .where('tenant_id', '=', tenant_id)
    .where('owner_user_id', '=', user_id)
    .orderBy('id')
    .limit(limit)
    .execute()
  const old = rows.filter(({ created_at }) => created_at < time).map(({ id }) => id)
  if (old.length === 0) return
  await db.deleteFrom('packs').where('tenant_id', '=', tenant_id).where('id', 'in', old).execute()
}

/** Each time more than are added at once, so that what is past is gone in the end. */
const LET_GO = 100

/** Adds packs of one tenant, and lets go of their owners' that are past what is kept; called by the writer of usage. */
export async function keepPacks(
  db: Database,
  { engine, tenant_id }: { readonly engine: Engine; readonly tenant_id: string },
  packs: readonly Pack[],
): Promise<void> {
  const rows = packs.map(({ items, ...pack }) => ({ tenant_id, ...pack, items: JSON.stringify(items) }))
  await engine.statements.insert(db, 'packs', rows)
  const { interaction_days } = { ...PREFERENCES, ...(await preferencesOf(db, tenant_id)) }
  const newest = new Map(packs.map(({ owner_user_id, created_at }) => [owner_user_id, created_at]))
  for (const [user_id, now] of newest) {
    const time = keptSince(now, interaction_days)
    await dropPacks(db, { tenant_id, user_id }, { time, limit: LET_GO })
  }
}
