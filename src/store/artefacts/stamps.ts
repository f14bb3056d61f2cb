/** The stamps of derived parts, as they are stored. */
import type { Database } from '../engine.ts'
import type { Change } from '../exclusive.ts'
import { type Artefact, type ArtefactStamp, versionOf } from './artefact.ts'

/** Which build does it; kept beside what it made. */
export interface MadeBy {
  readonly build: string
}

export function stampsOf(db: Database): Promise<ArtefactStamp[]> {
  return db
    .selectFrom('artefacts')
    .select(['name', 'version', 'digest', 'needs_rebuild'])
    .orderBy('name')
    .execute()
}

/** Stamps an artefact as made by this build; `needs_rebuild` says that it is not whole yet. */
export async function stampArtefact(
  { db }: Change,
  artefact: Artefact,
  { build, needs_rebuild }: MadeBy & { readonly needs_rebuild: 0 | 1 },
): Promise<void> {
  const { name, digest } = artefact
  const row = { version: versionOf(artefact), digest, made_by: build, needs_rebuild }
  await db
    .insertInto('artefacts')
    .values({ name, ...row })
    .onConflict(conflict => conflict.column('name').doUpdateSet(row))
    .execute()
}
