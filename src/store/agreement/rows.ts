/** What a check reads of memories: a few hundred rows at a time, never a query a memory. */
import { sql } from 'kysely'
import type { Database, KeywordRow } from '../engine.ts'
import type { MemoryTable, MemoryVersionColumns } from '../tables.ts'

const BATCH = 200

/** Rows without a text are small. */
const SMALL_BATCH = 500

const KEYWORD_COLUMNS = [
  'live',
  'owner_user_id',
  'document_id',
  'position',
  'trust',
  'confidence',
  'recorded_at',
  'words',
  'length',
  'traits',
  'author',
  'subject',
] as const satisfies readonly (keyof KeywordRow)[]

type Indexed = {
  readonly [column in (typeof KEYWORD_COLUMNS)[number] as `d_${column}`]: KeywordRow[column] | null
}

/** A version with its row of the keyword index, which is all null where there is none. */
export type VersionRow = MemoryVersionColumns & { readonly ended_at?: string } & Indexed

export function keywordDifferences(row: VersionRow, expected: KeywordRow): string[] {
  return KEYWORD_COLUMNS.filter(column => row[`d_${column}`] !== expected[column])
}

/** The present versions in the order of their ids. */
export async function* presentVersions(db: Database, tenantId: string): AsyncGenerator<VersionRow[]> {
  for (let after = ''; ; ) {
    let query = withKeyword(db, 'memories').where('m.tenant_id', '=', tenantId)
    if (after !== '') query = query.where('m.id', '>', after)
    const rows = await query.orderBy('m.id').limit(BATCH).execute()
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows as unknown as (VersionRow & MemoryTable)[]
    after = last.id
  }
}

/** The past versions of the given memories, those of each in their order. */
export async function* pastVersions(
  db: Database,
  tenantId: string,
  ids: readonly string[],
): AsyncGenerator<VersionRow[]> {
  for (let last: VersionRow | undefined; ; ) {
    let query = withKeyword(db, 'memory_revisions' as 'memories')
      .where('m.tenant_id', '=', tenantId)
      .where('m.id', 'in', ids)
    if (last) query = query.where(sql<boolean>`(m.id, m.version) > (${last.id}, ${last.version})`)
    const rows = await query.orderBy('m.id').orderBy('m.version').limit(BATCH).execute()
    last = rows.at(-1) as unknown as VersionRow | undefined
    if (last === undefined) return
    yield rows as unknown as VersionRow[]
  }
}

function withKeyword(db: Database, table: 'memories') {
  return db
    .selectFrom(`${table} as m`)
    .leftJoin('keyword_documents as d', join =>
      join
        .onRef('d.tenant_id', '=', 'm.tenant_id')
        .onRef('d.memory_id', '=', 'm.id')
        .onRef('d.version', '=', 'm.version'),
    )
    .selectAll('m')
    .select(KEYWORD_COLUMNS.map(column => sql.ref(`d.${column}`).as(`d_${column}`)))
}

/** What the journal tells of the given memories, oldest first for each. */
export async function* journalledChanges(db: Database, tenantId: string, ids: readonly string[]) {
  for (let last: { subject_id: string; sequence: number } | undefined; ; ) {
    let query = db
      .selectFrom('journal as j')
      .leftJoin('journal_payloads as p', join =>
        join.onRef('p.tenant_id', '=', 'j.tenant_id').onRef('p.sequence', '=', 'j.sequence'),
      )
      .select(['j.subject_id', 'j.sequence', 'p.payload'])
      .where('j.tenant_id', '=', tenantId)
      .where('j.subject_kind', '=', 'memory')
      .where('j.subject_id', 'in', ids)
    if (last)
      query = query.where(sql<boolean>`(j.subject_id, j.sequence) > (${last.subject_id}, ${last.sequence})`)
    // In the order of an index that leads to the subjects.
    const rows = await query.orderBy('j.subject_id').orderBy('j.sequence').limit(SMALL_BATCH).execute()
    last = rows.at(-1)
    if (last === undefined) return
    yield rows
  }
}

export async function tagsOf(
  db: Database,
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await db
    .selectFrom('memory_tags')
    .select(['memory_id', 'tag'])
    .where('tenant_id', '=', tenantId)
    .where('memory_id', 'in', ids)
    .execute()
  const tags = new Map<string, string[]>()
  for (const { memory_id, tag } of rows) tags.set(memory_id, [...(tags.get(memory_id) ?? []), tag])
  return tags
}
