/**
 * The queue of what is to be embedded, as those see it who work it off: several processes take parts of it, each for a
 * while, and what one of them took and did not finish falls to another.
 */
import type { ExpressionBuilder } from 'kysely'
import { textHash } from '../model/embedded-text.ts'
import { toHalves } from '../model/vector.ts'
import { type EmbeddedText, embeddedTexts } from './embedding-texts.ts'
import type { Database, Engine } from './engine.ts'
import type { Tables } from './tables.ts'

/** How long a part of the queue is one process's own after it last wrote some of it, in ms. */
const LEASE = 120_000

/** By how much the clock of one process may be ahead of another's, or of what that read before it waited its turn, in ms. */
const AHEAD = 60_000

/** The longest that a row waits after a failure, in ms. */
const LONGEST_WAIT = 3_600_000

/** After so many failures of its own a row is set aside. */
const ATTEMPTS = 5

/** Whose queue it is. */
export interface QueueOf {
  readonly tenant_id: string
  /** The space's number. */
  readonly space: number
}

export interface Work extends EmbeddedText {
  readonly hash: string
}

export interface Claim extends QueueOf {
  /** Who takes it: new at each time. */
  readonly by: string
  /** ISO 8601, UTC, milliseconds. */
  readonly now: string
  /** Up to when rows that failed must be due. */
  readonly due: string
  readonly limit: number
}

/**
 * Takes the next rows that are due, with their texts. What is gone, or has a vector of its very text already, leaves the
 * queue here. Empty where nothing is due.
 */
export async function claimWork(db: Database, engine: Engine, claim: Claim): Promise<Work[]> {
  const { space, by, now, limit } = claim
  const rows = await dueRows(db, engine, claim)
  if (rows.length === 0) return []
  const ids = rows.map(({ subject_id }) => subject_id)
  const texts = await embeddedTexts(db, claim.tenant_id, rows)
  const work = texts.map(told => ({ ...told, hash: textHash(told.text) }))
  const known = await hashesOf(db, space, ids)
  const open = work.filter(({ subject_id, hash }) => known.get(subject_id) !== hash)
  const kept = new Set(open.map(({ subject_id }) => subject_id))
  await leaveQueue(
    db,
    space,
    ids.filter(id => !kept.has(id)),
  )
  if (kept.size > 0) {
    await db
      .updateTable('embedding_queue')
      .set({ claimed_by: by, claimed_until: later(now, LEASE) })
      .where('space', '=', space)
      .where('subject_id', 'in', [...kept])
      .execute()
  }
  // The rest may be due as well: an empty answer would say that it is not.
  return open.length > 0 || rows.length < limit ? open : claimWork(db, engine, claim)
}

/**
 * Whether a row's time has passed. A clock that jumped must not keep it for ever: what is much further off than any time
 * that is ever set counts as passed.
 */
export function isFree(column: 'due_at' | 'claimed_until', now: string, upTo = now) {
  const longest = later(now, (column === 'due_at' ? LONGEST_WAIT : LEASE) + AHEAD)
  return (eb: QueueBuilder) =>
    eb.or([eb(column, 'is', null), eb(column, '<=', upTo), eb(column, '>', longest)])
}

function dueRows(db: Database, engine: Engine, { space, now, due, limit }: Claim) {
  let query = db
    .selectFrom('embedding_queue')
    .select(['subject_id', 'subject'])
    .where('space', '=', space)
    .where('set_aside', '=', 0)
    .where(isFree('due_at', now, due))
    .where(isFree('claimed_until', now))
    .orderBy('subject_id')
    .limit(limit)
  if (engine.name === 'postgres') query = query.forUpdate().skipLocked()
  return query.execute()
}

type QueueBuilder = ExpressionBuilder<Tables, 'embedding_queue'>

async function hashesOf(db: Database, space: number, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('vectors')
    .select(['subject_id', 'text_hash'])
    .where('space', '=', space)
    .where('subject_id', 'in', ids)
    .execute()
  return new Map(rows.map(({ subject_id, text_hash }) => [subject_id, text_hash]))
}

async function leaveQueue(db: Database, space: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db.deleteFrom('embedding_queue').where('space', '=', space).where('subject_id', 'in', ids).execute()
}

