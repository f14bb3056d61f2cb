/**
 * The segments that a full-text table consists of. A large ingest leaves some fifteen, and every term of every query is
 * looked up in each: merged into one, a query at 500,000 rows reads 34 pages fewer.
 */
import { sql } from 'kysely'
import type { Database, KeywordPart, Write } from '../engine.ts'

/** Pages that one transaction merges, in some 80 ms. */
const STEP = 1000

/**
 * Where a larger share of an index is outside of its largest segment, all of it is written anew. A row costs so the
 * writing of ten at most, some 20 us, however often there is something to merge.
 */
const SCATTERED = 0.1

export async function mergeSegments(part: KeywordPart, write: Write): Promise<void> {
  const { total, largest } = await write(db => segmentSizes(db, part))
  if (total - largest <= SCATTERED * total) return
  // Twice as many as there are pages for: more are needed only where somebody goes on adding rows.
  const most = 4 * (1 + Math.ceil(total / STEP))
  for (let step = 0; step < most; step++) if (!(await write(db => mergeSome(db, part)))) return
}

/** In entries of the index of pages: some half of the pages have one. */
async function segmentSizes(db: Database, part: KeywordPart): Promise<{ total: number; largest: number }> {
  const { rows } = await sql<{ total: number; largest: number }>`
    select coalesce(sum(size), 0) as total, coalesce(max(size), 0) as largest
    from (select count(*) as size from ${sql.ref(`keyword_${part}_idx`)} group by segid)`.execute(db)
  return rows[0] ?? { total: 0, largest: 0 }
}

/** Whether anything was left to merge. */
async function mergeSome(db: Database, part: KeywordPart): Promise<boolean> {
  const before = await changesSoFar(db)
  const table = sql.ref(`keyword_${part}`)
  // Below zero: segments of every level are merged into one.
  await sql`insert into ${table}(${table}, rank) values ('merge', ${-STEP})`.execute(db)
  // The command itself counts as one.
  return (await changesSoFar(db)) - before > 1
}

async function changesSoFar(db: Database): Promise<number> {
  const { rows } = await sql<{ changes: number }>`select total_changes() as changes`.execute(db)
  return rows[0]?.changes ?? 0
}
