import {
  ARTEFACTS,
  type ArtefactName,
  type ArtefactStamp,
  withDependents,
} from '../store/artefacts/artefact.ts'
import { planArtefacts } from '../store/artefacts/plan.ts'
import { stampsOf } from '../store/artefacts/stamps.ts'
import type { Engine } from '../store/engine.ts'
import { MIGRATIONS } from '../store/schema/index.ts'
import type { Migration } from '../store/schema/migration.ts'
import { type Plan, planMigrations } from '../store/schema/registry.ts'
import { notInitialised } from './opening.ts'

/** What a change of schema would do. */
export interface Outlook {
  /** 0 for tables without a version. */
  readonly from: number
  readonly to: number
  readonly steps: readonly Migration[]
  /** Derived parts that are not whole, or will not be after the steps, in the order in which they are made again. */
  readonly rebuilds: readonly ArtefactName[]
}

/**
 * Writes nothing.
 * @throws NOT_INITIALISED where nothing is, and what planning throws.
 */
export async function lookAhead(engine: Engine, to: number | undefined): Promise<Outlook> {
  const { location } = engine
  const plan = planMigrations(MIGRATIONS, await engine.survey(), { location, to })
  switch (plan.action) {
    case 'create':
      throw notInitialised(location)
    case 'nothing': {
      // Derived parts are brought along to this build's own schema alone.
      const rebuilds = plan.version < MIGRATIONS.length ? [] : partsToRebuild(await engine.read(stampsOf), [])
      return { from: plan.version, to: plan.version, steps: [], rebuilds }
    }
    case 'migrate':
    case 'reconcile': {
      const reached = plan.steps.at(-1)?.version ?? 0
      const rebuilds = reached < MIGRATIONS.length ? [] : await partsAfter(engine, plan)
      return { from: plan.action === 'migrate' ? plan.from : 0, to: reached, steps: plan.steps, rebuilds }
    }
  }
}

/** Taking over tables makes every derived part anew. */
async function partsAfter(
  engine: Engine,
  plan: Extract<Plan, { action: 'migrate' | 'reconcile' }>,
): Promise<ArtefactName[]> {
  if (plan.action === 'reconcile') return ARTEFACTS.map(({ name }) => name)
  const rebuilt = plan.steps.flatMap(step => (step.strategy === 'rebuild' ? step.rebuilds : []))
  const stamped = plan.steps.every(step => step.name !== 'artefacts')
  return stamped ? partsToRebuild(await engine.read(stampsOf), rebuilt) : partsToRebuild(FIRST, rebuilt)
}

/** The step that brings stamps takes the parts of its time for what they are, whoever made them. */
const FIRST: readonly ArtefactStamp[] = ['keyword', 'near_duplicates'].map(name => ({
  name,
  version: 0,
  digest: '',
  needs_rebuild: 0,
}))

function partsToRebuild(stamps: readonly ArtefactStamp[], rebuilt: readonly ArtefactName[]): ArtefactName[] {
  const planned = planArtefacts(stamps)
  const unfit = planned.filter(
    ({ artefact, plan }) => plan.action === 'rebuild' || rebuilt.includes(artefact.name),
  )
  const dropped = withDependents(new Set(unfit.map(({ artefact }) => artefact.name)))
  return planned
    .filter(({ artefact, isPending }) => isPending || dropped.includes(artefact))
    .map(({ artefact }) => artefact.name)
}
