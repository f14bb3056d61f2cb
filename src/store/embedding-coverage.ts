/** How far a space covers what is to be embedded. */
import type { ExpressionBuilder } from 'kysely'
import { isDemanded } from './embedding-demand.ts'
import { isFree } from './embedding-work.ts'
import type { Database } from './engine.ts'
import type { Tables } from './tables.ts'

export interface Coverage {
  /** Memories and entities that have their vector, or of which it is known that their text has none. */
  readonly embedded: number
  readonly waiting: number
  /** Of those that wait, the ones that failed too often. */
  readonly set_aside: number
  /** Of those that wait, the ones that failed by themselves and are tried again later. */
  readonly failed: number
  /** Of those that wait, the ones that a process holds to embed them, and until when it does at the least. */
  readonly taken: number
  readonly taken_until: string | null
  /** Some of the reasons of those that failed. */
  readonly reasons: readonly string[]
  /** False while what was there before the space is still being queued. */
  readonly isCounted: boolean
}

const REASONS = 3

export async function coverageOf(db: Database, space: number, now: string): Promise<Coverage> {
  const { waiting, set_aside, failed, taken, taken_until } = await queueOf(db, space, now)
  return {
    embedded: await countVectors(db, space),
    waiting: Number(waiting),
    set_aside: Number(set_aside),
    failed: Number(failed),
    taken: Number(taken),
    taken_until: taken_until ?? null,
    reasons: await reasonsIn(db, space),
    isCounted: !(await isDemanded(db, space)),
  }
}

function queueOf(db: Database, space: number, now: string) {
  const hasFailed = (eb: QueueBuilder) =>
    eb.and([eb('set_aside', '=', 0), eb('reason', 'is not', null), isFree('claimed_until', now)(eb)])
  const isTaken = (eb: QueueBuilder) =>
    eb.and([eb('set_aside', '=', 0), eb.not(isFree('claimed_until', now)(eb))])
  return db
    .selectFrom('embedding_queue')
    .select(eb => [
      eb.fn.countAll<number>().as('waiting'),
      eb.fn.count<number>(eb.case().when('set_aside', '=', 1).then(1).end()).as('set_aside'),
      eb.fn.count<number>(eb.case().when(hasFailed(eb)).then(1).end()).as('failed'),
      eb.fn.count<number>(eb.case().when(isTaken(eb)).then(1).end()).as('taken'),
      eb.fn.max(eb.case().when(isTaken(eb)).then(eb.ref('claimed_until')).end()).as('taken_until'),
    ])
    .where('space', '=', space)
    .executeTakeFirstOrThrow()
}

type QueueBuilder = ExpressionBuilder<Tables, 'embedding_queue'>

async function countVectors(db: Database, space: number): Promise<number> {
  const row = await db
    .selectFrom('vectors')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where('space', '=', space)
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

async function reasonsIn(db: Database, space: number): Promise<string[]> {
  const rows = await db
    .selectFrom('embedding_queue')
    .select('reason')
    .distinct()
    .where('space', '=', space)
    .where('reason', 'is not', null)
    .orderBy('reason')
    .limit(REASONS)
    .execute()
  return rows.map(({ reason }) => reason ?? '')
}
