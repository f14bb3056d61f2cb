/** Links against their ends: what each says of a source that lives, and what memories say of their successors. */
import { sql } from 'kysely'
import { isLinkType, takesOneSource } from '../../model/link.ts'
import type { Database } from '../engine.ts'
import { copyOf } from '../link-rows.ts'
import type { LinkTable } from '../tables.ts'
import type { Checking } from './findings.ts'

const BATCH = 1000

/** Of each kind no more than so many are looked for. */
const MOST = 100

type Row = Awaited<ReturnType<typeof nextLinks>>[number]

/** @returns how many there are. */
export async function checkLinks(db: Database, checking: Checking): Promise<number> {
  let links = 0
  for (let last: Row | undefined; ; ) {
    const rows = await nextLinks(db, checking.tenantId, last)
    for (const row of rows) checkLink(row, checking)
    links += rows.length
    last = rows.at(-1)
    if (rows.length < BATCH) break
  }
  await findMissing(db, checking)
  return links
}

function nextLinks(db: Database, tenantId: string, last: LinkTable | undefined) {
  let query = db
    .selectFrom('links as l')
    .innerJoin('memories as t', join =>
      join.onRef('t.tenant_id', '=', 'l.tenant_id').onRef('t.id', '=', 'l.target_id'),
    )
    .leftJoin('memories as s', join =>
      join.onRef('s.tenant_id', '=', 'l.source_tenant_id').onRef('s.id', '=', 'l.source_id'),
    )
    .selectAll('l')
    .select(['t.partition', 's.id', 's.content_hash', 's.label', 's.title', 's.owner_user_id'])
    .where('l.tenant_id', '=', tenantId)
  if (last !== undefined) {
    const { target_id, type, source_ref } = last
    query = query.where(
      sql<boolean>`(l.target_id, l.type, l.source_ref) > (${target_id}, ${type}, ${source_ref})`,
    )
  }
  return query.orderBy('l.target_id').orderBy('l.type').orderBy('l.source_ref').limit(BATCH).execute()
}

function checkLink(row: Row, { findings }: Checking): void {
  const wrong: string[] = []
  if (row.id !== null) {
    const { content_hash, owner_user_id, label, title } = row
    const copy = copyOf({
      content_hash: content_hash ?? '',
      owner_user_id: owner_user_id ?? '',
      label,
      title,
    })
    if (row.source_ref !== row.id) wrong.push('names another source than it points to')
    if (row.source_hash !== copy.source_hash) wrong.push('keeps another hash than its source has')
    if (row.source_label !== copy.source_label) wrong.push('keeps another label than its source has')
    if (row.source_owner !== copy.source_owner) wrong.push('keeps another owner than its source has')
    if (row.source_deleted_at !== null) wrong.push('says that its source is gone, which is there')
  }
  if (row.target_partition !== row.partition) wrong.push('is in another partition than its target')
  const isOnly = isLinkType(row.type) && takesOneSource(row.type)
  if (isLinkType(row.type) && (row.only_source === 1) !== isOnly)
    wrong.push('takes another number of sources than its type')
  for (const problem of wrong)
    findings.add('links', `the link ${row.target_id} ${row.type} ${row.source_ref} ${problem}`)
}

/** Memories that name a successor and have no link to it. */
async function findMissing(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('memories as m')
    .select(['m.id', 'm.superseded_by'])
    .where('m.tenant_id', '=', tenantId)
    .where('m.status', '<>', sql.lit('active'))
    .where('m.superseded_by', 'is not', null)
    .where(
      sql<boolean>`not exists (select 1 from links as l where l.tenant_id = m.tenant_id and l.target_id = m.id
        and l.type = 'superseded_by' and l.source_ref = cast(m.superseded_by as text))`,
    )
    .limit(MOST)
    .execute()
  for (const { id, superseded_by } of rows)
    findings.add('links', `the memory ${id} was superseded by ${superseded_by}, which no link says`)
}
