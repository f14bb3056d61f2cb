/** What a store says about the builds that made it, and whether it was changed under an open handle. */
import { sql } from 'kysely'
import { HeirloomError } from '../model/errors.ts'
import { ARTEFACTS } from './artefacts/artefact.ts'
import { planArtefact } from './artefacts/plan.ts'
import { stampsOf } from './artefacts/stamps.ts'
import type { Database, Stamps } from './engine.ts'

export interface FoundStamps {
  readonly stamps: Stamps
  /** Whether every derived part is of the form that this build makes. */
  readonly fits: boolean
  /** Whether one of them is still to be filled. */
  readonly unfinished: boolean
}

export async function readStamps(db: Database): Promise<FoundStamps> {
  const artefacts = await stampsOf(db)
  const row = await db
    .selectFrom('schema_history')
    .select(sql<number>`max(version)`.as('version'))
    .executeTakeFirst()
  const fits = ARTEFACTS.every(artefact => {
    const stored = artefacts.find(({ name }) => name === artefact.name) ?? null
    return planArtefact(artefact, stored).action === 'nothing'
  })
  return {
    stamps: {
      schema: row?.version ?? 0,
      keyword: artefacts.find(({ name }) => name === 'keyword')?.digest ?? '',
    },
    fits,
    unfinished: artefacts.some(({ needs_rebuild }) => needs_rebuild === 1),
  }
}

/**
 * Stops a write whose process opened the store before another build changed it.
 * @throws SCHEMA_TOO_NEW or REBUILD_REQUIRED; the transaction is undone.
 */
export function mustBeUnchanged(opened: Stamps, now: Stamps, location: string): void {
  if (opened.schema === now.schema && opened.keyword === now.keyword) return
  const code = opened.schema === now.schema ? 'REBUILD_REQUIRED' : 'SCHEMA_TOO_NEW'
  throw new HeirloomError(
    code,
    `${location} was changed by another build of heirloom while it was open here (schema ${opened.schema}, now ${now.schema}). Nothing was written. Open it again with that build.`,
  )
}
