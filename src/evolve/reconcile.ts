/**
 * Takes over tables that carry no version: written before versions were, or by hand. The tables that are there are put
 * aside, the schema is made, every row is carried over with what it lacks filled in, and what was never journalled is
 * journalled now; all in one transaction.
 */
import { HeirloomError } from '../model/errors.ts'
import { ARTEFACTS } from '../store/artefacts/artefact.ts'
import { CLASSES, DIGESTED, type TableName } from '../store/digest/tables.ts'
import type { Column, Engine } from '../store/engine.ts'
import type { Change, Exclusive } from '../store/exclusive.ts'
import type { Migration } from '../store/schema/migration.ts'
import { applyStep } from '../store/schema/steps.ts'
import { enterUnjournalled } from '../store/unjournalled.ts'
import { carryOver } from './carrying.ts'
import { dropArtefact } from './rebuild.ts'
import type { Surroundings } from './surroundings.ts'
import { systemJournal } from './system-journal.ts'
import { type StepDone, secondsSince, toStepDone } from './upgrade.ts'

/** Nothing of these is worth more than what the steps put there: the history of steps is written anew. */
const NOT_CARRIED: ReadonlySet<TableName> = new Set(['schema_history', 'artefacts'])

interface Reconciling {
  readonly engine: Engine
  readonly held: Exclusive
}

/** @throws MIGRATION_FAILED naming the cause; everything is as it was then. */
export async function reconcileStore(
  { engine, held }: Reconciling,
  steps: readonly Migration[],
  surroundings: Surroundings,
): Promise<StepDone[]> {
  const began = surroundings.elapsed()
  try {
    await held.write(async change => {
      const found = await putAside(engine, change)
      const stamping = { at: surroundings.now(), build: surroundings.build }
      for (const step of steps) await applyStep({ engine, change }, step, stamping)
      await carryAll({ engine, change }, found, stamping.at)
      for (const table of [...found.keys()].reverse()) {
        await change.script(`drop table "${engine.aside.nameOf(table)}"`)
      }
      for (const artefact of ARTEFACTS) {
        await dropArtefact({ engine, change, permit: held }, artefact, surroundings)
      }
      await journalAll({ engine, change }, surroundings)
    }, surroundings.signal)
  } catch (error) {
    throw failure(error, engine.location)
  }
  const seconds = secondsSince(began, surroundings)
  return steps.map((step, index) => toStepDone(step, index === steps.length - 1 ? seconds : 0))
}

/** The carried tables are authoritative or local, parents first; derived ones go and come back empty. */
async function putAside(engine: Engine, change: Change): Promise<ReadonlyMap<string, readonly Column[]>> {
  const authoritative = DIGESTED.map(({ name }) => name)
  const names = Object.keys(CLASSES) as TableName[]
  for (const name of LATE) await leaveToOthers(engine, change, name)
  const local = names.filter(name => CLASSES[name] === 'local')
  // Derived tables refer to the others, which could not be renamed and made anew beside them.
  for (const name of names.filter(table => CLASSES[table] === 'derived').reverse()) {
    await change.script(`drop table if exists "${name}"`)
  }
  return engine.aside.put(change, [...authoritative, ...local])
}

/** Tables that no store without a version had for long, and whose names are anybody's. */
const LATE: readonly TableName[] = [
  ...['entities', 'relationships', 'graduations', 'conflicts', 'conflict_members', 'claims', 'edges'],
  ...['preferences', 'pins', 'packs', 'interactions', 'strengths', 'strength_reviews'],
] as const satisfies readonly TableName[]

/** Ours have tenants, and what is not ours says nothing here: it stays as it is, under another name. */
async function leaveToOthers(engine: Engine, change: Change, table: TableName): Promise<void> {
  const columns = await engine.aside.columns(change, table)
  if (columns.length === 0 || columns.some(({ name }) => name === 'tenant_id')) return
  await change.script(`alter table "${table}" rename to "${table}_of_others"`)
}

async function carryAll(
  on: { readonly engine: Engine; readonly change: Change },
  found: ReadonlyMap<string, readonly Column[]>,
  at: string,
): Promise<void> {
  const about = { at, isAlone: found.size === 1, hasPast: found.has('memory_revisions') }
  for (const [name, columns] of found) {
    const table = name as TableName
    if (!NOT_CARRIED.has(table)) await carryOver({ ...on, ...about, table, columns })
  }
}

async function journalAll(
  { engine, change }: { readonly engine: Engine; readonly change: Change },
  { now, salt }: Surroundings,
): Promise<void> {
  const at = now()
  const note = 'taken over from tables without a version'
  const tenants = await change.db.selectFrom('tenants').select('tenant_id').execute()
  for (const { tenant_id } of tenants) {
    const on = { db: change.db, engine, tenant_id }
    const open = () => systemJournal(on, { operation: 'reconcile', at, note, salt })
    await enterUnjournalled(change.db, tenant_id, open)
  }
}

function failure(cause: unknown, location: string): unknown {
  if (cause instanceof HeirloomError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new HeirloomError(
    'MIGRATION_FAILED',
    `${location}: its tables without a version could not be taken over: ${reason}. Everything is as it was. Put right what is named, on a copy first: heirloom migrate --on-copy`,
    { cause },
  )
}
