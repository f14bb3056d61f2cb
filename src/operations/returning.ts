/** What becomes of memories that were to become an entity which nobody wants: they are what they were before. */
import { assertBug, HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import type { Found } from './subject.ts'
import { moveFound } from './transition.ts'

/** Memories that graduated into one proposal. */
const MOST = 10_000

/**
 * After an entity went from being proposed to being none: the memories that graduated to it are active again, save
 * those that were remembered anew or left their file meanwhile; that they are its evidence is turned down with it. What
 * they contradict is found when conflicts are settled next.
 * @returns what to tell of it.
 * @throws DUPLICATE naming what waits for review and says the same as one of them.
 */
export async function returnGraduated(
  tx: WriteHandle,
  { kind, record }: Found,
  at: string,
): Promise<string[]> {
  if (kind !== 'entity' || record.status !== 'candidate') return []
  const ids = (await tx.graduations.into(record.id, MOST)).map(({ memory_id }) => memory_id)
  await rejectEvidence(tx, record.id, { ids: new Set(ids), at })
  const back: string[] = []
  const left: string[] = []
  const staying: string[] = []
  for (const id of ids) {
    const memory = await tx.memories.mustGetForChange(id)
    const twin = await twinOf(tx, memory)
    if (twin !== null) {
      staying.push(`Memory ${id} stays graduated, since memory ${twin.id} says the same.`)
      continue
    }
    const status = await giveBack(tx, memory, at)
    if (status === 'active') back.push(`Memory ${id}, which had graduated to it, is active again.`)
    else left.push(`Memory ${id}, which had graduated to it, is ${status}: it has left its file meanwhile.`)
  }
  return [
    ...firstOf(back, 'Active again'),
    ...firstOf(left, 'No longer in their files'),
    ...firstOf(staying, 'Staying graduated'),
  ]
}

async function giveBack(tx: WriteHandle, memory: Memory, at: string): Promise<string> {
  const graduation = await tx.graduations.find(memory.id)
  assertBug(graduation !== null, 'a graduation that is only in the index')
  await tx.graduations.withdraw(graduation)
  const { status } = await moveFound(tx, { kind: 'memory', record: memory }, { step: 'return', at })
  return status
}

/** The active memory that says the same by now, or null. */
async function twinOf(tx: WriteHandle, memory: Memory): Promise<Memory | null> {
  const twin = memory.document_id === null ? await tx.memories.twin(memory) : null
  if (twin?.status !== 'candidate') return twin
  throw new HeirloomError(
    'DUPLICATE',
    `Memory ${memory.id}, which graduated to it, would be active again, and memory ${twin.id}, which waits for review, says exactly the same. Decide on that one first: heirloom reject ${twin.id}, or heirloom promote ${twin.id}`,
  )
}

interface Evidence {
  /** The memories that graduated. */
  readonly ids: ReadonlySet<string>
  readonly at: string
}

/** Else it would wait for a review in which nothing is left to say of it. */
async function rejectEvidence(tx: WriteHandle, entityId: string, { ids, at }: Evidence): Promise<void> {
  const asked = { types: ['evidenced_by' as const], statuses: ['candidate'], limit: MOST }
  for (const { id, target_id } of await tx.relationships.of('source', [entityId], asked)) {
    if (!ids.has(target_id as Memory['id'])) continue
    const record = await tx.relationships.mustGetForChange(id)
    await moveFound(tx, { kind: 'relationship', record }, { step: 'reject', at })
  }
}

/** Memories that notices name, of each kind. */
const TOLD = 3

function firstOf(notices: readonly string[], what: string): string[] {
  const more = notices.length - TOLD
  return [...notices.slice(0, TOLD), ...(more > 0 ? [`${what} besides: ${more} more.`] : [])]
}
