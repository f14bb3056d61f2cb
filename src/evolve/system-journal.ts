import { BOOTSTRAP_ID, type TenantId, type UserId } from '../model/memory.ts'
import type { Database, Engine } from '../store/engine.ts'
import { JournalWriter } from '../store/journal.ts'

interface Told {
  readonly operation: string
  readonly at: string
  readonly note: string
  readonly salt: () => string
}

/** The journal of a tenant for what no caller asked for: the change of the store itself did it. */
export function systemJournal(
  { db, engine, tenant_id }: { db: Database; engine: Engine; tenant_id: string },
  { operation, at, note, salt }: Told,
): JournalWriter {
  const principal = {
    tenant_id: tenant_id as TenantId,
    user_id: BOOTSTRAP_ID as UserId,
    kind: 'system',
  } as const
  const stamp = { operation, at, actor_kind: 'system', client: null, session: null, note } as const
  return new JournalWriter(db, engine, { principal, stamp, salt })
}
