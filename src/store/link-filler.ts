/**
 * Links for what stood in a store before it kept any: copies that carry nothing but the tag `shared-from=<id>`, and
 * memories that name their successor. Each batch finds its rows by an index; what is linked already stays as it is.
 */
import { type SqlBool, sql } from 'kysely'
import { readSharedFrom } from '../model/shared-tag.ts'
import { type Claim, type LinkFilling, linkClaims } from './link-claims.ts'

/** Memories a transaction. */
const MEMORIES = 4000

export interface LinksFilled {
  /** Memories that were looked at. */
  readonly scanned: number
  readonly linked: number
  /** Of these links, those whose source is not here. */
  readonly source_missing: number
  /** Memories that had their link already. */
  readonly known: number
  /** What said nothing, by the reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Where the next batch goes on; null at the end. */
  readonly cursor: string | null
}

/** The next memories whose tags may name what they were shared from. The cursor is `<phase> <id>`. */
export async function linkSharedCopies(filling: LinkFilling, cursor: string): Promise<LinksFilled> {
  const [phase = 'tagged', after = ''] = cursor.split(' ')
  const isTagged = phase === 'tagged' || phase === ''
  const rows = isTagged ? await taggedRows(filling, after) : await importedRows(filling, after)
  const skipped: Record<string, number> = {}
  const claims: Claim[] = []
  for (const { id, partition, said } of rows) {
    if (said === null) continue
    const { id: source, faults } = readSharedFrom(said)
    for (const fault of faults) skipped[fault] = (skipped[fault] ?? 0) + 1
    if (source !== null) claims.push({ target_id: id, target_partition: partition, source })
  }
  const counts = await linkClaims(filling, 'shared_from', claims)
  if (counts.itself > 0) skipped.itself = counts.itself
  const last = rows.at(-1)
  const next =
    last === undefined || rows.length < MEMORIES ? null : `${isTagged ? 'tagged' : 'imported'} ${last.id}`
  const { linked, known } = counts
  const scanned = rows.filter(({ said }) => said !== null).length
  const source_missing = counts.missing.length
  return { scanned, linked, known, source_missing, skipped, cursor: next ?? (isTagged ? 'imported ' : null) }
}

interface Candidate {
  readonly id: string
  readonly partition: string
  /** The tags that count, as JSON; null where the other phase looks at the row. */
  readonly said: string | null
}

/** Our own rows, by the index of tags. What was imported is looked at by its raw tags, in the other phase. */
async function taggedRows({ db, tenant_id }: LinkFilling, after: string): Promise<Candidate[]> {
  let tagged = db
    .selectFrom('memory_tags')
    .select('memory_id')
    .distinct()
    .where('tenant_id', '=', tenant_id)
    // As the partial index says it.
    .where(sql<SqlBool>`substr(tag, 1, 12) = 'shared-from='`)
  if (after !== '') tagged = tagged.where('memory_id', '>', after)
  const rows = await db
    .selectFrom(tagged.orderBy('memory_id').limit(MEMORIES).as('t'))
    // In this order: left to itself SQLite would read every memory and look whether it is among them.
    .crossJoin('memories as m')
    .select(['m.id', 'm.partition', 'm.tags', 'm.origin_tags'])
    .where('m.tenant_id', '=', tenant_id)
    .whereRef('m.id', '=', 't.memory_id')
    .orderBy('t.memory_id')
    .execute()
  return rows.map(({ id, partition, tags, origin_tags }) => ({
    id,
    partition,
    said: origin_tags === null ? tags : null,
  }))
}

async function importedRows({ db, tenant_id }: LinkFilling, after: string): Promise<Candidate[]> {
  let query = db
    .selectFrom('memories')
    .select(['id', 'partition', 'origin_tags as said'])
    .where('tenant_id', '=', tenant_id)
    .where('origin_tags', 'is not', null)
  if (after !== '') query = query.where('id', '>', after)
  return query.orderBy('id').limit(MEMORIES).execute()
}

/** The next memories that were superseded by another one. */
export async function linkSuccessors(filling: LinkFilling, cursor: string): Promise<LinksFilled> {
  const { db, tenant_id } = filling
  let query = db
    .selectFrom('memories')
    .select(['id', 'partition', 'status', 'superseded_by'])
    .where('tenant_id', '=', tenant_id)
    // As the partial index says it.
    .where('status', '<>', sql.lit('active'))
  const [status = '', after = ''] = cursor.split(' ')
  if (cursor !== '') query = query.where(sql<SqlBool>`(status, id) > (${status}, ${after})`)
  const rows = await query.orderBy('status').orderBy('id').limit(MEMORIES).execute()
  const claims = rows.flatMap(({ id, partition, superseded_by }) =>
    superseded_by === null ? [] : [{ target_id: id, target_partition: partition, source: superseded_by }],
  )
  const { itself, missing, linked, known } = await linkClaims(filling, 'superseded_by', claims)
  const last = rows.at(-1)
  const next = last === undefined || rows.length < MEMORIES ? null : `${last.status} ${last.id}`
  const counts = { scanned: rows.length, linked, known, source_missing: missing.length }
  return { ...counts, skipped: itself > 0 ? { itself } : {}, cursor: next }
}
