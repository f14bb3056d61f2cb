/** Memories that came into a store past the journal, entered version by version as if they had been told. */
import { sql } from 'kysely'
import type { Database } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import { toMemory } from './memory-rows.ts'
import { differences, summaryOf } from './memory-writer.ts'

const BATCH = 200

/** `open` gives a journal for one batch; what it was told is chained before the next is read. */
export async function enterUnjournalled(
  db: Database,
  tenantId: string,
  open: () => JournalWriter,
): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await unjournalled(db, tenantId, after)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
    const journal = open()
    for (const row of rows) {
      const past = await db
        .selectFrom('memory_revisions')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('id', '=', row.id)
        .orderBy('version')
        .execute()
      const [first, ...later] = [...past, row].map(version => toMemory(version))
      journal.record('memory', row.id, null, summaryOf(first!))
      let before = first!
      for (const next of later) {
        journal.record('memory', row.id, ...differences(before, next))
        before = next
      }
    }
    await journal.flush()
  }
}

function unjournalled(db: Database, tenantId: string, after: string) {
  let query = db
    .selectFrom('memories as m')
    .selectAll('m')
    .where('m.tenant_id', '=', tenantId)
    .where(
      sql<boolean>`not exists (select 1 from journal as j
        where j.tenant_id = m.tenant_id and j.subject_id = cast(m.id as text) and j.subject_kind = 'memory')`,
    )
  if (after !== '') query = query.where('m.id', '>', after)
  return query.orderBy('m.id').limit(BATCH).execute()
}
