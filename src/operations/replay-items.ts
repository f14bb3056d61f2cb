/** The items of a pack as they were when it was given, from the versions that are kept. */
import type { Entity } from '../model/entity.ts'
import { claimOf } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import { slotKey } from '../model/slot.ts'
import type { Pack, PackedItem, PackedMember } from '../store/packs.ts'
import type { ReadHandle } from '../store/store.ts'
import { memoriesOf } from './capture-use.ts'
import { propertiesNamed } from './conflict-members.ts'
import { toItem } from './context-conflicts.ts'
import { type Background, backgroundOf, entityItem, memoryItem, relationsOf } from './context-items.ts'
import type { ShownItem } from './context-text.ts'
import { mustGetAsOf } from './entity-past.ts'
import type { Context } from './operation.ts'

export interface Replayed {
  readonly items: readonly (ShownItem & { readonly tokens: number })[]
  /** What is not known any more. */
  readonly gone: readonly { readonly record: string; readonly id: string }[]
}

/** What a pack is shown again from. */
interface Past {
  readonly pack: Pack
  readonly memories: ReadonlyMap<string, Memory>
  readonly background: Background
}

export async function replayItems(tx: ReadHandle, pack: Pack, { principal }: Context): Promise<Replayed> {
  const memories = await memoriesOf(tx, pack)
  const background = await backgroundOf(tx, memories, principal)
  const past: Past = { pack, memories: new Map(memories.map(memory => [memory.id, memory])), background }
  const items: (ShownItem & { tokens: number })[] = []
  const gone: { record: string; id: string }[] = []
  for (const item of pack.items) {
    const shown = await asItWas(tx, item, past)
    if (shown === null) gone.push({ record: item.record, id: item.id })
    else items.push({ ...shown, tokens: item.tokens })
  }
  return { items, gone }
}

async function asItWas(tx: ReadHandle, item: PackedItem, past: Past): Promise<ShownItem | null> {
  const { section, why, contested } = item
  const choice = { section, why, contested }
  switch (item.record) {
    case 'memory': {
      const memory = past.memories.get(item.id)
      return memory === undefined ? null : memoryItem(memory, past.background, choice)
    }
    case 'entity': {
      const entity = await entityThen(tx, item.id, past.pack.created_at)
      return entity === null ? null : entityItem(entity, await relationsThen(tx, item, past.pack), choice)
    }
    case 'conflict':
      return conflictThen(tx, item, past.pack)
  }
}

/** Null where it was erased, or what it was is not known any more. */
async function entityThen(tx: ReadHandle, id: string, at: string): Promise<Entity | null> {
  return orGone(() => mustGetAsOf(tx, id, at))
}

async function relationsThen(tx: ReadHandle, { id, relationships = [] }: PackedItem, { created_at }: Pack) {
  const found = new Map((await tx.relationships.byIds(relationships)).map(one => [String(one.id), one]))
  const ordered = relationships.flatMap(one => found.get(one) ?? [])
  const names = new Map<string, string>()
  for (const end of new Set(ordered.flatMap(({ source_id, target_id }) => [source_id, target_id]))) {
    const entity = end === id ? null : await entityThen(tx, end, created_at)
    if (entity !== null) names.set(end, entity.name)
  }
  return relationsOf(ordered, [id], end => names.get(end) ?? null).get(id) ?? []
}

async function conflictThen(
  tx: ReadHandle,
  item: PackedItem,
  { created_at }: Pack,
): Promise<ShownItem | null> {
  const conflict = await orGone(() => tx.conflicts.mustGet(item.id))
  if (conflict === null) return null
  const { id, project, subject, attribute, attribute_key } = conflict
  const members = []
  for (const member of item.members ?? []) {
    const said = await claimThen(tx, member, { at: created_at, attributeKey: attribute_key })
    if (said !== null) members.push({ ...member, ...said })
  }
  return toItem({ id, project, slot: `${subject}.${attribute}` }, members, {
    suggested: item.suggested ?? null,
    others: item.others ?? 0,
  })
}

/** What a member claimed at a time, and how it was trusted. */
async function claimThen(
  tx: ReadHandle,
  { kind, id }: PackedMember,
  { at, attributeKey }: { at: string; attributeKey: string },
): Promise<{ value: string; trust: string } | null> {
  if (kind === 'memory') {
    const memory = await orGone(() => tx.memories.getAsOf(id, at))
    if (memory?.slot == null || slotKey(memory.slot.attribute) !== attributeKey) return null
    return { value: memory.slot.value, trust: memory.trust }
  }
  const entity = await entityThen(tx, id, at)
  const name = entity === null ? undefined : propertiesNamed(entity, attributeKey).at(-1)
  const value = name === undefined ? null : claimOf(entity?.properties[name])
  return value === null || entity === null ? null : { value, trust: entity.trust }
}

async function orGone<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof HeirloomError && error.code === 'NOT_FOUND') return null
    throw error
  }
}
