/** Why a space could not be embedded into at the last attempt, by whatever process: a note of this store's own. */
import { BOOTSTRAP_ID } from '../model/memory.ts'
import type { Database } from './engine.ts'
import { dropStoreSetting, setStoreSetting, storeSetting } from './store-settings.ts'

const PREFIX = 'embedding_problem.'

/** How long after an attempt that failed nobody tries again who has no time to wait, in ms. */
const RECENT = 300_000

export interface EmbeddingProblem {
  /** For people, with the remedy. */
  readonly problem: string
  /** When it was found, ISO 8601. */
  readonly at: string
}

/** Null where the last attempt succeeded. */
export async function embeddingProblem(db: Database, space: number): Promise<EmbeddingProblem | null> {
  const value = await storeSetting(db, PREFIX + space)
  if (value === null) return null
  const [at = ''] = value.split(' ', 1)
  return { at, problem: value.slice(at.length + 1) }
}

/** Null forgets it. */
export async function noteEmbeddingProblem(
  db: Database,
  space: number,
  noted: EmbeddingProblem | null,
): Promise<void> {
  const name = PREFIX + space
  if (noted === null) await dropStoreSetting(db, name)
  else await setStoreSetting(db, name, `${noted.at} ${noted.problem}`)
}

/** A clock that jumped must not have a space left alone for ever. */
export function isRecent({ at }: EmbeddingProblem, now: string): boolean {
  return Math.abs(Date.parse(now) - Date.parse(at)) < RECENT
}

/** Of every space. */
export async function forgetEmbeddingProblems(db: Database): Promise<void> {
  await db
    .deleteFrom('settings')
    .where('tenant_id', '=', BOOTSTRAP_ID)
    .where('name', 'like', `${PREFIX}%`)
    .execute()
}
