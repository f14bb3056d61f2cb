/** Whether what is stored of vectors agrees with the texts that they are of: asked by `doctor`, and mended by it. */
import { type SqlBool, sql } from 'kysely'
import { textHash } from '../model/embedded-text.ts'
import type { Space } from '../model/space.ts'
import { fromHalves } from '../model/vector.ts'
import { demandEmbedding, isDemanded } from './embedding-demand.ts'
import type { Embedded } from './embedding-queue.ts'
import { embeddedTexts } from './embedding-texts.ts'
import type { Database } from './engine.ts'
import type { VectorTable } from './vector-tables.ts'

/** Of each kind no more than so many are looked for. */
const MOST = 100

/** Vectors a batch. */
const BATCH = 500

export interface Disagreement {
  readonly subject_id: string
  /** In words for people. */
  readonly problem: string
}

type Vector = Pick<VectorTable, 'subject_id' | 'text_hash' | 'vector'>

/** How the vectors of some subjects, that are to have one, differ from what they should be. */
export async function disagreements(
  db: Database,
  { space, tenant_id }: { readonly space: Space; readonly tenant_id: string },
  { subject, ids }: { readonly subject: Embedded; readonly ids: readonly string[] },
): Promise<Disagreement[]> {
  if (ids.length === 0) return []
  const texts = await embeddedTexts(
    db,
    tenant_id,
    ids.map(subject_id => ({ subject_id, subject })),
  )
  const vectors = new Map((await vectorsOf(db, space, ids)).map(row => [row.subject_id, row]))
  const waiting = new Set(await waitingOf(db, space, ids))
  const isLate = await isDemanded(db, space.number)
  return texts.flatMap(({ subject_id, text }) => {
    const found = vectors.get(subject_id)
    if (found === undefined)
      return waiting.has(subject_id) || isLate
        ? []
        : [
            {
              subject_id,
              problem: `${subject} ${subject_id} has no vector in ${space.name} and waits for none`,
            },
          ]
    const problem = found.text_hash === textHash(text) ? damageOf(found, space) : 'is of another text'
    return problem === null
      ? []
      : [{ subject_id, problem: `the vector of ${subject} ${subject_id} in ${space.name} ${problem}` }]
  })
}

function damageOf({ vector }: Vector, { dimensions }: Space): string | null {
  if (vector === null) return null
  if (vector.length !== dimensions * 2) return `has ${vector.length} bytes, not ${dimensions * 2}`
  const length = Math.hypot(...fromHalves(vector))
  return Math.abs(length - 1) < 0.01 ? null : 'has not the length 1'
}

function vectorsOf(db: Database, { number }: Space, ids: readonly string[]): Promise<Vector[]> {
  return db
    .selectFrom('vectors')
    .select(['subject_id', 'text_hash', 'vector'])
    .where('space', '=', number)
    .where('subject_id', 'in', ids)
    .execute()
}

async function waitingOf(db: Database, { number }: Space, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('embedding_queue')
    .select('subject_id')
    .where('space', '=', number)
    .where('subject_id', 'in', ids)
    .execute()
  return rows.map(({ subject_id }) => subject_id)
}

/** Subjects of vectors that are gone. */
export async function lostVectors(db: Database, { number }: Space): Promise<string[]> {
  const hasNo = (table: 'memories' | 'entities') =>
    sql<SqlBool>`not exists (select 1 from ${sql.table(table)} as o where o.id = v.subject_id)`
  const rows = await db
    .selectFrom('vectors as v')
    .select('v.subject_id')
    .where('v.space', '=', number)
    .where(hasNo('memories'))
    .where(hasNo('entities'))
    .limit(MOST)
    .execute()
  return rows.map(({ subject_id }) => subject_id)
}

/**
 * Takes away the vectors that are not of their subject's text, or not fit to be compared, and has what lacks one queued
 * again. @returns where the next batch goes on; null at the end.
 */
export async function correctVectors(
  db: Database,
  { space, tenant_id }: { readonly space: Space; readonly tenant_id: string },
  cursor: string,
): Promise<string | null> {
  let query = db.selectFrom('vectors').select('subject_id').where('space', '=', space.number)
  if (cursor !== '') query = query.where('subject_id', '>', cursor)
  const ids = (await query.orderBy('subject_id').limit(BATCH).execute()).map(({ subject_id }) => subject_id)
  const wrong = new Set(ids)
  for (const subject of ['memory', 'entity'] as const) {
    const texts = await embeddedTexts(
      db,
      tenant_id,
      ids.map(subject_id => ({ subject_id, subject })),
    )
    const there = texts.map(({ subject_id }) => subject_id)
    const bad = await disagreements(db, { space, tenant_id }, { subject, ids: there })
    for (const id of there) wrong.delete(id)
    for (const { subject_id } of bad) wrong.add(subject_id)
  }
  if (wrong.size > 0)
    await db
      .deleteFrom('vectors')
      .where('space', '=', space.number)
      .where('subject_id', 'in', [...wrong])
      .execute()
  const last = ids.at(-1)
  if (ids.length === BATCH && last !== undefined) return last
  await demandEmbedding(db, space.number)
  return null
}
