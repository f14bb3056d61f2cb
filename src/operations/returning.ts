/** What becomes of memories that were to become an entity which nobody wants: they are what they were before. */
import { assertBug } from '../model/errors.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy } from './conflict-view.ts'
import type { Found } from './subject.ts'
import { moveFound } from './transition.ts'

/** Memories that graduated into one proposal. */
const MOST = 10_000

/**
 * After an entity went from being proposed to being none: the memories that graduated to it are active again, save
 * those that were remembered anew meanwhile.
 * @returns what to tell of it.
 */
export async function returnGraduated(
  tx: WriteHandle,
  { kind, record }: Found,
  at: string,
): Promise<string[]> {
  if (kind !== 'entity' || record.status !== 'candidate') return []
  const notices: string[] = []
  for (const { memory_id } of await tx.graduations.into(record.id, MOST)) {
    const memory = await tx.memories.mustGetForChange(memory_id)
    const twin = memory.document_id === null ? await tx.memories.twin(memory) : null
    if (twin !== null && twin.id !== memory.id) continue
    const graduation = await tx.graduations.find(memory_id)
    assertBug(graduation !== null, 'a graduation that is only in the index')
    await tx.graduations.withdraw(graduation)
    await moveFound(tx, { kind: 'memory', record: memory }, { step: 'return', at })
    const { notices: contradiction } = await conflictOpenedBy(tx, memory_id)
    notices.push(`Memory ${memory_id}, which had graduated to it, is active again.`, ...contradiction)
  }
  return notices
}
