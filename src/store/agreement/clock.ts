/** The times that rows carry against the clock of whoever looks. */
import type { Database } from '../engine.ts'
import type { Checking } from './findings.ts'

/** How far the clocks of two machines may be apart before it is worth a word. */
const TOLERANCE = 60_000

/**
 * A row from the future was written by a clock that was ahead, or this one went back. New ids would then sort before
 * old ones, and versions would end before they began.
 */
export async function checkClock(db: Database, { findings }: Checking, now: string): Promise<void> {
  const limit = new Date(Date.parse(now) + TOLERANCE).toISOString()
  for (const { what, newest } of await newestTimes(db)) {
    if (newest === null || newest <= limit) continue
    findings.add('clock', `the newest ${what} is of ${newest}, and the clock says ${now}`)
  }
}

async function newestTimes(db: Database): Promise<{ what: string; newest: string | null }[]> {
  const memories = await db
    .selectFrom('memories')
    .select([eb => eb.fn.max('recorded_at').as('recorded'), eb => eb.fn.max('updated_at').as('updated')])
    .executeTakeFirst()
  const documents = await db
    .selectFrom('documents')
    .select(eb => eb.fn.max('updated_at').as('updated'))
    .executeTakeFirst()
  const journal = await db
    .selectFrom('journal')
    .select(eb => eb.fn.max('at').as('at'))
    .executeTakeFirst()
  return [
    { what: 'memory', newest: memories?.recorded ?? null },
    { what: 'change of a memory', newest: memories?.updated ?? null },
    { what: 'change of a document', newest: documents?.updated ?? null },
    { what: 'entry of the journal', newest: journal?.at ?? null },
  ]
}
