/**
 * Makes derived parts anew from authoritative rows. Dropping one and beginning its run is one transaction under the
 * store's lock; then it fills in batches, each with its cursor, while everybody else reads and writes. Writers enter
 * what they write themselves, so only what was there before the drop is left to enter.
 */
import { sha256 } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import { ARTEFACTS, type Artefact, versionOf, withDependents } from '../store/artefacts/artefact.ts'
import { type PlannedArtefact, planArtefacts } from '../store/artefacts/plan.ts'
import { stampArtefact, stampsOf } from '../store/artefacts/stamps.ts'
import { demandBackfills } from '../store/backfills.ts'
import type { Database, Engine } from '../store/engine.ts'
import type { Change, Exclusive } from '../store/exclusive.ts'
import { addRunErrors, beginRun, countRunErrors, type Run, runUnderWay, updateRun } from '../store/runs.ts'
import { FILLERS } from './fillers.ts'
import type { Surroundings } from './surroundings.ts'

/** What is not as this build needs it, without touching anything. */
export interface Misfits {
  /** Those whose stamp says something else than this build's: their plan is carried out under the lock. */
  readonly unfit: readonly Artefact[]
  /** Those that fit and are not whole yet. */
  readonly unfinished: readonly Artefact[]
}

export async function findMisfits(db: Database, artefacts = ARTEFACTS): Promise<Misfits> {
  const planned = planArtefacts(await stampsOf(db), artefacts)
  const isFit = ({ plan }: PlannedArtefact) => plan.action === 'nothing'
  const unfit = planned.filter(found => !isFit(found))
  const unfinished = planned.filter(found => isFit(found) && found.isPending)
  return { unfit: unfit.map(toArtefact), unfinished: unfinished.map(toArtefact) }
}

function toArtefact({ artefact }: PlannedArtefact): Artefact {
  return artefact
}

/**
 * Carries out what the stamps call for: stamps, steps in place, or a drop. After it every stamp is this build's; what
 * was dropped is still to be filled.
 * @throws REBUILD_REQUIRED where something would have to be dropped and there is no permit; nothing was done then.
 */
export async function settleArtefacts(
  engine: Engine,
  permit: Exclusive | null,
  { surroundings, artefacts = ARTEFACTS }: { surroundings: Surroundings; artefacts?: readonly Artefact[] },
): Promise<void> {
  if (permit === null) throw rebuildRequired(engine.location)
  await permit.write(async change => {
    const planned = planArtefacts(await stampsOf(change.db), artefacts)
    const unfit = planned.filter(({ plan }) => plan.action === 'rebuild').map(({ artefact }) => artefact.name)
    const dropped = withDependents(new Set(unfit), artefacts)
    for (const artefact of dropped) await dropArtefact({ engine, change, permit }, artefact, surroundings)
    for (const { artefact, plan } of planned) {
      if (dropped.includes(artefact)) continue
      switch (plan.action) {
        case 'nothing':
        case 'rebuild':
          break
        case 'stamp':
          await stampArtefact(change, artefact, { ...surroundings, needs_rebuild: 0 })
          break
        case 'steps':
          for (const step of plan.steps) await change.script(step[engine.name])
          await stampArtefact(change, artefact, { ...surroundings, needs_rebuild: 0 })
      }
    }
  })
}

export function rebuildRequired(location: string): HeirloomError {
  return new HeirloomError(
    'REBUILD_REQUIRED',
    `${location}: a derived index was made by another build of heirloom and must be rebuilt. Run: heirloom migrate --store '${location}'. Nothing was changed, and no memory is affected.`,
  )
}

