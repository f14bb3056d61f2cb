/**
 * From a place where a store may be to a store that fits this build: made where there is nothing, moved to this
 * build's schema, its derived parts filled. Where all fits, nothing is written and nothing more is loaded.
 */
import { type ErrorCode, HeirloomError } from '../model/errors.ts'
import type { Engine, Stamps } from '../store/engine.ts'
import { MIGRATIONS } from '../store/schema/index.ts'
import { type Plan, planMigrations, tooNew } from '../store/schema/registry.ts'
import { readStamps } from '../store/stamps.ts'
import type { Surroundings } from './surroundings.ts'
import type { SnapshotTaker, Upgrade } from './upgrade.ts'

export interface OpeningOptions {
  /** Whether a store may be made where there is none. */
  readonly mayCreate: boolean
  /** Whether an older store is moved here and now; where others share the server, only on demand. */
  readonly mayChange: boolean
  /** Takes the copy that is there before anything risky; null for a store that lives in memory. */
  readonly snapshot: SnapshotTaker | null
  readonly surroundings: Surroundings
}

export interface Ready {
  /** Whether this opening made the store. */
  readonly created: boolean
  /** What this opening had to change; null where the store fitted. */
  readonly upgrade: Upgrade | null
  /** What a writer will find unchanged, or else stop. */
  readonly stamps: Stamps
  /** Whether derived parts are still to be filled, or links still to be added to older rows. */
  readonly unfinished: boolean
}

/** @throws NOT_INITIALISED, SCHEMA_OUTDATED or REBUILD_REQUIRED with the command, or what planning and migrating throw. */
export async function makeReady(engine: Engine, options: OpeningOptions): Promise<Ready> {
  const plan = planMigrations(MIGRATIONS, await engine.survey(), { location: engine.location })
  const created = plan.action === 'create' && (await create(engine, plan, options))
  const upgrade =
    plan.action === 'migrate' || plan.action === 'reconcile' ? await change(engine, plan, options) : null
  const found = await engine.read(readStamps)
  if (!found.fits) return refit(engine, { created, upgrade, schema: found.stamps.schema }, options)
  return { created, upgrade, stamps: found.stamps, unfinished: found.unfinished }
}

/** @returns whether it was made here; false where somebody else was quicker. */
async function create(
  engine: Engine,
  plan: Extract<Plan, { action: 'create' }>,
  { mayCreate, surroundings }: OpeningOptions,
): Promise<boolean> {
  if (!mayCreate) throw notInitialised(engine.location)
  const { createStore } = await import('./creation.ts')
  return createStore(engine, plan.steps, surroundings)
}

export function notInitialised(location: string): HeirloomError {
  return new HeirloomError(
    'NOT_INITIALISED',
    `${location} holds no store yet. Make it: heirloom init --store '${location}' (in a program: openHeirloom with mode: 'initialise')`,
  )
}

async function change(engine: Engine, plan: Plan, options: OpeningOptions): Promise<Upgrade | null> {
  if (!options.mayChange) throw outdated(engine, plan)
  const { upgradeStore } = await import('./upgrade.ts')
  try {
    return await upgradeStore(engine, options)
  } catch (error) {
    if (error instanceof HeirloomError && error.code === 'STORE_READ_ONLY')
      throw cannotWrite(engine, plan, error)
    throw error
  }
}

function cannotWrite({ location }: Engine, plan: Plan, cause: HeirloomError): HeirloomError {
  return new HeirloomError(
    'STORE_READ_ONLY',
    `${location} ${formOf(plan)} and must be moved to ${MIGRATIONS.length} before this build can read it, but cannot be written to. Copy it to a folder that you may write to, and open the copy.`,
    { cause },
  )
}

function formOf(plan: Plan): string {
  return plan.action === 'migrate'
    ? `has schema ${plan.from}`
    : 'has tables of memories without a schema version'
}

function outdated({ location }: Engine, plan: Plan): HeirloomError {
  return new HeirloomError(
    'SCHEMA_OUTDATED',
    `${location} ${formOf(plan)}; this build needs ${MIGRATIONS.length}. Look at what would change: heirloom migrate --plan --store '${location}', then do it: heirloom migrate --store '${location}'`,
  )
}

/** Derived parts that another build made: dropped under the lock, to be filled again. */
async function refit(
  engine: Engine,
  { schema, ...done }: Pick<Ready, 'created' | 'upgrade'> & { schema: number },
  { mayChange, surroundings }: OpeningOptions,
): Promise<Ready> {
  // A newer schema that admits this build may still keep derived parts in a form that this build cannot make.
  if (schema > MIGRATIONS.length) throw tooNew(engine.location, schema, MIGRATIONS.length)
  const { rebuildRequired, settleArtefacts } = await import('./rebuild.ts')
  if (!mayChange) throw rebuildRequired(engine.location)
  await engine.exclusively('rebuild derived parts', held => settleArtefacts(engine, held, { surroundings }), {
    wait: true,
    signal: surroundings.signal,
  })
  const { stamps, unfinished } = await engine.read(readStamps)
  return { ...done, stamps, unfinished }
}

/** What keeps derived parts from being filled now and says nothing against using the store. */
const WAITS: ReadonlySet<ErrorCode> = new Set([
  'LOCKED',
  'STORE_READ_ONLY',
  'STORE_FULL',
  'STORE_BUSY',
  'ABORTED',
])

/**
 * Fills what is not whole, unless another process is at it or nothing can be written here: then recall says what is
 * missing, and the next opening tries again.
 */
export async function finishFilling(engine: Engine, surroundings: Surroundings): Promise<void> {
  const { fillStore } = await import('./filling.ts')
  try {
    await engine.exclusively('rebuild derived parts', held => fillStore(engine, held, surroundings))
  } catch (error) {
    if (!(error instanceof HeirloomError && WAITS.has(error.code))) throw error
  }
}
