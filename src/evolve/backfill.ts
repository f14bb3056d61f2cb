/**
 * Adds what a store held before it knew of it, links and conflicts: in batches of one transaction, each with its cursor, so that a
 * process that dies loses a batch at the most. What cannot be done leaves the store as usable as it was, and is told.
 */
import { sha256 } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import { BACKFILLS, type Backfill, type BackfillName, markBackfilled, markerOf } from '../store/backfills.ts'
import { settleSlots } from '../store/conflict-filler.ts'
import type { Database, Engine } from '../store/engine.ts'
import type { Exclusive } from '../store/exclusive.ts'
import type { JournalWriter } from '../store/journal.ts'
import type { LinkFilling } from '../store/link-claims.ts'
import { type LinksFilled, linkSharedCopies, linkSuccessors } from '../store/link-filler.ts'
import { beginRun, latestRun, type Run, runUnderWay, updateRun } from '../store/runs.ts'
import { mustNotBeAborted } from '../store/waiting.ts'
import type { Surroundings } from './surroundings.ts'
import { systemJournal } from './system-journal.ts'

type Filling = LinkFilling & Pick<Surroundings, 'newId'>

/** What a batch did, and where the next one goes on; null at the end. */
type Filled = Backfilled & { readonly cursor: string | null }

type Fill = (filling: Filling, cursor: string) => Promise<Filled>

const linking =
  (fill: (filling: LinkFilling, cursor: string) => Promise<LinksFilled>): Fill =>
  async (filling, cursor) => ({ ...NOTHING, ...(await fill(filling, cursor)) })

const FILLS: Readonly<Record<BackfillName, Fill>> = {
  superseded_by: linking(linkSuccessors),
  shared_from: linking(linkSharedCopies),
  conflicts: async (filling, cursor) => ({ ...NOTHING, ...(await settleSlots(filling, cursor)) }),
}

/** Why each of them changes what it changes. */
const NOTES: Readonly<Record<BackfillName, string>> = {
  superseded_by: 'what it says of itself became a link',
  shared_from: 'what it says of itself became a link',
  conflicts: 'what is claimed of the slot was looked at',
}

/** What a back-fill did, or would do. */
export interface Backfilled {
  /** Memories that were looked at; for conflicts, claims and open conflicts. */
  readonly scanned: number
  readonly linked: number
  /** Conflicts that were opened, joined or closed; of their pass alone. */
  readonly settled?: number
  /** Of these links, those whose source is not in the store. */
  readonly source_missing: number
  /** Memories that had their link already. */
  readonly known: number
  /** What said nothing, by the reason. */
  readonly skipped: Readonly<Record<string, number>>
}

const NOTHING: Backfilled = { scanned: 0, linked: 0, source_missing: 0, known: 0, skipped: {} }

/** Carries out those that are pending. One that fails is told by its run; the next opening tries it again. */
export async function fillPending(
  engine: Engine,
  permit: Exclusive,
  { pending, surroundings }: { pending: readonly Backfill[]; surroundings: Surroundings },
): Promise<void> {
  for (const backfill of pending) {
    try {
      await carryOut(engine, permit, { backfill, surroundings })
    } catch (error) {
      // Whoever stopped it goes on at the next opening.
      if (error instanceof HeirloomError && error.code === 'ABORTED') throw error
      mustNotBeAborted(surroundings.signal)
      await permit.write(({ db }) => noteFailure(db, backfill, { error, at: surroundings.now() }))
    }
  }
}

export interface Carrying {
  readonly backfill: Backfill
  readonly surroundings: Surroundings
}

/** Goes on where an earlier process stopped. @returns the run with its receipt. */
export async function carryOut(
  engine: Engine,
  permit: Exclusive,
  { backfill, surroundings }: Carrying,
): Promise<Run & { readonly receipt: Backfilled }> {
  const run = await permit.write(({ db }) => resume(db, backfill, surroundings))
  let done = receiptOf(run)
  for (let cursor: string | null = run.cursor ?? ''; cursor !== null; ) {
    const [from, before]: [string, Backfilled] = [cursor, done]
    const batch = await permit.write(async ({ db }) => {
      const filled = await fillBatch({ db, engine }, from, { backfill, surroundings })
      const counts = added(before, filled)
      const change = { cursor: filled.cursor, counts: flat(counts) }
      if (filled.cursor !== null) await updateRun(db, run.id, change)
      else {
        const finished_at = surroundings.now()
        await updateRun(db, run.id, { ...change, status: 'done', finished_at, receipt: counts })
        await markBackfilled(db, backfill, run.id)
      }
      return { counts, cursor: filled.cursor }
    }, surroundings.signal)
    done = batch.counts
    cursor = batch.cursor
    surroundings.progress?.({ item: backfill.title, done: done.scanned, total: done.scanned })
  }
  return { ...run, status: 'done', receipt: done }
}

