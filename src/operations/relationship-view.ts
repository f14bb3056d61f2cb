/** A relationship as every surface shows it: the sentence "source type target". */
import * as z from 'zod'
import { quoted, quotedIfNeeded } from '../model/excerpt.ts'
import { STATUSES } from '../model/lifecycle.ts'
import { TRUSTS } from '../model/memory.ts'
import { RELATIONSHIP_TYPES, type Relationship, type RelationshipType } from '../model/relationship.ts'
import { type Ends, endView, type KnownEnds, lookUpEnds } from './relationship-ends.ts'

export const TYPES = Object.keys(RELATIONSHIP_TYPES) as [RelationshipType, ...RelationshipType[]]

/** What holds of a relationship besides its ends. */
const circumstances = z.object({
  id: z.string(),
  status: z.enum(STATUSES),
  trust: z.enum(TRUSTS),
  confidence: z.number().nullable(),
  evidence_id: z.string().nullable(),
  project: z.string().nullable(),
  valid_from: z.string().nullable(),
  valid_until: z.string().nullable(),
  recorded_at: z.string(),
  updated_at: z.string(),
})

export const relationshipView = circumstances.extend({
  type: z.enum(TYPES),
  source: endView,
  target: endView,
})

export type RelationshipView = z.infer<typeof relationshipView>

/** Those of one type on one side of an entity. */
export const relationshipGroup = z.object({
  type: z.enum(TYPES),
  direction: z.enum(['from', 'to']).describe('Whether it leads from the entity, or to it.'),
  ends: z.array(circumstances.extend({ end: endView })),
})

export type RelationshipGroup = z.infer<typeof relationshipGroup>

function circumstancesOf(relationship: Relationship): z.infer<typeof circumstances> {
  const { id, status, trust, confidence, evidence_id, project } = relationship
  const { valid_from, valid_until, recorded_at, updated_at } = relationship
  return {
    id,
    status,
    trust,
    confidence,
    evidence_id,
    project,
    valid_from,
    valid_until,
    recorded_at,
    updated_at,
  }
}

export function sourceOf({ source_kind, source_id }: Relationship) {
  return { kind: source_kind, id: source_id }
}

export function targetOf({ target_kind, target_id }: Relationship) {
  return { kind: target_kind, id: target_id }
}

export function toRelationshipView(relationship: Relationship, ends: KnownEnds): RelationshipView {
  return {
    ...circumstancesOf(relationship),
    type: relationship.type,
    source: ends.view(sourceOf(relationship)),
    target: ends.view(targetOf(relationship)),
  }
}

/** With their ends looked up together. */
export async function viewsOf(tx: Ends, relationships: readonly Relationship[]): Promise<RelationshipView[]> {
  const ends = await lookUpEnds(
    tx,
    relationships.flatMap(one => [sourceOf(one), targetOf(one)]),
  )
  return relationships.map(one => toRelationshipView(one, ends))
}

/** What an entity has to do with others, by type and direction, in the order of the types. */
export async function groupsOf(
  tx: Ends,
  id: string,
  relationships: readonly Relationship[],
): Promise<RelationshipGroup[]> {
  const ends = await lookUpEnds(
    tx,
    relationships.flatMap(one => [sourceOf(one), targetOf(one)]),
  )
  const groups: RelationshipGroup[] = []
  for (const type of TYPES) {
    for (const direction of ['from', 'to'] as const) {
      const own = relationships.filter(one => {
        const isFrom = one.source_id === id
        return one.type === type && isFrom === (direction === 'from')
      })
      if (own.length === 0) continue
      const far = direction === 'from' ? targetOf : sourceOf
      groups.push({
        type,
        direction,
        ends: own.map(one => ({ ...circumstancesOf(one), end: ends.view(far(one)) })),
      })
    }
  }
  return groups
}

/** As a sentence of names. */
export function sentenceOf({
  type,
  source,
  target,
}: Pick<RelationshipView, 'type' | 'source' | 'target'>): string {
  return `${said(source)} ${type} ${said(target)}`
}

function said({ kind, id, name }: RelationshipView['source']): string {
  if (kind === 'session') return `session ${quotedIfNeeded(id)}`
  return name === null ? `${kind} ${id}` : quoted(name)
}
