/** What it costs to link copies that have nothing but tags, and to find at open that it was done already. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEngine } from '../src/engines.ts'
import { openHeirloom } from '../src/index.ts'
import { openStore } from '../src/open.ts'
import { pendingBackfills } from '../src/store/backfills.ts'
import { fillTagged, openBare } from './provenance-fill.ts'
import { quantile, round, timed } from './times.ts'

/** Memories a transaction, as the back-fill takes them. */
const BATCH = 4000
const CHECKS = 1000
const OPENINGS = 30

export interface Backfill {
  readonly memories: number
  readonly linked: number
  readonly source_missing: number
  readonly seconds: number
  readonly memories_per_s: number
  /** The same rows of links and journal, copied by bare statements in as many transactions. */
  readonly bare_seconds: number
  /** The back-fill's time as a multiple of the bare statements'. */
  readonly ratio: number
}

export async function measureBackfill(folder: string, memories: number): Promise<Backfill> {
  const [store, untouched] = [join(folder, 'tagged.db'), join(folder, 'untouched.db')]
  await fillTagged(store, memories)
  copyFileSync(store, untouched)
  // Opening it as usual would link them at once.
  const memory = await openHeirloom({ store, mode: 'existing', upgrade: 'never' })
  const begun = performance.now()
  const { linked, source_missing } = await memory.backfill_shared_from({})
  const seconds = (performance.now() - begun) / 1000
  await memory.close()
  if (linked !== memories || source_missing !== Math.floor(memories / 4) * 2)
    throw new Error(`${linked} of ${memories} were linked, ${source_missing} of them to nothing`)
  const bare_seconds = copyRows(store, untouched)
  return {
    memories,
    linked,
    source_missing,
    seconds: round(seconds),
    memories_per_s: Math.round(memories / seconds),
    bare_seconds: round(bare_seconds),
    ratio: round(seconds / bare_seconds),
  }
}

/** Everything that the back-fill wrote, from one store into the other. */
function copyRows(from: string, to: string): number {
  using db = openBare(to)
  db.pragma('foreign_keys = ON')
  db.exec(`attach database '${from.replaceAll("'", "''")}' as done`)
  const told = 'j.tenant_id = (select tenant_id from main.tenants) and j.sequence > ? and j.sequence <= ?'
  const statements = [
    `insert into main.links select l.* from done.journal as j cross join done.links as l
      on l.tenant_id = j.tenant_id and l.target_id = j.subject_id where ${told}`,
    `insert into main.journal select j.* from done.journal as j where ${told}`,
    `insert into main.journal_payloads select j.* from done.journal_payloads as j where ${told}`,
  ].map(statement => db.prepare(statement))
  const [first, last] = ['main', 'done'].map(schema =>
    Number(db.prepare(`select max(sequence) from ${schema}.journal`).pluck().get()),
  ) as [number, number]
  const begun = performance.now()
  for (let after = first; after < last; after += BATCH) {
    db.transaction(() => {
      for (const statement of statements) statement.run(after, Math.min(after + BATCH, last))
    })()
  }
  const seconds = (performance.now() - begun) / 1000
  const left = db.prepare('select (select count(*) from done.links) - (select count(*) from main.links)')
  if (left.pluck().get() !== 0) throw new Error('The bare statements copied other links than there are')
  return seconds
}

export interface Opening {
  /** Whether something is still to be linked, asked of an open store, with the transaction in which it is asked. */
  readonly check_at_open_p50_ms: number
  readonly check_at_open_p95_ms: number
  /** The same as the first statement of a connection, as it is when a store is opened. */
  readonly first_check_at_open_p50_ms: number
  readonly open_p50_ms: number
}

/** Of a store in which all was linked. */
export async function measureOpening(store: string): Promise<Opening> {
  const checks = await timesOfChecks(store)
  const firsts: number[] = []
  const openings: number[] = []
  for (let done = 0; done < OPENINGS; done++) {
    firsts.push(await timeOfFirstCheck(store))
    const [ms, memory] = await timed(() => openHeirloom({ store, mode: 'existing' }))
    await memory.close()
    openings.push(ms)
  }
  return {
    check_at_open_p50_ms: round(quantile(checks, 0.5)),
    check_at_open_p95_ms: round(quantile(checks, 0.95)),
    first_check_at_open_p50_ms: round(quantile(firsts, 0.5)),
    open_p50_ms: round(quantile(openings, 0.5)),
  }
}

async function timesOfChecks(store: string): Promise<number[]> {
  const { store: opened } = await openStore({ store, mode: 'existing' })
  const { engine } = opened
  const times: number[] = []
  for (let done = 0; done < CHECKS; done++) {
    const [ms, pending] = await timed(() => engine.read(db => pendingBackfills(db)))
    if (pending.length > 0) throw new Error(`${store} is not linked`)
    times.push(ms)
  }
  await opened.close()
  return times
}

async function timeOfFirstCheck(store: string): Promise<number> {
  const surroundings = {
    now: () => new Date().toISOString(),
    random: Math.random,
    pause: (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)),
  }
  const engine = await openEngine({ store, mode: 'existing' }, surroundings)
  // Opens the file, as surveying the schema does.
  await engine.survey()
  const [ms] = await timed(() => engine.read(db => pendingBackfills(db)))
  await engine.close()
  return ms
}
