/** Settings of a store as a whole, whichever tenants it has: its first one stands for it. */
import { BOOTSTRAP_ID } from '../model/memory.ts'
import type { Database } from './engine.ts'

const tenant_id = BOOTSTRAP_ID

export async function storeSetting(db: Database, name: string): Promise<string | null> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('tenant_id', '=', tenant_id)
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.value ?? null
}

/** In the place of what it was before. */
export async function setStoreSetting(db: Database, name: string, value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ tenant_id, name, value })
    .onConflict(conflict => conflict.columns(['tenant_id', 'name']).doUpdateSet({ value }))
    .execute()
}

export async function dropStoreSetting(db: Database, name: string): Promise<void> {
  await db.deleteFrom('settings').where('tenant_id', '=', tenant_id).where('name', '=', name).execute()
}
