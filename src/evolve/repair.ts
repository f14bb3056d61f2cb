/**
 * Makes what is derived again from what is not, where it is damaged. No row that cannot be made again is touched: a
 * digest of the store is the same before and after. Only conflicts are opened and closed, as any write would, and the
 * journal tells of it.
 */
import { type Artefact, type ArtefactName, withDependents } from '../store/artefacts/artefact.ts'
import { demandBackfills } from '../store/backfills.ts'
import { correctVectors } from '../store/embedding-agreement.ts'
import type { Engine, SchemaFault } from '../store/engine.ts'
import type { Exclusive } from '../store/exclusive.ts'
import { spacesOf } from '../store/spaces.ts'
import { correctTags, dropLostTags } from '../store/tag-filler.ts'
import { mustNotBeAborted } from '../store/waiting.ts'
import { fillStore } from './filling.ts'
import { dropArtefact, settleArtefacts } from './rebuild.ts'
import type { Surroundings } from './surroundings.ts'

/** What is to be made again. */
export interface Damage {
  readonly schema: readonly SchemaFault[]
  /** Whether indexes in the file contradict their tables. */
  readonly indexes: boolean
  readonly tags: boolean
  /** Whether slots contradict without an open conflict, or conflicts are open that should not be. */
  readonly conflicts: boolean
  /** Whether vectors are not of their texts, or missing without waiting. */
  readonly vectors: boolean
  /** Those whose rows contradict what they are made of. */
  readonly artefacts: ReadonlySet<ArtefactName>
  /** Whether one of them is not of this build, or not whole. */
  readonly stamps: boolean
}

export interface Repair {
  /** What was made again, in words for people. */
  readonly repaired: readonly string[]
  /** What could not be, and why. */
  readonly failed: readonly string[]
}

interface Repairing {
  readonly engine: Engine
  readonly permit: Exclusive
  readonly surroundings: Surroundings
}

/** The permit proves that nobody else changes the store as a whole meanwhile; memories may be read and written. */
export async function repairStore(
  engine: Engine,
  permit: Exclusive,
  { damage, surroundings }: { damage: Damage; surroundings: Surroundings },
): Promise<Repair> {
  const repairing = { engine, permit, surroundings }
  const repaired: string[] = []
  const failed: string[] = []
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work()
      repaired.push(what)
    } catch (error) {
      mustNotBeAborted(surroundings.signal)
      failed.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (const fault of await mendable(repairing, damage.schema)) {
    const { ddl, problem } = fault
    if (ddl !== null) await attempt(problem, () => permit.write(({ script }) => script(ddl)))
  }
  if (damage.indexes)
    await attempt('the indexes of the file', () => permit.write(({ script }) => script('reindex')))
  if (damage.tags) await attempt('the tags', () => rebuildTags(repairing))
  const artefacts = withDependents(damage.artefacts)
  const titles = artefacts.map(({ title }) => `the ${title}`)
  const what = titles.length === 0 ? 'the unfinished parts' : titles.join(' and ')
  if (damage.stamps || artefacts.length > 0) await attempt(what, () => rebuild(repairing, artefacts))
  if (damage.conflicts) await attempt('the conflicts', () => settleConflicts(repairing))
  if (damage.vectors) await attempt('the vectors', () => mendVectors(repairing))
  return { repaired, failed }
}

/** A derived table whose columns are gone makes way; what it took along is then missing, too. */
async function mendable(
  { engine, permit }: Repairing,
  faults: readonly SchemaFault[],
): Promise<readonly SchemaFault[]> {
  const misshapen = new Set(
    faults.filter(({ kind, isDerived }) => kind === 'column' && isDerived).map(({ table }) => table),
  )
  if (misshapen.size === 0) return faults
  for (const table of misshapen) await permit.write(({ script }) => script(`drop table "${table}"`))
  return (await engine.inspect({ deep: true })).schema
}

async function rebuildTags({ engine, permit, surroundings }: Repairing): Promise<void> {
  await permit.write(({ db }) => dropLostTags(db), surroundings.signal)
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor
    cursor = await permit.write(({ db }) => correctTags(db, engine, from), surroundings.signal)
  }
}

/** What lacks a vector afterwards waits for one. */
async function mendVectors({ engine, permit, surroundings }: Repairing): Promise<void> {
  const tenants = await engine.read(db => db.selectFrom('tenants').select('tenant_id').execute())
  for (const { tenant_id } of tenants) {
    for (const space of await engine.read(db => spacesOf(db, engine, tenant_id))) {
      for (let cursor: string | null = ''; cursor !== null; ) {
        const from: string = cursor
        cursor = await permit.write(
          ({ db }) => correctVectors(db, { space, tenant_id }, from),
          surroundings.signal,
        )
      }
    }
  }
}

async function settleConflicts({ engine, permit, surroundings }: Repairing): Promise<void> {
  await permit.write(({ db }) => demandBackfills(db, surroundings.now(), ['conflicts']), surroundings.signal)
  await fillStore(engine, permit, surroundings)
}

const TOTALS = `
insert into keyword_totals (tenant_id, live, documents, terms)
  select t.tenant_id, l.live, 0, 0 from tenants as t cross join (select 1 as live union all select 0) as l where true
  on conflict do nothing;`

async function rebuild(
  { engine, permit, surroundings }: Repairing,
  artefacts: readonly Artefact[],
): Promise<void> {
  await settleArtefacts(engine, permit, { surroundings })
  await permit.write(async change => {
    // Entering a row adds to its total, which must be there for that.
    if (artefacts.length > 0) await change.script(TOTALS)
    for (const artefact of artefacts) await dropArtefact({ engine, change, permit }, artefact, surroundings)
  })
  await fillStore(engine, permit, surroundings)
}
