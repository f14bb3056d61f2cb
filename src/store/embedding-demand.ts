/**
 * Queues what was in a store before a space was: in batches, so that nobody waits long, and from where an earlier
 * process stopped. What has a vector or waits already is left alone.
 */
import { type SqlBool, sql } from 'kysely'
import { BOOTSTRAP_ID } from '../model/memory.ts'
import type { Embedded } from './embedding-queue.ts'
import type { QueueOf } from './embedding-work.ts'
import type { Database } from './engine.ts'
import { dropStoreSetting, setStoreSetting, storeSetting } from './store-settings.ts'

/** Rows a transaction: some 20 ms. */
const BATCH = 2000

const PREFIX = 'embedding_demand.'

/** Has everything looked through that the space may lack. */
export async function demandEmbedding(db: Database, space: number): Promise<void> {
  await setStoreSetting(db, PREFIX + space, '')
}

/** As `demandEmbedding`, for every space. */
export async function demandEmbeddings(db: Database): Promise<void> {
  const spaces = await db.selectFrom('spaces').select('number').execute()
  for (const { number } of spaces) await demandEmbedding(db, number)
}

/** Whether something is still to be looked through. */
export async function isDemanded(db: Database, space: number): Promise<boolean> {
  return (await cursorOf(db, space)) !== null
}

/** Forgets the demand of a space that is gone. */
export async function dropDemand(db: Database, space: number): Promise<void> {
  await dropStoreSetting(db, PREFIX + space)
}

/** The next batch. @returns whether there is more. */
export async function queueDemanded(db: Database, { space, tenant_id }: QueueOf): Promise<boolean> {
  const cursor = await cursorOf(db, space)
  if (cursor === null) return false
  const [subject = 'memory', after = ''] = cursor.split(' ') as [Embedded | undefined, string?]
  const of = subject === 'entity' ? 'entity' : 'memory'
  const ids = await idsAfter(db, tenant_id, { of, after })
  await enqueue(db, { space, tenant_id }, { of, ids })
  const last = ids.at(-1)
  if (ids.length === BATCH && last !== undefined) await moveTo(db, space, `${of} ${last}`)
  else if (of === 'memory') await moveTo(db, space, 'entity ')
  else {
    await dropDemand(db, space)
    return false
  }
  return true
}

interface Part {
  readonly of: Embedded
}

function tableOf(of: Embedded): 'memories' {
  return (of === 'memory' ? 'memories' : 'entities') as 'memories'
}

async function idsAfter(
  db: Database,
  tenant: string,
  { of, after }: Part & { after: string },
): Promise<string[]> {
  let query = db.selectFrom(tableOf(of)).select('id').where('tenant_id', '=', tenant)
  if (after !== '') query = query.where('id', '>', after)
  return (await query.orderBy('id').limit(BATCH).execute()).map(({ id }) => id)
}

async function enqueue(
  db: Database,
  { space, tenant_id }: QueueOf,
  { of, ids }: Part & { ids: readonly string[] },
): Promise<void> {
  const [first, last] = [ids[0], ids.at(-1)]
  if (first === undefined || last === undefined) return
  await db
    .insertInto('embedding_queue')
    .columns(['space', 'subject_id', 'subject'])
    .expression(eb =>
      eb
        .selectFrom(`${tableOf(of)} as m`)
        .select([sql.lit(space).as('space'), 'm.id', sql.lit(of).as('subject')])
        .where('m.tenant_id', '=', tenant_id)
        .where('m.id', '>=', first)
        .where('m.id', '<=', last)
        .where('m.status', 'in', ['active', 'candidate'])
        .where(
          sql<SqlBool>`not exists (select 1 from vectors as v where v.space = ${sql.lit(space)} and v.subject_id = m.id)`,
        ),
    )
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

function cursorOf(db: Database, space: number): Promise<string | null> {
  return storeSetting(db, PREFIX + space)
}

/** Unless the space was dropped meanwhile. */
async function moveTo(db: Database, space: number, value: string): Promise<void> {
  await db
    .updateTable('settings')
    .set({ value })
    .where('tenant_id', '=', BOOTSTRAP_ID)
    .where('name', '=', PREFIX + space)
    .execute()
}
