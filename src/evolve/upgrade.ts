/**
 * Moves an older store to this build's schema: lock, snapshot, each step in one transaction with its stamp, receipt.
 * Nothing here can be half done: a process that dies leaves a store at the step before, and the next one goes on.
 */
import { HeirloomError } from '../model/errors.ts'
import { storeDigest } from '../store/digest/digest.ts'
import type { Engine } from '../store/engine.ts'
import type { Exclusive } from '../store/exclusive.ts'
import { journalHead } from '../store/journal-reader.ts'
import { addRun } from '../store/runs.ts'
import { MIGRATIONS } from '../store/schema/index.ts'
import type { Migration } from '../store/schema/migration.ts'
import { type Plan, planMigrations } from '../store/schema/registry.ts'
import { applyStep } from '../store/schema/steps.ts'
import { settleArtefacts } from './rebuild.ts'
import { reconcileStore } from './reconcile.ts'
import type { Surroundings } from './surroundings.ts'

/** A copy that was read back and found equal. */
export interface TakenSnapshot {
  readonly id: string
  readonly folder: string
  /** State digest of the store at that moment; null for tables that had no version. */
  readonly state: string | null
}

export type SnapshotTaker = (engine: Engine, reason: string) => Promise<TakenSnapshot>

export interface StepDone {
  readonly version: number
  readonly name: string
  readonly summary: string
  readonly strategy: Migration['strategy']
  readonly seconds: number
}

/** What a change of schema did: its receipt. */
export interface Upgrade {
  /** The run that keeps it; null where the schema that was asked for has no table of runs. */
  readonly receipt: string | null
  /** 0 for tables that had no version. */
  readonly from: number
  readonly to: number
  readonly steps: readonly StepDone[]
  readonly snapshot: TakenSnapshot | null
  /** State digests; `before` is null for tables that had no version. */
  readonly digest: { readonly before: string | null; readonly after: string }
  readonly memories: number
  readonly seconds: number
}

export interface UpgradeOptions {
  readonly snapshot: SnapshotTaker | null
  readonly surroundings: Surroundings
  /** The version to stop at. */
  readonly to?: number | undefined
}

/** @returns null where another process has done it meanwhile. */
export function upgradeStore(engine: Engine, options: UpgradeOptions): Promise<Upgrade | null> {
  const { to, surroundings } = options
  return engine.exclusively(
    `migrate to schema ${to ?? MIGRATIONS.length}`,
    async held => {
      const stored = await engine.survey()
      const plan = planMigrations(MIGRATIONS, stored, { location: engine.location, to })
      if (plan.action !== 'migrate' && plan.action !== 'reconcile') return null
      return carryOut({ engine, held, plan }, options)
    },
    { wait: true, signal: surroundings.signal },
  )
}

interface Changing {
  readonly engine: Engine
  readonly held: Exclusive
  readonly plan: Extract<Plan, { action: 'migrate' | 'reconcile' }>
}

async function carryOut({ engine, held, plan }: Changing, options: UpgradeOptions): Promise<Upgrade> {
  const { surroundings, snapshot: take } = options
  const [started_at, began] = [surroundings.now(), surroundings.elapsed()]
  const from = plan.action === 'migrate' ? plan.from : 0
  const to = plan.steps.at(-1)?.version ?? from
  const head = plan.action === 'migrate' ? await engine.read(journalHead) : null
  const snapshot = take === null ? null : await takeFirst({ engine, plan, take, to })
  // The snapshot was read back, so its digest is that of the store at that moment.
  const state = head === null ? null : (snapshot?.state ?? (await lookAt(engine)).state)
  const steps =
    plan.action === 'migrate'
      ? await runSteps({ engine, held, plan }, from, surroundings)
      : await reconcileStore({ engine, held }, plan.steps, surroundings)
  const whole = to === MIGRATIONS.length
  if (whole) await settleArtefacts(engine, held, { surroundings })
  const after = await lookAt(engine)
  if (head === after.head && state !== after.state) throw lost({ state, after, snapshot, engine })
  const upgrade: Upgrade = {
    receipt: (await hasRuns(engine)) ? surroundings.newId() : null,
    from,
    to,
    steps,
    snapshot,
    digest: { before: state, after: after.state },
    memories: after.memories,
    seconds: secondsSince(began, surroundings),
  }
  await keepReceipt(held, upgrade, { started_at, finished_at: surroundings.now() })
  return upgrade
}

