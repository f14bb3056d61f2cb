/** Memories that became an entity: they stay as they were, so that what would change one is about the entity. */
import { HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import type { Status } from '../model/lifecycle.ts'
import type { ReadHandle } from '../store/store.ts'

type Reading = Pick<ReadHandle, 'entities' | 'graduations' | 'journal'>

/** @throws ILLEGAL_TRANSITION naming the entity, and what takes the graduation back, for what has graduated. */
export async function mustNotHaveGraduated(
  tx: Reading,
  { id, status }: { readonly id: string; readonly status: Status },
  step: string,
): Promise<void> {
  if (status !== 'graduated') return
  const became = (await tx.graduations.of([id])).get(id) ?? null
  const change = became === null ? '' : ` To change that: heirloom entity update ${became}.`
  const receipt = await receiptOf(tx, id)
  const way = receipt === null ? '' : ` To take the graduation back: heirloom undo ${receipt}`
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Cannot ${step} memory ${id}: it graduated, and became ${await nameOf(tx, became)}.${change}${way}`,
  )
}

/** What a memory became, for a sentence. */
export async function nameOf(tx: Reading, entityId: string | null): Promise<string> {
  const entity = entityId === null ? null : await tx.entities.find(entityId)
  return entity === null
    ? (entityId ?? 'an entity')
    : `the ${entity.type} ${quoted(entity.name)} (${entity.id})`
}

/** Entries about one graduation that are looked at: few are taken back and done again. */
const LOOKED_AT = 20

async function receiptOf(tx: Reading, memoryId: string): Promise<string | null> {
  const about = { subject_kind: 'graduation', subject_id: memoryId, limit: LOOKED_AT }
  const made = (await tx.journal.entries(about)).find(({ payload }) => payload?.before === null)
  return made === undefined ? null : tx.journal.receiptOf(made)
}