export interface Embedding {
  readonly work: Work
  /** Of length 1; null where the text has none. */
  readonly vector: Float32Array | null
}

/** Writes vectors of what is still claimed: a text that was changed meanwhile waits in the queue anew. */
export async function completeWork(
  db: Database,
  engine: Engine,
  { space, by, done }: { readonly space: number; readonly by: string; readonly done: readonly Embedding[] },
): Promise<number> {
  if (done.length === 0) return 0
  const rows = await db
    .deleteFrom('embedding_queue')
    .where('space', '=', space)
    .where('claimed_by', '=', by)
    .where(
      'subject_id',
      'in',
      done.map(({ work }) => work.subject_id),
    )
    .returning('subject_id')
    .execute()
  const ours = new Set(rows.map(({ subject_id }) => subject_id))
  if (ours.size === 0) return 0
  await db
    .deleteFrom('vectors')
    .where('space', '=', space)
    .where('subject_id', 'in', [...ours])
    .execute()
  const vectors = done.filter(({ work }) => ours.has(work.subject_id))
  await engine.vectors.insert(
    db,
    vectors.map(({ work, vector }) => ({
      space,
      subject_id: work.subject_id,
      text_hash: work.hash,
      vector: vector === null ? null : toHalves(vector),
    })),
  )
  return ours.size
}

/** Holds on to what is still claimed. */
export async function renewWork(
  db: Database,
  { space, by, now }: { readonly space: number; readonly by: string; readonly now: string },
): Promise<void> {
  await db
    .updateTable('embedding_queue')
    .set({ claimed_until: later(now, LEASE) })
    .where('space', '=', space)
    .where('claimed_by', '=', by)
    .execute()
}

/** Gives back what was taken, as if it had not been. */
export async function releaseWork(
  db: Database,
  { space, by }: { readonly space: number; readonly by: string },
): Promise<void> {
  await db
    .updateTable('embedding_queue')
    .set({ claimed_by: null, claimed_until: null })
    .where('space', '=', space)
    .where('claimed_by', '=', by)
    .execute()
}

export interface Failure {
  readonly space: number
  readonly by: string
  readonly subject_id: string
  readonly reason: string
  readonly now: string
}

/** Has a row that could not be embedded wait, longer each time; after some times it is set aside with its reason. */
export async function failWork(db: Database, failure: Failure): Promise<{ readonly isSetAside: boolean }> {
  const { space, by, subject_id, reason, now } = failure
  const row = await db
    .selectFrom('embedding_queue')
    .select('attempts')
    .where('space', '=', space)
    .where('subject_id', '=', subject_id)
    .where('claimed_by', '=', by)
    .executeTakeFirst()
  if (row === undefined) return { isSetAside: false }
  const attempts = row.attempts + 1
  const isSetAside = attempts >= ATTEMPTS
  const wait = Math.min(LONGEST_WAIT, 1000 * 4 ** attempts)
  await db
    .updateTable('embedding_queue')
    .set({
      attempts,
      reason,
      claimed_by: null,
      claimed_until: null,
      due_at: later(now, wait),
      set_aside: isSetAside ? 1 : 0,
    })
    .where('space', '=', space)
    .where('subject_id', '=', subject_id)
    .execute()
  return { isSetAside }
}

/**
 * Has what waits after a failure tried again now, and what was set aside as well where that is wanted: once more, after
 * which it is set aside again. How often a text failed is not forgotten, or it would be tried for ever.
 */
export async function hurryWork(
  db: Database,
  { space, setAside }: { readonly space: number; readonly setAside: boolean },
): Promise<void> {
  if (setAside) {
    await db
      .updateTable('embedding_queue')
      .set({ attempts: ATTEMPTS - 1, due_at: null, set_aside: 0 })
      .where('space', '=', space)
      .where('set_aside', '=', 1)
      .execute()
  }
  await db
    .updateTable('embedding_queue')
    .set({ due_at: null })
    .where('space', '=', space)
    .where('set_aside', '=', 0)
    .where('due_at', 'is not', null)
    .execute()
}

function later(now: string, milliseconds: number): string {
  return new Date(Date.parse(now) + milliseconds).toISOString()
}
