/** What makes writers on PostgreSQL wait for each other. On SQLite a write transaction is the only one there is. */
import { sql } from 'kysely'
import type { Database, Engine } from './engine.ts'

interface Locking {
  readonly db: Database
  readonly engine: Pick<Engine, 'name'>
  readonly tenant_id: string
}

/** Keeps other writers from changing a record, or the memories of a document, until this transaction ends. */
export async function lockRows(
  { db, engine, tenant_id }: Locking,
  {
    table,
    column,
    id,
  }: {
    readonly table: 'memories' | 'entities' | 'relationships' | 'conflicts'
    readonly column: 'id' | 'document_id'
    readonly id: string
  },
): Promise<void> {
  if (engine.name !== 'postgres') return
  // In one order for all writers, so that two of them never wait for each other.
  await sql`select 1 from ${sql.table(table)} where tenant_id = ${tenant_id} and ${sql.ref(column)} = ${id}
    order by id for update`.execute(db)
}

/**
 * Keeps other writers from taking the same name until this transaction ends. What they committed before is seen by the
 * statements that follow.
 */
export async function lockName({ db, engine, tenant_id }: Locking, name: string): Promise<void> {
  if (engine.name !== 'postgres') return
  await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ${` ${tenant_id} ${name}`}, 0))`.execute(
    db,
  )
}

/** As `lockName` against those who take it so, and together with others who only rely on it. */
export async function relyOnName({ db, engine, tenant_id }: Locking, name: string): Promise<void> {
  if (engine.name !== 'postgres') return
  const key = ` ${tenant_id} ${name}`
  await sql`select pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ${key}, 0))`.execute(db)
}
