/** Proves that memories and what is derived from them agree, row by row. */
import type { Principal } from '../model/access.ts'
import { contentHash } from '../model/digest.ts'
import type { Database } from './engine.ts'
import { toKeywordRow } from './keyword-writer.ts'
import { toMemory } from './memory-rows.ts'

const BATCH = 500

/** Problems told by name; the rest are only counted. */
const TOLD = 5

export interface Agreement {
  readonly memories: number
  /** Ids of memories whose text does not give their content hash. */
  readonly wrong_hashes: readonly string[]
  /** In words for people. */
  readonly index_problems: readonly string[]
}

export async function checkAgreement(db: Database, principal: Principal): Promise<Agreement> {
  const { tenant_id } = principal
  const wrongHashes: string[] = []
  const wrongRows: string[] = []
  let memories = 0
  for (let after = ''; ; ) {
    const rows = await batchAfter(db, tenant_id, after)
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.id
    memories += rows.length
    for (const row of rows) {
      const memory = toMemory(row)
      const expected = toKeywordRow(memory, tenant_id)
      if (contentHash(memory.content) !== memory.content_hash) wrongHashes.push(memory.id)
      if (row.indexed_words !== expected.words || row.indexed_live !== expected.live)
        wrongRows.push(memory.id)
    }
  }
  return {
    memories,
    wrong_hashes: wrongHashes,
    index_problems: [...told(wrongRows), ...(await wrongTotals(db, tenant_id))],
  }
}

function batchAfter(db: Database, tenantId: string, after: string) {
  let query = db
    .selectFrom('memories as m')
    .leftJoin('keyword_documents as d', join =>
      join
        .onRef('d.tenant_id', '=', 'm.tenant_id')
        .onRef('d.memory_id', '=', 'm.id')
        .onRef('d.version', '=', 'm.version'),
    )
    .selectAll('m')
    .select(['d.words as indexed_words', 'd.live as indexed_live'])
    .where('m.tenant_id', '=', tenantId)
  if (after !== '') query = query.where('m.id', '>', after)
  return query.orderBy('m.id').limit(BATCH).execute()
}

function told(ids: readonly string[]): string[] {
  if (ids.length === 0) return []
  const more = ids.length > TOLD ? ` and ${ids.length - TOLD} more` : ''
  return [`no longer agrees with ${ids.slice(0, TOLD).join(', ')}${more}`]
}

async function wrongTotals(db: Database, tenantId: string): Promise<string[]> {
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
  return kept.flatMap(total => {
    const found = counted.find(row => row.live === total.live)
    const same =
      total.documents === Number(found?.documents ?? 0) && total.terms === Number(found?.terms ?? 0)
    return same
      ? []
      : [`its totals (${total.documents} documents) are not those of its rows (${found?.documents ?? 0})`]
  })
}
