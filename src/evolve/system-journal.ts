import { BOOTSTRAP_ID, type TenantId, type UserId } from '../model/memory.ts'
import type { Database, Engine } from '../store/engine.ts'
import { JournalWriter } from '../store/journal.ts'

/** Who did what no caller asked for. */
export const SYSTEM = 'system'

/** What the entry about the space says that a store has without anybody asking for it. */
export const FIRST_SPACE = { operation: 'space_add', note: 'the first space' } as const

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
    kind: SYSTEM,
  } as const
  const stamp = { operation, at, actor_kind: SYSTEM, client: null, session: null, note } as const
  return new JournalWriter(db, engine, { principal, stamp, salt })
}