/** What `carryOut` would do now. Writes nothing. */
export async function planBackfill(db: Database, engine: Engine, carrying: Carrying): Promise<Backfilled> {
  let planned = NOTHING
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor
    const filled = await fillBatch({ db, engine }, from, { ...carrying, isPlan: true })
    planned = added(planned, filled)
    cursor = filled.cursor
  }
  return planned
}

/** The next batch of the tenant that the cursor names; its end is the next tenant's begin. */
async function fillBatch(
  { db, engine }: { db: Database; engine: Engine },
  cursor: string,
  { backfill, surroundings, isPlan = false }: Carrying & { readonly isPlan?: boolean },
): Promise<Filled> {
  const [tenant = '', ...inner] = cursor.split(' ')
  const tenant_id = tenant === '' ? await tenantAfter(db, null) : tenant
  if (tenant_id === null) return { ...NOTHING, cursor: null }
  const at = surroundings.now()
  const { newId } = surroundings
  const journal = isPlan ? null : journalFor({ db, engine, tenant_id }, { backfill, surroundings })
  const filling = { db, engine, tenant_id, journal, at, newId }
  const filled = await FILLS[backfill.name](filling, inner.join(' '))
  await journal?.flush()
  if (filled.cursor !== null) return { ...filled, cursor: `${tenant_id} ${filled.cursor}` }
  return { ...filled, cursor: await tenantAfter(db, tenant_id) }
}

async function tenantAfter(db: Database, tenant: string | null): Promise<string | null> {
  let query = db.selectFrom('tenants').select('tenant_id')
  if (tenant !== null) query = query.where('tenant_id', '>', tenant)
  return (await query.orderBy('tenant_id').limit(1).executeTakeFirst())?.tenant_id ?? null
}

function journalFor(
  on: { db: Database; engine: Engine; tenant_id: string },
  { backfill, surroundings: { now, salt } }: Carrying,
): JournalWriter {
  return systemJournal(on, { operation: 'backfill', at: now(), note: NOTES[backfill.name], salt })
}

async function resume(db: Database, backfill: Backfill, surroundings: Surroundings): Promise<Run> {
  const found = await latestRun(db, 'backfill', backfill.name)
  const fingerprint = sha256(markerOf(backfill))
  if (found !== null && found.status !== 'done' && found.fingerprint === fingerprint) {
    await updateRun(db, found.id, { status: 'running', finished_at: null, receipt: null })
    return found
  }
  if (found?.status === 'running')
    await updateRun(db, found.id, { status: 'failed', finished_at: surroundings.now() })
  const about = { kind: 'backfill', target: backfill.name, fingerprint, counts: {} } as const
  return beginRun(db, about, surroundings)
}

/** The run keeps where it came to: the next opening goes on from there. */
async function noteFailure(
  db: Database,
  backfill: Backfill,
  { error, at }: { error: unknown; at: string },
): Promise<void> {
  const run = await runUnderWay(db, 'backfill', backfill.name)
  if (run === null) return
  const reason = error instanceof Error ? error.message : String(error)
  await updateRun(db, run.id, { status: 'failed', finished_at: at, receipt: { failed: reason } })
}

const PLAIN = ['scanned', 'linked', 'source_missing', 'known'] as const
const SKIPPED = 'skipped '

/** A run keeps plain counts. */
function flat({ skipped, ...counts }: Backfilled): Record<string, number> {
  const reasons = Object.entries(skipped).map(([reason, count]) => [SKIPPED + reason, count] as const)
  return { ...counts, ...Object.fromEntries(reasons) }
}

function receiptOf({ counts }: Run): Backfilled {
  const plain = Object.fromEntries(PLAIN.map(name => [name, counts[name] ?? 0]))
  const skipped = Object.entries(counts).flatMap(([name, count]) =>
    name.startsWith(SKIPPED) ? [[name.slice(SKIPPED.length), count] as const] : [],
  )
  const { settled } = counts
  return { ...NOTHING, ...plain, ...settledBy(settled), skipped: Object.fromEntries(skipped) }
}

function settledBy(settled: number | undefined): Pick<Backfilled, 'settled'> {
  return settled === undefined ? {} : { settled }
}

function added(before: Backfilled, { cursor: _cursor, ...more }: Filled): Backfilled {
  const plain = Object.fromEntries(PLAIN.map(name => [name, before[name] + more[name]]))
  const skipped: Record<string, number> = { ...before.skipped }
  for (const [reason, count] of Object.entries(more.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count
  const settled = more.settled === undefined ? before.settled : (before.settled ?? 0) + more.settled
  return { ...NOTHING, ...plain, ...settledBy(settled), skipped }
}

export function backfillNamed(name: BackfillName): Backfill {
  return BACKFILLS.find(backfill => backfill.name === name)!
}
