/** Between entities or relationships and their rows. */
import { canonicalJson } from '../model/digest.ts'
import type { Entity, EntityId } from '../model/entity.ts'
import type { Status } from '../model/lifecycle.ts'
import type { MemoryId, Trust, UserId, Visibility } from '../model/memory.ts'
import { nameKey } from '../model/mention.ts'
import type { EndKind, Relationship, RelationshipId, RelationshipType } from '../model/relationship.ts'
import type { EntityTable, RelationshipTable } from './knowledge-tables.ts'

export function toEntity(row: EntityTable): Entity {
  const { tenant_id: _tenant, name_key: _key, ...rest } = row
  return {
    ...rest,
    ...standing(row),
    id: row.id as EntityId,
    aliases: JSON.parse(row.aliases) as string[],
    properties: JSON.parse(row.properties) as Record<string, unknown>,
    superseded_by: row.superseded_by as EntityId | null,
  }
}

export function toEntityRow(entity: Entity, tenant_id: string): EntityTable {
  return {
    tenant_id,
    ...entity,
    name_key: nameKey(entity.name),
    aliases: JSON.stringify(entity.aliases),
    properties: canonicalJson(entity.properties),
    earlier_statuses: JSON.stringify(entity.earlier_statuses),
    shared_with_groups: JSON.stringify(entity.shared_with_groups),
  }
}

export function toRelationship(row: RelationshipTable): Relationship {
  const { tenant_id: _tenant, evidence_tenant_id: _of, ...rest } = row
  return {
    ...rest,
    ...standing(row),
    id: row.id as RelationshipId,
    type: row.type as RelationshipType,
    source_kind: row.source_kind as EndKind,
    target_kind: row.target_kind as EndKind,
    evidence_id: row.evidence_id as MemoryId | null,
  }
}

export function toRelationshipRow(relationship: Relationship, tenant_id: string): RelationshipTable {
  return {
    tenant_id,
    ...relationship,
    evidence_tenant_id: relationship.evidence_id === null ? null : tenant_id,
    earlier_statuses: JSON.stringify(relationship.earlier_statuses),
    shared_with_groups: JSON.stringify(relationship.shared_with_groups),
  }
}

function standing(row: EntityTable | RelationshipTable) {
  return {
    status: row.status as Status,
    earlier_statuses: JSON.parse(row.earlier_statuses) as Status[],
    trust: row.trust as Trust,
    owner_user_id: row.owner_user_id as UserId,
    visibility: row.visibility as Visibility,
    shared_with_groups: JSON.parse(row.shared_with_groups) as string[],
  }
}
