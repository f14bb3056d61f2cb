/** What a store says about the builds that made it, and whether it was changed under an open handle. */
import { type ErrorCode, HeirloomError } from '../model/errors.ts'
import type { ArtefactStamp } from './artefacts/artefact.ts'
import { planArtefacts } from './artefacts/plan.ts'
import { stampsOf } from './artefacts/stamps.ts'
import { pendingBackfills } from './backfills.ts'
import type { Database, Stamps } from './engine.ts'

export interface FoundStamps {
  readonly stamps: Stamps
  /** Whether every derived part is of the form that this build makes. */
  readonly fits: boolean
  /** Whether one of them is still to be filled, or something is still to be added to older rows. */
  readonly unfinished: boolean
}

/** What `mustBeUnchanged` compares, as it is now. */
export async function presentStamps(db: Database): Promise<Stamps> {
  return withSchema(db, await stampsOf(db))
}

async function withSchema(db: Database, artefacts: readonly ArtefactStamp[]): Promise<Stamps> {
  const keyword = artefacts.find(({ name }) => name === 'keyword')?.digest ?? ''
  return { schema: await newestStep(db), keyword }
}

export async function readStamps(db: Database): Promise<FoundStamps> {
  const artefacts = await stampsOf(db)
  return {
    stamps: await withSchema(db, artefacts),
    fits: planArtefacts(artefacts).every(({ plan }) => plan.action === 'nothing'),
    unfinished:
      artefacts.some(({ needs_rebuild }) => needs_rebuild === 1) || (await pendingBackfills(db)).length > 0,
  }
}

/** The version of the newest step that the history tells of; 0 where it tells of none. */
export async function newestStep(db: Database): Promise<number> {
  const row = await db
    .selectFrom('schema_history')
    .select(eb => eb.fn.max('version').as('version'))
    .executeTakeFirst()
  return row?.version ?? 0
}

/**
 * Stops a write whose process opened the store before another build changed it.
 * @throws SCHEMA_TOO_NEW, SCHEMA_OUTDATED or REBUILD_REQUIRED; the transaction is undone.
 */
export function mustBeUnchanged(opened: Stamps, now: Stamps, location: string): void {
  if (opened.schema === now.schema && opened.keyword === now.keyword) return
  throw changedMeanwhile(opened, now.schema, location)
}

/** The refusal for a handle whose store is no longer what it was opened as. */
export function changedMeanwhile(opened: Stamps, schema: number, location: string): HeirloomError {
  const [code, remedy] = remedyFor(opened.schema, schema)
  return new HeirloomError(
    code,
    `${location} was changed while it was open here (schema ${opened.schema}, now ${schema}). Nothing was written. ${remedy}`,
  )
}

function remedyFor(opened: number, now: number): [ErrorCode, string] {
  if (now > opened) return ['SCHEMA_TOO_NEW', 'Open it again, with the build of heirloom that changed it.']
  if (now < opened) return ['SCHEMA_OUTDATED', 'An older snapshot was restored, it seems. Open it again.']
  return [
    'REBUILD_REQUIRED',
    'Another build of heirloom made its indexes anew. Open it again with that build.',
  ]
}
