/** What an entity was at an earlier time, by what the journal tells of its changes since. */
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import type { JournalRecord } from '../store/journal-reader.ts'
import type { ReadHandle } from '../store/store.ts'

/** Entries a statement. */
const PAGE = 200

/**
 * The version that was there at a time: the present one with every later change taken back.
 * @throws NOT_FOUND where it was not there yet, or where what the journal kept of a change is erased.
 */
export async function mustGetAsOf(
  { entities, journal }: Pick<ReadHandle, 'entities' | 'journal'>,
  id: string,
  at: string,
): Promise<Entity> {
  let version: Entity | null = await entities.mustGet(id)
  for (let before: number | undefined; ; ) {
    const page = await journal.entries({ subject_kind: 'entity', subject_id: id, limit: PAGE, before })
    for (const entry of page) {
      if (entry.at <= at) return mustHaveBeen(version, id, at)
      version = takenBack(version, entry, at)
    }
    before = page.at(-1)?.sequence
    if (before === undefined || page.length < PAGE) return mustHaveBeen(version, id, at)
  }
}

function takenBack(
  version: Entity | null,
  { payload, sequence, subject_id }: JournalRecord,
  at: string,
): Entity | null {
  if (payload === null) {
    throw new HeirloomError(
      'NOT_FOUND',
      `What entry ${sequence} of the journal kept of entity ${subject_id} was erased, so what it was at ${at} is not known any more. Ask for a later time.`,
    )
  }
  const { before, after } = payload as { before: Partial<Entity> | null; after: Partial<Entity> | null }
  if (before === null) return null
  return after === null ? (before as Entity) : { ...(version as Entity), ...before }
}

function mustHaveBeen(version: Entity | null, id: string, at: string): Entity {
  if (version !== null) return version
  throw new HeirloomError(
    'NOT_FOUND',
    `Entity ${id} was not there yet at ${at}. Ask for a later time, or without as_of.`,
  )
}
