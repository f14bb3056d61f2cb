/** The work behind `migrate`: look ahead, rehearse, or carry out. */

import { fillStore } from '../evolve/filling.ts'
import { makeReady } from '../evolve/opening.ts'
import { lookAhead, type Outlook } from '../evolve/outlook.ts'
import { findMisfits } from '../evolve/rebuild.ts'
import { rehearseUpgrade } from '../evolve/rehearsal.ts'
import type { Surroundings } from '../evolve/surroundings.ts'
import { type SnapshotTaker, type Upgrade, upgradeStore } from '../evolve/upgrade.ts'
import type { Engine } from '../store/engine.ts'
import { SCHEMA_VERSION } from '../store/schema/index.ts'
import type { Migrated, Wish } from './migrate.ts'
import type { Context } from './operation.ts'

export async function migrateStore(
  { plan = false, on_copy = false, to }: Wish,
  { upkeep, signal, progress }: Context,
): Promise<Migrated> {
  const surroundings = upkeep.surroundings({ signal, progress })
  const engine = await upkeep.connect()
  try {
    const outlook = await lookAhead(engine, to)
    const planned = toOutput({ engine, outlook, withSql: plan })
    if (on_copy) {
      const upgrade = await rehearseUpgrade(engine, { to, surroundings })
      return { ...planned, ...toDone(planned, upgrade), receipt: null, rehearsal: upgrade !== null }
    }
    if (plan) return planned
    const snapshot = upkeep.taker(engine, { signal, progress })
    const { upgrade, rebuilt } = await carryOut({ engine, outlook, to }, { snapshot, surroundings })
    const applied = upgrade !== null || rebuilt.length > 0
    return { ...planned, ...toDone(planned, upgrade), rebuilt, applied }
  } finally {
    await engine.close()
  }
}

function toOutput({
  engine,
  outlook: { from, to, steps, rebuilds },
  withSql,
}: {
  readonly engine: Engine
  readonly outlook: Outlook
  readonly withSql: boolean
}): Migrated {
  return {
    store: engine.location,
    engine: engine.name,
    from,
    to,
    steps: steps.map(found => ({
      version: found.version,
      name: found.name,
      summary: found.summary,
      strategy: found.strategy,
      floor: found.floor,
      ...(withSql ? { sql: found[engine.name].trim() } : {}),
      seconds: null,
    })),
    applied: false,
    rehearsal: false,
    snapshot: null,
    digest: null,
    memories: null,
    rebuilt: [...rebuilds],
    receipt: null,
    notices: from === 0 ? [TAKEN_OVER] : [],
  }
}

const TAKEN_OVER =
  'These tables have no schema version. They are put aside, the schema is made by all of its steps, and every row is carried over, in one transaction.'

/** What a change did, beside what was planned; another process may have been quicker. */
function toDone(planned: Migrated, upgrade: Upgrade | null): Partial<Migrated> {
  if (upgrade === null) return {}
  const { from, to, digest, memories, receipt, snapshot } = upgrade
  return {
    from,
    to,
    digest,
    memories,
    receipt,
    snapshot: snapshot && { id: snapshot.id, folder: snapshot.folder },
    steps: upgrade.steps.map(done => {
      const known = planned.steps.find(({ version }) => version === done.version)
      return { floor: done.version, ...known, ...done }
    }),
  }
}

interface Wanted {
  readonly engine: Engine
  readonly outlook: Outlook
  readonly to: number | undefined
}

interface Means {
  readonly snapshot: SnapshotTaker | null
  readonly surroundings: Surroundings
}

interface CarriedOut {
  readonly upgrade: Upgrade | null
  readonly rebuilt: string[]
}

async function carryOut({ engine, outlook, to }: Wanted, means: Means): Promise<CarriedOut> {
  // Derived parts are brought along to this build's own schema alone.
  if (outlook.to < SCHEMA_VERSION)
    return { upgrade: await upgradeStore(engine, { to, ...means }), rebuilt: [] }
  const ready = await makeReady(engine, { mayCreate: false, mayChange: true, ...means })
  const rebuilt = ready.unfinished ? await fill(engine, means.surroundings) : []
  return { upgrade: ready.upgrade, rebuilt }
}

function fill(engine: Engine, surroundings: Surroundings): Promise<string[]> {
  return engine.exclusively(
    'rebuild derived parts',
    async held => {
      const { unfinished } = await engine.read(db => findMisfits(db), surroundings.signal)
      await fillStore(engine, held, surroundings)
      return unfinished.map(({ name }) => name)
    },
    { wait: true, signal: surroundings.signal },
  )
}