/** Empties an artefact and begins the run that fills it, in the caller's transaction. */
export async function dropArtefact(
  { engine, change, permit }: { engine: Engine; change: Change; permit: Exclusive },
  artefact: Artefact,
  surroundings: Surroundings,
): Promise<void> {
  await FILLERS[artefact.name].empty({ engine, change, permit })
  await stampArtefact(change, artefact, { ...surroundings, needs_rebuild: 1 })
  // Writers leave conflicts alone until claims are whole; then every slot is looked at once.
  if (artefact.name === 'claims') await demandBackfills(change.db, surroundings.now(), ['conflicts'])
  const earlier = await runUnderWay(change.db, 'reindex', artefact.name)
  if (earlier !== null) {
    await updateRun(change.db, earlier.id, { status: 'failed', finished_at: surroundings.now() })
  }
  await begin(change.db, artefact, surroundings)
}

function begin(db: Database, artefact: Artefact, surroundings: Surroundings): Promise<Run> {
  const target = artefact.name
  const about = {
    kind: 'reindex',
    target,
    fingerprint: fingerprintOf(artefact),
    counts: { done: 0 },
  } as const
  return beginRun(db, about, surroundings)
}

function fingerprintOf(artefact: Artefact): string {
  return sha256(`${artefact.name} ${versionOf(artefact)} ${artefact.digest}`)
}

/** Fills what is not whole, from where an earlier process stopped. */
export async function fillArtefacts(
  engine: Engine,
  permit: Exclusive,
  { surroundings, artefacts = ARTEFACTS }: { surroundings: Surroundings; artefacts?: readonly Artefact[] },
): Promise<void> {
  const { unfinished } = await engine.read(db => findMisfits(db, artefacts), surroundings.signal)
  for (const artefact of unfinished) await fill({ engine, permit, surroundings }, artefact)
}

interface Filling {
  readonly engine: Engine
  readonly permit: Exclusive
  readonly surroundings: Surroundings
}

async function fill({ engine, permit, surroundings }: Filling, artefact: Artefact): Promise<void> {
  const filler = FILLERS[artefact.name]
  const run = await permit.write(({ db }) => resume(db, artefact, surroundings))
  const total = await engine.read(db => filler.total(db), surroundings.signal)
  let { done = 0 } = run.counts
  for (let cursor: string | null = run.cursor ?? ''; cursor !== null; ) {
    const [from, before]: [string, number] = [cursor, done]
    const batch = await permit.write(async change => {
      const filled = await filler.fill({ engine, change }, from)
      const counts = { done: before + filled.done }
      await addRunErrors(change.db, run.id, filled.errors)
      if (filled.cursor !== null) await updateRun(change.db, run.id, { cursor: filled.cursor, counts })
      else await finish({ change, run, done: counts.done }, artefact, surroundings)
      return filled
    }, surroundings.signal)
    done += batch.done
    cursor = batch.cursor
    surroundings.progress?.({ item: `rebuilding the ${artefact.title}`, done, total: Math.max(done, total) })
  }
  if (done > 0) await engine.keyword.putInOrder(work => engine.write(work))
}

/** The run that is under way, or a new one where a step of the schema has emptied the artefact. */
async function resume(db: Database, artefact: Artefact, surroundings: Surroundings): Promise<Run> {
  const found = await runUnderWay(db, 'reindex', artefact.name)
  if (found !== null && found.fingerprint === fingerprintOf(artefact)) return found
  if (found !== null) await updateRun(db, found.id, { status: 'failed', finished_at: surroundings.now() })
  return begin(db, artefact, surroundings)
}

/** The artefact is whole, but for rows that could not be read; these are in the run's ledger, and it says so. */
async function finish(
  { change, run, done }: { change: Change; run: Run; done: number },
  artefact: Artefact,
  surroundings: Surroundings,
): Promise<void> {
  const errors = await countRunErrors(change.db, run.id)
  await stampArtefact(change, artefact, { ...surroundings, needs_rebuild: 0 })
  await updateRun(change.db, run.id, {
    status: errors === 0 ? 'done' : 'failed',
    finished_at: surroundings.now(),
    counts: { done, errors },
    receipt: { artefact: artefact.name, version: versionOf(artefact), entries: done, errors },
  })
}
