/** A memory that is in an open conflict graduates only where the entity goes on saying there what the memory said. */
import type { Claim, ConflictId } from '../model/conflict.ts'
import { HeirloomError } from '../model/errors.ts'
import type { WriteHandle } from '../store/store.ts'

interface Contested {
  readonly conflict: ConflictId
  /** What the memory claims in it. */
  readonly claim: Claim
}

type Reading = Pick<WriteHandle, 'conflicts' | 'claims'>

/** Null where it is in none. */
export async function contestedClaim(tx: Reading, id: string): Promise<Contested | null> {
  const open = (await tx.conflicts.contested([id])).get(id)
  if (open === undefined) return null
  const conflict = await tx.conflicts.mustGet(open)
  const claim = (await tx.claims.inSlot(conflict)).find(({ subject_id }) => subject_id === id)
  return claim === undefined ? null : { conflict: conflict.id, claim }
}

/**
 * To be asked once the memory has graduated and conflicts are settled.
 * @throws CONFLICT naming the conflict that would be over, or go on without what the memory said.
 */
export async function mustGoOnIn(
  tx: Reading,
  { conflict: id, claim }: Contested,
  entityId: string,
): Promise<void> {
  const conflict = await tx.conflicts.mustGet(id)
  const claims = await tx.claims.inSlot(conflict)
  const saysIt = claims.some(
    ({ subject_id, value_key }) => subject_id === entityId && value_key === claim.value_key,
  )
  if (conflict.status === 'open' && saysIt) return
  throw new HeirloomError(
    'CONFLICT',
    `graduate: memory ${claim.subject_id} is in the open conflict ${id}, and what it claims there would be lost with it. Settle that first: heirloom resolve ${id} --winner <id>, or heirloom resolve ${id} --keep-both --because "…"`,
  )
}
