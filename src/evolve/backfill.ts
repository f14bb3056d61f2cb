/**
 * Adds links to what a store held before it kept any: in batches of one transaction, each with its cursor, so that a
 * process that dies loses a batch at the most. What cannot be done leaves the store as usable as it was, and is told.
 */
import { sha256 } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import { BOOTSTRAP_ID, type TenantId, type UserId } from '../model/memory.ts'
import { BACKFILLS, type Backfill, type BackfillName, markBackfilled, markerOf } from '../store/backfills.ts'
import type { Database, Engine } from '../store/engine.ts'
import type { Exclusive } from '../store/exclusive.ts'
import { JournalWriter } from '../store/journal.ts'
import type { LinkFilling } from '../store/link-claims.ts'
import { type LinksFilled, linkSharedCopies, linkSuccessors } from '../store/link-filler.ts'
import { addRun, latestRun, type Run, runUnderWay, updateRun } from '../store/runs.ts'
import type { Surroundings } from './surroundings.ts'

type Fill = (filling: LinkFilling, cursor: string) => Promise<LinksFilled>

const FILLS: Readonly<Record<BackfillName, Fill>> = {
  superseded_by: linkSuccessors,
  shared_from: linkSharedCopies,
}

/** What a back-fill did, or would do. */
export interface Backfilled {
  /** Memories that were looked at. */
  readonly scanned: number
  readonly linked: number
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
      surroundings.signal?.throwIfAborted()
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
): Promise<LinksFilled> {
  const [tenant = '', ...inner] = cursor.split(' ')
  const tenant_id = tenant === '' ? await tenantAfter(db, null) : tenant
  if (tenant_id === null) return { ...NOTHING, cursor: null }
  const at = surroundings.now()
  const journal = isPlan ? null : journalFor({ db, engine, tenant_id }, surroundings)
  const filling = { db, engine, tenant_id, journal, at }
  const filled = await FILLS[backfill.name](filling, inner.join(' '))
  await journal?.flush()
  const next = filled.cursor ?? null
  if (next !== null) return { ...filled, cursor: `${tenant_id} ${next}` }
  return { ...filled, cursor: await tenantAfter(db, tenant_id) }
}

async function tenantAfter(db: Database, tenant: string | null): Promise<string | null> {
  let query = db.selectFrom('tenants').select('tenant_id')
  if (tenant !== null) query = query.where('tenant_id', '>', tenant)
  return (await query.orderBy('tenant_id').limit(1).executeTakeFirst())?.tenant_id ?? null
}

function journalFor(
  { db, engine, tenant_id }: { db: Database; engine: Engine; tenant_id: string },
  { now, salt }: Surroundings,
): JournalWriter {
  const principal = {
    tenant_id: tenant_id as TenantId,
    user_id: BOOTSTRAP_ID as UserId,
    kind: 'system' as const,
  }
  const stamp = {
    operation: 'backfill',
    at: now(),
    actor_kind: 'system' as const,
    client: null,
    session: null,
  }
  return new JournalWriter(db, engine, {
    principal,
    stamp: { ...stamp, note: 'what it says of itself became a link' },
    salt,
  })
}

async function resume(db: Database, backfill: Backfill, { newId, now }: Surroundings): Promise<Run> {
  const found = await latestRun(db, 'backfill', backfill.name)
  const fingerprint = sha256(markerOf(backfill))
  if (found !== null && found.status !== 'done' && found.fingerprint === fingerprint) {
    await updateRun(db, found.id, { status: 'running', finished_at: null, receipt: null })
    return found
  }
  if (found?.status === 'running') await updateRun(db, found.id, { status: 'failed', finished_at: now() })
  const run: Run = {
    id: newId(),
    kind: 'backfill',
    target: backfill.name,
    fingerprint,
    status: 'running',
    cursor: null,
    counts: {},
    snapshot_id: null,
    started_at: now(),
    finished_at: null,
    receipt: null,
  }
  await addRun(db, run)
  return run
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
  return { ...NOTHING, ...plain, skipped: Object.fromEntries(skipped) }
}

function added(before: Backfilled, { cursor: _cursor, ...more }: LinksFilled): Backfilled {
  const plain = Object.fromEntries(PLAIN.map(name => [name, before[name] + more[name]]))
  const skipped: Record<string, number> = { ...before.skipped }
  for (const [reason, count] of Object.entries(more.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count
  return { ...NOTHING, ...plain, skipped }
}

export function backfillNamed(name: BackfillName): Backfill {
  return BACKFILLS.find(backfill => backfill.name === name)!
}