/**
 * What others made may hold what no snapshot of rows can: values of no such type. Then there is none, and what follows
 * is one transaction that keeps every row.
 */
async function takeFirst({
  engine,
  plan,
  take,
  to,
}: Pick<Changing, 'engine' | 'plan'> & { take: SnapshotTaker; to: number }): Promise<TakenSnapshot | null> {
  try {
    return await take(engine, `before schema ${to}`)
  } catch (error) {
    const isOthers = plan.action === 'reconcile' && engine.copyFile === null
    if (isOthers && error instanceof HeirloomError && error.code === 'STORE_CORRUPT') return null
    throw error
  }
}

async function runSteps(
  { engine, held, plan }: Changing,
  from: number,
  surroundings: Surroundings,
): Promise<StepDone[]> {
  const done: StepDone[] = []
  for (const [index, step] of plan.steps.entries()) {
    surroundings.progress?.({ item: `step ${step.name}`, done: index, total: plan.steps.length })
    const began = surroundings.elapsed()
    const stamping = { at: surroundings.now(), build: surroundings.build }
    await held.write(change => applyStep({ engine, change }, step, stamping), surroundings.signal)
    done.push(toStepDone(step, secondsSince(began, surroundings)))
  }
  surroundings.progress?.({ item: `schema ${from + done.length}`, done: done.length, total: done.length })
  return done
}

export function toStepDone({ version, name, summary, strategy }: Migration, seconds: number): StepDone {
  return { version, name, summary, strategy, seconds }
}

interface Look {
  readonly state: string
  readonly memories: number
  /** Where the journal stands: who writes meanwhile moves it. */
  readonly head: string
}

function lookAt(engine: Engine): Promise<Look> {
  return engine.read(async db => {
    const { state, tables } = await storeDigest(db, await engine.tableNames(db))
    return { state, memories: tables.memories?.rows ?? 0, head: await journalHead(db) }
  })
}

/** Steps keep every row. That they did is proved, not assumed, unless others have written meanwhile. */
function lost({
  state,
  after,
  snapshot,
  engine,
}: {
  readonly state: string | null
  readonly after: Look
  readonly snapshot: TakenSnapshot | null
  readonly engine: Engine
}): HeirloomError {
  const remedy =
    snapshot === null
      ? ''
      : ` Go back: heirloom snapshot restore ${snapshot.id} --dir '${snapshot.folder}' --to <store>`
  return new HeirloomError(
    'MIGRATION_FAILED',
    `${engine.location}: the digest of what is known changed from ${state} to ${after.state}, which no step may do.${remedy}`,
  )
}

async function hasRuns(engine: Engine): Promise<boolean> {
  return engine.read(async db => (await engine.tableNames(db)).has('runs'))
}

async function keepReceipt(
  held: Exclusive,
  upgrade: Upgrade,
  times: { readonly started_at: string; readonly finished_at: string },
): Promise<void> {
  const { receipt, from, to, snapshot, memories } = upgrade
  if (receipt === null) return
  await held.write(({ db }) =>
    addRun(db, {
      id: receipt,
      kind: 'migrate',
      target: `schema ${to}`,
      fingerprint: `${from} ${to}`,
      status: 'done',
      cursor: null,
      counts: { memories, steps: upgrade.steps.length },
      snapshot_id: snapshot?.id ?? null,
      ...times,
      receipt: upgrade,
    }),
  )
}

export function secondsSince(began: number, { elapsed }: Pick<Surroundings, 'elapsed'>): number {
  return Math.round(elapsed() - began) / 1000
}
