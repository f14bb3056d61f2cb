/**
 * Enters into the keyword index what stood in the store before the index was emptied. Writers have entered what they
 * wrote since, so a version that is there is left alone.
 */
import { sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import type { TenantId, UserId } from '../model/memory.ts'
import { signatureOf } from '../model/similarity.ts'
import type { Database, Engine } from './engine.ts'
import { addSignatures, contentWords, KeywordWriter } from './keyword-writer.ts'
import { entityRows, readable } from './knowledge-filler.ts'
import { toMemory } from './memory-rows.ts'
import { toEntity } from './record-rows.ts'
import type { RunError } from './runs.ts'
import type { MemoryVersionColumns } from './tables.ts'

/** Memories a transaction: some 100 ms, after which others may write. */
const MEMORIES = 256

export interface Filled {
  readonly done: number
  readonly errors: readonly RunError[]
  readonly cursor: string | null
}

type VersionRow = MemoryVersionColumns & { readonly is_present: number }

const ENTITIES = 'entities'

/** The next memories after the cursor with all their versions; then the entities. */
export async function addMissingVersions(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  if (cursor.startsWith(ENTITIES))
    return addMissingEntities(db, engine, cursor.slice(ENTITIES.length).trimStart())
  const filled = await addMissingMemories(db, engine, cursor)
  return filled.cursor === null ? together(filled, await addMissingEntities(db, engine, '')) : filled
}

/** What two parts of one batch did; the second says where it goes on. */
export function together(first: Filled, second: Filled): Filled {
  return {
    done: first.done + second.done,
    errors: [...first.errors, ...second.errors],
    cursor: second.cursor,
  }
}

async function addMissingEntities(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  const { rows, next } = await entityRows(db, engine, cursor)
  const errors: RunError[] = []
  for (const [tenant, own] of Map.groupBy(rows, row => row.tenant_id)) {
    const there = await versionsThere(
      db,
      tenant,
      own.map(({ id }) => id),
    )
    await ensureTotals(db, tenant)
    const writer = new KeywordWriter(db, engine, ownerOf(tenant))
    for (const row of own.filter(({ id, version }) => !there.has(`${id} ${version}`))) {
      const entity = readable('entity', row, toEntity, errors)
      if (entity !== null) await writer.addEntity(entity)
    }
    await writer.flush()
  }
  return { done: rows.length, errors, cursor: next === null ? null : `${ENTITIES} ${next}` }
}

async function addMissingMemories(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  const rows = await presentRows(db, engine, cursor)
  const errors: RunError[] = []
  for (const [tenant, own] of Map.groupBy(rows, row => row.tenant_id)) {
    const ids = own.map(({ id }) => id)
    const there = await versionsThere(db, tenant, ids)
    const present = new Set(own.map(({ id, version }) => `${id} ${version}`))
    const past = await pastRows(db, tenant, ids)
    for (const row of past.filter(({ id, version }) => present.has(`${id} ${version}`)))
      errors.push(twice(row))
    const versions: VersionRow[] = [
      ...past
        .filter(({ id, version }) => !present.has(`${id} ${version}`))
        .map(row => ({ ...row, is_present: 0 })),
      ...own.map(row => ({ ...row, is_present: 1 })),
    ]
    const missing = versions.filter(({ id, version }) => !there.has(`${id} ${version}`))
    await ensureTotals(db, tenant)
    const writer = new KeywordWriter(db, engine, ownerOf(tenant))
    for (const is_present of [0, 1]) {
      const memories = missing
        .filter(row => row.is_present === is_present)
        .flatMap(row => readableVersion(row, errors))
      if (is_present === 1) await writer.add(memories)
      else await writer.addPast(memories)
    }
    await writer.flush()
  }
  return { done: rows.length, errors, cursor: cursorAfter(rows) }
}

/** A tenant that was restored or taken over has none yet. */
async function ensureTotals(db: Database, tenant_id: string): Promise<void> {
  await db
    .insertInto('keyword_totals')
    .values([1, 0].map(live => ({ tenant_id, live, documents: 0, terms: 0 })))
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/** The next rows after the cursor of what near-duplicates are looked for in. */
export async function addMissingSignatures(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  const rows = await db
    .selectFrom('keyword_documents')
    .select(['doc', 'words', 'traits', 'tenant_id', 'memory_id', 'version'])
    .where('doc', '>', cursor === '' ? 0 : Number(cursor))
    .where('live', '=', 1)
    .where('document_id', 'is', null)
    .where('subject', '=', 'memory')
    .orderBy('doc')
    .limit(MEMORIES)
    .execute()
  for (const row of rows) await addSignatures(db, engine, { row, signature: signatureOf(contentWords(row)) })
  return { done: rows.length, errors: [], cursor: rows.length < MEMORIES ? null : String(rows.at(-1)?.doc) }
}

/** In the order of their keys, and kept from being changed until the batch is in. */
async function presentRows(db: Database, engine: Engine, cursor: string): Promise<MemoryVersionColumns[]> {
  const [tenant = '', id = ''] = cursor.split(' ')
  let query = db.selectFrom('memories').selectAll().orderBy('tenant_id').orderBy('id').limit(MEMORIES)
  if (cursor !== '') query = query.where(sql<boolean>`(tenant_id, id) > (${tenant}, ${id})`)
  // SQLite has no row locks and needs none: this transaction is the only writer.
  if (engine.name === 'postgres') query = query.forUpdate()
  return query.execute()
}

function cursorAfter(rows: readonly MemoryVersionColumns[]): string | null {
  const last = rows.at(-1)
  return last === undefined || rows.length < MEMORIES ? null : `${last.tenant_id} ${last.id}`
}

function pastRows(db: Database, tenant: string, ids: readonly string[]): Promise<MemoryVersionColumns[]> {
  return db
    .selectFrom('memory_revisions')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('id', 'in', ids)
    .orderBy('id')
    .orderBy('version')
    .execute()
}

async function versionsThere(db: Database, tenant: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('keyword_documents')
    .select(['memory_id', 'version'])
    .where('tenant_id', '=', tenant)
    .where('memory_id', 'in', ids)
    .execute()
  return new Set(rows.map(({ memory_id, version }) => `${memory_id} ${version}`))
}

/** A row that cannot be read stops nothing; it is told in the run's ledger. */
function readableVersion(row: VersionRow, errors: RunError[]) {
  try {
    return [toMemory(row)]
  } catch (error) {
    const reason = `version ${row.version} cannot be read: ${(error as Error).message}`
    errors.push({ subject_kind: 'memory', subject_id: row.id, reason })
    return []
  }
}

/** Nothing of ours writes that, but a store where somebody has must open all the same. */
function twice({ id, version }: MemoryVersionColumns): RunError {
  return {
    subject_kind: 'memory',
    subject_id: id,
    reason: `version ${version} is there twice, now and as a past one`,
  }
}

/** The index has rows of all owners; a writer of it needs only the tenant. */
function ownerOf(tenant: string): Principal {
  return { tenant_id: tenant as TenantId, user_id: '' as UserId, kind: 'system' }
}
