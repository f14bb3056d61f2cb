/** A store holds no statement twice: what would become a twin is refused with the way out. */
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'

/** @throws DUPLICATE naming the active memory that already says this. */
export async function mustHaveNoTwin(tx: WriteHandle, memory: Memory): Promise<void> {
  if (memory.document_id !== null || (memory.status !== 'active' && memory.status !== 'candidate')) return
  const twin = await tx.memories.twin(memory)
  if (twin === null || twin.id === memory.id) return
  throw new HeirloomError(
    'DUPLICATE',
    `Memory ${twin.id} already says exactly this. Keep that one, or retire it first: heirloom forget ${twin.id}`,
  )
}
