/** What becomes of two entities that are made one: told as a plan, and done. */
import { lesserTrust } from '../model/access.ts'
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Trust } from '../model/memory.ts'
import { nameKey } from '../model/mention.ts'
import { normalised, type Relationship } from '../model/relationship.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { nextRecord } from './drafting.ts'
import { aliasesOf, mustBeAliases } from './entity-fields.ts'
import { type Combined, combined, mustBeProperties } from './entity-properties.ts'
import { mustNotContainItself } from './merge-circle.ts'
import { moveFound } from './transition.ts'

/** So many relationships can be moved at once. */
const MOST = 10_000

export interface Dropped {
  readonly relationship: Relationship
  /** `loop` would lead from the entity to itself; `twin` is said already. */
  readonly why: 'loop' | 'twin'
}

export interface Merging {
  readonly source: Entity
  readonly target: Entity
  /** The target as it will be. */
  readonly next: Pick<Entity, 'aliases' | 'description' | 'properties'>
  readonly aliasesGained: readonly string[]
  readonly properties: Combined
  readonly moved: readonly { readonly before: Relationship; readonly next: Relationship }[]
  readonly dropped: readonly Dropped[]
}

export interface MergeOptions {
  /** Whose value stays where a property differs. */
  readonly prefer: 'source' | 'target'
  readonly at: string
}

/** @throws INVALID_INPUT where the one would have too many aliases or too large properties, or contain itself. */
export async function planMerge(
  tx: Pick<ReadHandle, 'relationships' | 'entities'>,
  { source, target }: Pick<Merging, 'source' | 'target'>,
  { prefer, at }: MergeOptions,
): Promise<Merging> {
  const { relationships } = tx
  await mustNotContainItself(tx, { source, target })
  const names = [...target.aliases, source.name, ...source.aliases]
  const aliases = mustBeAliases(aliasesOf(target.name, names))
  const known = new Set(target.aliases.map(nameKey))
  const winner = prefer === 'source' ? 'added' : 'own'
  const properties = combined(target.properties, source.properties, winner)
  mustBeProperties(properties.properties, target.id)
  const touching = await relationships.touching(source.id, MOST + 1)
  if (touching.length > MOST) throw tooMany(source)
  return {
    source,
    target,
    next: {
      aliases,
      description: target.description ?? source.description,
      properties: properties.properties,
    },
    aliasesGained: aliases.filter(alias => !known.has(nameKey(alias))),
    properties,
    ...(await planMoves(relationships, touching.filter(isStanding), { source, target, at })),
  }
}

/** What was taken back stays with what it was said of. */
function isStanding({ status }: Relationship): boolean {
  return status === 'active' || status === 'candidate'
}

async function planMoves(
  relationships: ReadHandle['relationships'],
  standing: readonly Relationship[],
  { source, target, at }: Pick<Merging, 'source' | 'target'> & Pick<MergeOptions, 'at'>,
): Promise<Pick<Merging, 'moved' | 'dropped'>> {
  const moved: { before: Relationship; next: Relationship }[] = []
  const dropped: Dropped[] = []
  const taken = new Set<string>()
  for (const before of standing) {
    const next = nextRecord(before, pointedAnew(before, source.id, target.id), at)
    if (next.source_id === next.target_id) {
      dropped.push({ relationship: before, why: 'loop' })
      continue
    }
    const key = `${next.source_id} ${next.type} ${next.target_id}`
    const twin = taken.has(key) ? before : await relationships.twin(next)
    if (twin !== null) dropped.push({ relationship: before, why: 'twin' })
    else moved.push({ before, next })
    taken.add(key)
  }
  return { moved, dropped }
}

function pointedAnew(relationship: Relationship, from: string, to: string): Partial<Relationship> {
  const end = (kind: Relationship['source_kind'], id: string) => ({ kind, id: id === from ? to : id })
  const { type, source, target } = normalised({
    type: relationship.type,
    source: end(relationship.source_kind, relationship.source_id),
    target: end(relationship.target_kind, relationship.target_id),
  })
  return {
    type,
    source_kind: source.kind,
    source_id: source.id,
    target_kind: target.kind,
    target_id: target.id,
  }
}

interface Applying {
  readonly at: string
  /** How far the one who merges is believed. */
  readonly channel: Trust
}

/** @throws ILLEGAL_TRANSITION where the source is not active, INVALID_INPUT where a part would contain its whole. */
export async function applyMerge(
  tx: WriteHandle,
  merging: Merging,
  { at, channel }: Applying,
): Promise<Entity> {
  const { source, target, next, moved, dropped } = merging
  await moveFound(tx, { kind: 'entity', record: source }, { step: 'supersede', at, superseded_by: target.id })
  // What goes comes first: a loop would be a circle on the way.
  for (const { relationship } of dropped)
    await moveFound(tx, { kind: 'relationship', record: relationship }, { step: 'forget', at })
  for (const { before, next: after } of moved) await tx.relationships.change(before, after)
  // What comes over is believed no more than what it comes from, and who brings it.
  const brings = merging.properties.gained.length + merging.properties.overruled.length > 0
  const trust = brings ? lesserTrust(lesserTrust(target.trust, source.trust), channel) : target.trust
  const merged: Entity = { ...nextRecord(target, { ...next, trust }, at), revision: target.revision + 1 }
  await tx.entities.change(target, merged)
  return merged
}

function tooMany({ id }: Entity): HeirloomError {
  return new HeirloomError(
    'UNSUPPORTED',
    `Entity ${id} has more than ${MOST} relationships, which are not moved at once. Merge the other one into it instead.`,
  )
}
