/** What a person put away stays away until a person brings it back. */
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { JournalPayload } from '../store/journal-reader.ts'
import type { WriteHandle } from '../store/store.ts'
import type { Found } from './subject.ts'

/** Entries about one record that are looked through for the step that led to its state. */
const LOOKED_AT = 50

/** @throws ACCESS_DENIED where somebody else than a person would bring back what a person took out. */
export async function mustNotOverrule(
  tx: Pick<WriteHandle, 'journal'>,
  { kind, record: { id } }: Found,
  { kind: actor }: Pick<Principal, 'kind'>,
): Promise<void> {
  if (actor === 'person') return
  const entries = await tx.journal.entries({ subject_kind: kind, subject_id: id, limit: LOOKED_AT })
  const step = entries.find(({ payload }) => payload !== null && isStep(payload))
  if (step?.actor_kind !== 'person') return
  throw new HeirloomError(
    'ACCESS_DENIED',
    `restore: a person did this (${step.operation}, at ${step.at}); only a person brings it back. Ask the user to run: heirloom restore ${id}`,
  )
}

function isStep({ before, after }: JournalPayload): boolean {
  const status = statusOf(after)
  return status !== undefined && status !== statusOf(before)
}

function statusOf(state: unknown): unknown {
  return typeof state === 'object' && state !== null && 'status' in state ? state.status : undefined
}
