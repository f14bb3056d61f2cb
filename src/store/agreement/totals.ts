/** The keyword index's totals, which ranking divides by, against its rows. */
import type { Database } from '../engine.ts'
import type { Checking } from './findings.ts'

export async function checkTotals(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const counted = await db
    .selectFrom('keyword_documents')
    .select([
      'live',
      eb => eb.fn.countAll<number>().as('documents'),
      eb => eb.fn.sum<number>('length').as('terms'),
    ])
    .where('tenant_id', '=', tenantId)
    .groupBy('live')
    .execute()
  const kept = await db.selectFrom('keyword_totals').selectAll().where('tenant_id', '=', tenantId).execute()
  for (const live of [1, 0]) {
    const found = counted.find(row => row.live === live)
    const total = kept.find(row => row.live === live)
    const documents = Number(found?.documents ?? 0)
    if (total?.documents === documents && total.terms === Number(found?.terms ?? 0)) continue
    findings.add(
      'keyword index',
      `its totals (${total?.documents ?? 'no'} documents) are not those of its rows (${documents})`,
    )
  }
}
