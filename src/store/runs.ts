/** Long changes of the whole store, as records: how far they came, what failed and how they ended. */
import { sql } from 'kysely'
import { BOOTSTRAP_ID } from '../model/memory.ts'
import type { Database } from './engine.ts'
import type { RunTable } from './tables.ts'

export type RunKind = 'migrate' | 'reindex' | 'restore' | 'backfill'
export type RunStatus = 'running' | 'done' | 'failed'

export interface Run {
  readonly id: string
  readonly kind: RunKind
  /** What is changed: a schema version, an artefact. */
  readonly target: string
  /** Digest of the target and everything that decides how it is reached. */
  readonly fingerprint: string
  readonly status: RunStatus
  readonly cursor: string | null
  readonly counts: Readonly<Record<string, number>>
  readonly snapshot_id: string | null
  readonly started_at: string
  readonly finished_at: string | null
  readonly receipt: unknown
}

/** A row that a run could not take along. */
export interface RunError {
  readonly subject_kind: string
  readonly subject_id: string
  readonly reason: string
}

// They are of the store as a whole, which its first tenant stands for.
const tenant_id = BOOTSTRAP_ID

export async function addRun(db: Database, run: Run): Promise<void> {
  const { counts, receipt, ...row } = run
  await db
    .insertInto('runs')
    .values({
      tenant_id,
      ...row,
      counts: JSON.stringify(counts),
      receipt: receipt === null ? null : JSON.stringify(receipt),
    })
    .execute()
}

/** A run that begins now, added. */
export async function beginRun(
  db: Database,
  about: Pick<Run, 'kind' | 'target' | 'fingerprint' | 'counts'>,
  { newId, now }: { readonly newId: () => string; readonly now: () => string },
): Promise<Run> {
  const run: Run = {
    id: newId(),
    ...about,
    status: 'running',
    cursor: null,
    snapshot_id: null,
    started_at: now(),
    finished_at: null,
    receipt: null,
  }
  await addRun(db, run)
  return run
}

export type RunChange = Partial<Pick<Run, 'status' | 'cursor' | 'counts' | 'finished_at' | 'receipt'>>

export async function updateRun(db: Database, id: string, change: RunChange): Promise<void> {
  const { counts, receipt, ...plain } = change
  const row: Partial<RunTable> = { ...plain }
  if (counts !== undefined) row.counts = JSON.stringify(counts)
  if (receipt !== undefined) row.receipt = receipt === null ? null : JSON.stringify(receipt)
  await db.updateTable('runs').set(row).where('tenant_id', '=', tenant_id).where('id', '=', id).execute()
}

export async function runUnderWay(db: Database, kind: RunKind, target: string): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .where('kind', '=', kind)
    .where('target', '=', target)
    .where('status', '=', 'running')
    .executeTakeFirst()
  return row === undefined ? null : toRun(row)
}

/** Newest first. */
async function latestRuns(db: Database, limit: number): Promise<Run[]> {
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRun)
}

export async function latestRun(db: Database, kind: RunKind, target?: string): Promise<Run | null> {
  let query = db.selectFrom('runs').selectAll().where('tenant_id', '=', tenant_id).where('kind', '=', kind)
  if (target !== undefined) query = query.where('target', '=', target)
  const row = await query.orderBy('id', 'desc').limit(1).executeTakeFirst()
  return row === undefined ? null : toRun(row)
}

async function runOf(db: Database, id: string): Promise<Run | null> {
  const row = await db
    .selectFrom('runs')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .executeTakeFirst()
  return row === undefined ? null : toRun(row)
}

export async function addRunErrors(db: Database, run_id: string, errors: readonly RunError[]): Promise<void> {
  for (const error of errors) {
    await db
      .insertInto('run_errors')
      .values({ tenant_id, run_id, ...error })
      .onConflict(conflict => conflict.doNothing())
      .execute()
  }
}

async function runErrors(db: Database, runId: string, limit: number): Promise<RunError[]> {
  return db
    .selectFrom('run_errors')
    .select(['subject_kind', 'subject_id', 'reason'])
    .where('tenant_id', '=', tenant_id)
    .where('run_id', '=', runId)
    .orderBy('subject_kind')
    .orderBy('subject_id')
    .limit(limit)
    .execute()
}

export async function countRunErrors(db: Database, runId: string): Promise<number> {
  const row = await db
    .selectFrom('run_errors')
    .select(sql<number>`count(*)`.as('count'))
    .where('tenant_id', '=', tenant_id)
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

/** What is to be read of runs. */
export class RunReader {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Newest first. */
  latest(limit: number): Promise<Run[]> {
    return latestRuns(this.#db, limit)
  }

  find(id: string): Promise<Run | null> {
    return runOf(this.#db, id)
  }

  errors(id: string, limit: number): Promise<RunError[]> {
    return runErrors(this.#db, id, limit)
  }

  countErrors(id: string): Promise<number> {
    return countRunErrors(this.#db, id)
  }
}

function toRun(row: RunTable): Run {
  const { tenant_id: _tenant, counts, receipt, ...rest } = row
  return {
    ...rest,
    kind: row.kind as RunKind,
    status: row.status as RunStatus,
    counts: JSON.parse(counts) as Record<string, number>,
    receipt: receipt === null ? null : (JSON.parse(receipt) as unknown),
  }
}
