/** Makes the indexes of names, claims and mentions anew from entities and memories, a batch at a time. */
import { type SqlBool, sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import type { TenantId, UserId } from '../model/memory.ts'
import { ClaimWriter } from './claims.ts'
import type { Database, Engine } from './engine.ts'
import { namesOf, putNames } from './entity-names.ts'
import { type Filled, together } from './keyword-filler.ts'
import type { EntityTable } from './knowledge-tables.ts'
import { toMemory } from './memory-rows.ts'
import { MentionWriter } from './mention-writer.ts'
import { toEntity } from './record-rows.ts'
import type { RunError } from './runs.ts'
import type { MemoryVersionColumns } from './tables.ts'

/** Records a transaction: some 100 ms, after which others may write. */
const RECORDS = 256

const ENTITIES = 'entities'

export async function fillNames(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  const { rows, next } = await entityRows(db, engine, cursor)
  const errors: RunError[] = []
  for (const row of rows) {
    const entity = readable('entity', row, toEntity, errors)
    if (entity === null) continue
    const names = namesOf(entity)
    await putNames({ db, engine, tenant_id: row.tenant_id }, row.id, { old: names, now: names })
  }
  return { done: rows.length, errors, cursor: next }
}

/** Memories first, then entities: their cursors begin with the word for it. */
export async function fillClaims(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  if (cursor.startsWith(ENTITIES))
    return fillProperties(db, engine, cursor.slice(ENTITIES.length).trimStart())
  const filled = await fillSlots(db, engine, cursor)
  return filled.cursor === null ? together(filled, await fillProperties(db, engine, '')) : filled
}

async function fillSlots(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  const { rows, next } = await memoryRows(db, engine, { cursor, onlyClaims: true })
  const errors: RunError[] = []
  for (const row of rows) {
    const memory = readable('memory', row, toMemory, errors)
    if (memory !== null) await claimsOf(db, engine, row.tenant_id).replace(row.id, { memory })
  }
  return { done: rows.length, errors, cursor: next }
}

async function fillProperties(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  const { rows, next } = await entityRows(db, engine, cursor)
  const errors: RunError[] = []
  for (const row of rows) {
    const entity = readable('entity', row, toEntity, errors)
    if (entity !== null) await claimsOf(db, engine, row.tenant_id).replace(row.id, { entity })
  }
  return { done: rows.length, errors, cursor: next === null ? null : `${ENTITIES} ${next}` }
}

export async function fillMentions(db: Database, engine: Engine, cursor: string): Promise<Filled> {
  const { rows, next } = await memoryRows(db, engine, { cursor, onlyClaims: false })
  const errors: RunError[] = []
  for (const [tenant, own] of Map.groupBy(rows, row => row.tenant_id)) {
    const memories = own.flatMap(row => readable('memory', row, toMemory, errors) ?? [])
    await new MentionWriter(db, ownerOf(tenant), engine).followMemories(memories, { isNew: false })
  }
  return { done: rows.length, errors, cursor: next }
}

function claimsOf(db: Database, engine: Engine, tenant: string): ClaimWriter {
  return new ClaimWriter(db, ownerOf(tenant), engine)
}

interface Page<Row> {
  readonly rows: readonly Row[]
  /** Where the next page begins; null at the end. */
  readonly next: string | null
}

/** In the order of their keys, and kept from being changed until the batch is in. */
async function memoryRows(
  db: Database,
  engine: Engine,
  { cursor, onlyClaims }: { readonly cursor: string; readonly onlyClaims: boolean },
): Promise<Page<MemoryVersionColumns>> {
  const [tenant = '', id = ''] = cursor.split(' ')
  let query = db.selectFrom('memories').selectAll().orderBy('tenant_id').orderBy('id').limit(RECORDS)
  if (onlyClaims) query = query.where('slot_subject', 'is not', null)
  if (cursor !== '') query = query.where(sql<SqlBool>`(tenant_id, id) > (${tenant}, ${id})`)
  const rows = await (engine.name === 'postgres' ? query.forUpdate() : query).execute()
  return { rows, next: nextOf(rows) }
}

/** In the order of their keys, and kept from being changed until the batch is in. */
export async function entityRows(db: Database, engine: Engine, cursor: string): Promise<Page<EntityTable>> {
  const [tenant = '', id = ''] = cursor.split(' ')
  let query = db.selectFrom('entities').selectAll().orderBy('tenant_id').orderBy('id').limit(RECORDS)
  if (cursor !== '') query = query.where(sql<SqlBool>`(tenant_id, id) > (${tenant}, ${id})`)
  const rows = await (engine.name === 'postgres' ? query.forUpdate() : query).execute()
  return { rows, next: nextOf(rows) }
}

function nextOf(rows: readonly { readonly tenant_id: string; readonly id: string }[]): string | null {
  const last = rows.at(-1)
  return last === undefined || rows.length < RECORDS ? null : `${last.tenant_id} ${last.id}`
}

/** A row that cannot be read stops nothing; it is told in the run's ledger. */
export function readable<Row extends { readonly id: string }, Record>(
  kind: string,
  row: Row,
  read: (row: Row) => Record,
  errors: RunError[],
): Record | null {
  try {
    return read(row)
  } catch (error) {
    errors.push({
      subject_kind: kind,
      subject_id: row.id,
      reason: `it cannot be read: ${(error as Error).message}`,
    })
    return null
  }
}

/** The indexes have rows of all owners; a writer of them needs only the tenant. */
function ownerOf(tenant: string): Principal {
  return { tenant_id: tenant as TenantId, user_id: '' as UserId, kind: 'system' }
}
