/**
 * What is added once to what a store held before it knew of it. That it was done is kept under a name with a version,
 * so that no later opening looks again, and a later version does.
 */
import { BOOTSTRAP_ID } from '../model/memory.ts'
import type { Database } from './engine.ts'

export type BackfillName = 'superseded_by' | 'shared_from' | 'conflicts'

export interface Backfill {
  readonly name: BackfillName
  /** Raised when the rules change by which it finds what to add: then it is done again. */
  readonly version: number
  /** What it adds, in words for people. */
  readonly title: string
}

export const BACKFILLS: readonly Backfill[] = [
  { name: 'superseded_by', version: 1, title: 'links to successors' },
  { name: 'shared_from', version: 1, title: 'links from shared-from tags' },
  { name: 'conflicts', version: 1, title: 'conflicts between claims' },
]

// They are of the store as a whole, which its first tenant stands for.
const tenant_id = BOOTSTRAP_ID

export function markerOf({ name, version }: Pick<Backfill, 'name' | 'version'>): string {
  return `backfill.${name}.v${version}`
}

/** Those that were not done here yet. */
export async function pendingBackfills(
  db: Database,
  backfills: readonly Backfill[] = BACKFILLS,
): Promise<Backfill[]> {
  const rows = await db
    .selectFrom('settings')
    .select('name')
    .where('tenant_id', '=', tenant_id)
    .where('name', 'in', backfills.map(markerOf))
    .execute()
  const done = new Set(rows.map(({ name }) => name))
  return backfills.filter(backfill => !done.has(markerOf(backfill)))
}

/** `receipt` names the run that did it; empty where there was nothing to look at. */
export async function markBackfilled(db: Database, backfill: Backfill, receipt: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ tenant_id, name: markerOf(backfill), value: receipt })
    .onConflict(conflict => conflict.columns(['tenant_id', 'name']).doUpdateSet({ value: receipt }))
    .execute()
}

/** For rows that came from another store: nobody knows what was done for them there. */
export async function demandBackfills(
  db: Database,
  now: string,
  names: readonly BackfillName[] = BACKFILLS.map(({ name }) => name),
): Promise<void> {
  const demanded = BACKFILLS.filter(({ name }) => names.includes(name))
  await db
    .deleteFrom('settings')
    .where('tenant_id', '=', tenant_id)
    .where('name', 'in', demanded.map(markerOf))
    .execute()
  // What had begun was about the rows that were there before.
  await db
    .updateTable('runs')
    .set({ status: 'failed', finished_at: now, fingerprint: '' })
    .where('tenant_id', '=', tenant_id)
    .where('kind', '=', 'backfill')
    .where('target', 'in', names)
    .where('status', '<>', 'done')
    .execute()
}
