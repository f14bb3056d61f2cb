/** What an id may be of: memories, entities and relationships have one lifecycle and go by the same verbs. */
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { Relationship } from '../model/relationship.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'

export type Found =
  | { readonly kind: 'memory'; readonly record: Memory }
  | { readonly kind: 'entity'; readonly record: Entity }
  | { readonly kind: 'relationship'; readonly record: Relationship }

type Readers = Pick<ReadHandle, 'memories' | 'entities' | 'relationships'>

/** Null where there is nothing of that id that the principal may see. */
export async function find(
  { memories, entities, relationships }: Readers,
  id: string,
): Promise<Found | null> {
  const memory = await memories.find(id)
  if (memory !== null) return { kind: 'memory', record: memory }
  const entity = await entities.find(id)
  if (entity !== null) return { kind: 'entity', record: entity }
  const relationship = await relationships.find(id)
  return relationship === null ? null : { kind: 'relationship', record: relationship }
}

/** @throws NOT_FOUND saying how to find ids. */
export async function mustFind(tx: Readers, id: string): Promise<Found> {
  const found = await find(tx, id)
  if (found !== null) return found
  throw new HeirloomError(
    'NOT_FOUND',
    `There is no memory, entity or relationship ${id} that you may see. Find ids with: heirloom list, or heirloom entity list`,
  )
}

/** As `mustFind`, and keeps other writers from changing it until this transaction ends. */
export async function mustFindForChange(tx: WriteHandle, id: string): Promise<Found> {
  const { kind } = await mustFind(tx, id)
  switch (kind) {
    case 'memory':
      return { kind, record: await tx.memories.mustGetForChange(id) }
    case 'entity':
      return { kind, record: await tx.entities.mustGetForChange(id) }
    case 'relationship':
      return { kind, record: await tx.relationships.mustGetForChange(id) }
  }
}
