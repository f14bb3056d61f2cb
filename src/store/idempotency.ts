/**
 * Remembers what a write answered under its key, in the write's own transaction: the answer survives a crash between
 * commit and reply, and a second caller waits for the first.
 */
import { sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Database } from './engine.ts'

/** How long a key is remembered, in ms. */
const KEPT = 24 * 60 * 60 * 1000

export interface IdempotencyClaim {
  readonly key: string
  /** Digest of the operation's name and arguments. */
  readonly request_hash: string
}

interface Context {
  readonly db: Database
  readonly principal: Principal
  readonly now: string
}

/** The answer kept under a key within the last day, for work that takes more than one transaction. */
export async function earlierAnswer<T>(
  { db, principal, now }: Context,
  wanted: IdempotencyClaim,
): Promise<{ answer: T } | null> {
  const row = await db
    .selectFrom('idempotency')
    .select(['request_hash', 'result'])
    .where('tenant_id', '=', principal.tenant_id)
    .where('user_id', '=', principal.user_id)
    .where('key', '=', wanted.key)
    .where('created_at', '>=', keptSince(now))
    .executeTakeFirst()
  return row === undefined ? null : { answer: mustBeSame<T>(row, wanted) }
}

/**
 * Takes the key for this transaction, or gives the answer that an earlier one kept under it.
 * @throws IDEMPOTENCY_MISMATCH when the key was used for something else.
 */
export async function claim<T>(context: Context, wanted: IdempotencyClaim): Promise<{ answer: T } | null> {
  const { db, principal, now } = context
  const { tenant_id, user_id } = principal
  await db
    .deleteFrom('idempotency')
    .where('tenant_id', '=', tenant_id)
    .where('created_at', '<', keptSince(now))
    .execute()
  // On PostgreSQL this waits for another transaction that holds the same key.
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('idempotency')
    .values({ tenant_id, user_id, ...wanted, result: null, created_at: now })
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n ? null : earlierAnswer(context, wanted)
}

function keptSince(now: string): string {
  return new Date(Date.parse(now) - KEPT).toISOString()
}

function mustBeSame<T>(row: { request_hash: string; result: string | null }, wanted: IdempotencyClaim): T {
  if (row.request_hash === wanted.request_hash && row.result !== null) return JSON.parse(row.result) as T
  throw new HeirloomError(
    'IDEMPOTENCY_MISMATCH',
    `The idempotency key "${wanted.key}" was used within the last day with other arguments. Use a new key for a new write.`,
  )
}

export async function keep(context: Context, { key }: IdempotencyClaim, answer: unknown): Promise<void> {
  const { db, principal } = context
  await db
    .updateTable('idempotency')
    .set({ result: sql`${JSON.stringify(answer)}` })
    .where('tenant_id', '=', principal.tenant_id)
    .where('user_id', '=', principal.user_id)
    .where('key', '=', key)
    .execute()
}

/** Lets go of the requests whose answers name a record that is emptied. What is kept is of one day: few. */
export async function dropAnswersNaming({ db, principal }: Omit<Context, 'now'>, id: string): Promise<void> {
  await db
    .deleteFrom('idempotency')
    .where('tenant_id', '=', principal.tenant_id)
    .where('result', 'like', `%"${id}"%`)
    .execute()
}
