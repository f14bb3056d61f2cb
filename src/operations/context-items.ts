/** Memories and entities as items of a context pack. */
import type { Principal } from '../model/access.ts'
import { type Entity, saidOf } from '../model/entity.ts'
import type { Memory } from '../model/memory.ts'
import type { Relationship } from '../model/relationship.ts'
import { farEnd, type Side } from '../store/relationships.ts'
import type { ReadHandle } from '../store/store.ts'
import { entityText, type ShownItem } from './context-text.ts'
import { originsOf } from './origin.ts'

export type Section = ShownItem['section']

/** What is known of memories besides their rows. */
export interface Background {
  readonly sources: ReadonlyMap<string, string>
  readonly origins: ReadonlyMap<string, string>
}

export async function backgroundOf(
  tx: Pick<ReadHandle, 'documents' | 'links'>,
  memories: readonly Memory[],
  principal: Principal,
): Promise<Background> {
  const documents = [...new Set(memories.flatMap(({ document_id }) => document_id ?? []))]
  return { sources: await tx.documents.sources(documents), origins: await originsOf(tx, memories, principal) }
}

interface Choice {
  readonly section: Section
  readonly why: string
  readonly contested: string | null
}

export function memoryItem(memory: Memory, { sources, origins }: Background, choice: Choice): ShownItem {
  const { id, version, kind, title, content, trust, project, author, document_id, label } = memory
  const { recorded_at, valid_from } = memory
  const place = [sources.get(document_id ?? ''), label].filter(part => part).join(' › ')
  const origin = [place, origins.get(id)].filter(part => part).join('; ') || null
  return {
    ...choice,
    record: 'memory',
    id,
    version,
    kind,
    title,
    content,
    trust,
    project,
    author,
    recorded_at,
    valid_from,
    origin,
  }
}

/** A relationship of an entity, with the name of its other end. */
export interface Relation {
  readonly id: string
  readonly text: string
}

export function entityItem(entity: Entity, relations: readonly Relation[], choice: Choice): ShownItem {
  const { id, version, type: kind, name: title, trust, project, recorded_at } = entity
  const content = entityText(
    saidOf(entity),
    relations.map(({ text }) => text),
  )
  const about = { kind, title, content, trust, project, author: null, recorded_at, origin: null }
  return {
    ...choice,
    record: 'entity',
    id,
    version,
    ...about,
    valid_from: entity.valid_from,
    relationships: relations.map(relation => relation.id),
  }
}

/** The relationships of entities by entity, as far as the names of their other ends are known. */
export function relationsOf(
  relationships: readonly Relationship[],
  entities: readonly string[],
  nameOf: (id: string) => string | null,
): Map<string, Relation[]> {
  const wanted = new Set(entities)
  const found = new Map<string, Relation[]>()
  for (const side of ['source', 'target'] as const) {
    for (const one of relationships) {
      const id = side === 'source' ? one.source_id : one.target_id
      const name = wanted.has(id) ? farName(one, side, nameOf) : null
      if (name === null) continue
      const text = side === 'source' ? `${one.type} “${name}”` : `“${name}” ${one.type} it`
      found.set(id, [...(found.get(id) ?? []), { id: one.id, text }])
    }
  }
  return found
}

function farName(one: Relationship, side: Side, nameOf: (id: string) => string | null): string | null {
  const { kind, id } = farEnd(one, side)
  return kind === 'entity' ? nameOf(id) : null
}
