/** The tables of entities, relationships, claims and conflicts as rows; written as those in tables.ts. */

type Json = string

/** What entities and relationships have in common with memories. */
interface RecordColumns {
  tenant_id: string
  id: string
  version: number
  confidence: number | null
  project: string | null
  status: string
  earlier_statuses: Json
  trust: string
  valid_from: string | null
  valid_until: string | null
  recorded_at: string
  updated_at: string
  owner_user_id: string
  visibility: string
  shared_with_groups: Json
}

export interface EntityTable extends RecordColumns {
  revision: number
  type: string
  name: string
  name_key: string
  aliases: Json
  description: string | null
  properties: Json
  superseded_by: string | null
}

export interface EntityNameTable {
  tenant_id: string
  name_key: string
  entity_id: string
  /** As it was written. */
  name: string
  /** Its words, as a text is searched for them. */
  words_key: string
  is_alias: number
}

/** How many words the names have that begin with a word. */
export interface EntityHeadTable {
  tenant_id: string
  head: string
  words: number
}

/** What activation follows besides links and places in documents. */
export interface EdgeTable {
  tenant_id: string
  source_id: string
  type: string
  target_id: string
  weight: number
}

export interface RelationshipTable extends RecordColumns {
  type: string
  source_kind: string
  source_id: string
  target_kind: string
  target_id: string
  evidence_tenant_id: string | null
  evidence_id: string | null
}

export interface GraduationTable {
  tenant_id: string
  memory_id: string
  entity_id: string
  graduated_at: string
}

/** What an active memory, or a property of an active entity, says about a slot. */
export interface ClaimTable {
  tenant_id: string
  subject_kind: string
  subject_id: string
  attribute_key: string
  owner_user_id: string
  /** Empty where there is none. */
  project: string
  /** The subject in its normal form as it was said; empty for an entity's own property. */
  said_key: string
  /** The entity that the subject names, else `said_key`. */
  slot_subject: string
  said_subject: string
  attribute: string
  value: string
  value_key: string
  trust: string
  valid_from: string | null
  valid_until: string | null
  recorded_at: string
}

export interface ConflictTable {
  tenant_id: string
  id: string
  version: number
  owner_user_id: string
  project: string | null
  subject: string
  attribute: string
  slot_subject: string
  attribute_key: string
  status: string
  resolution: string | null
  winner_kind: string | null
  winner_id: string | null
  note: string | null
  detected_at: string
  resolved_at: string | null
  resolved_by_kind: string | null
  resolved_by_user_id: string | null
  /** When so many members will have expired that fewer than two differ. */
  closes_at: string | null
}

export interface ConflictMemberTable {
  tenant_id: string
  conflict_id: string
  member_kind: string
  member_id: string
  trust: string
  value: string
  value_key: string
  joined_at: string
}

export interface KnowledgeTables {
  entities: EntityTable
  entity_names: EntityNameTable
  entity_heads: EntityHeadTable
  edges: EdgeTable
  relationships: RelationshipTable
  graduations: GraduationTable
  claims: ClaimTable
  conflicts: ConflictTable
  conflict_members: ConflictMemberTable
}
