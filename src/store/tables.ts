/**
 * The tables as rows, the same on both engines: times are ISO 8601 text, lists and objects JSON text, 64-bit integers
 * numbers. Each engine's connection converts what its driver would give otherwise.
 */
import type { Generated } from 'kysely'
import type { KnowledgeTables } from './knowledge-tables.ts'
import type { UseTables } from './use-tables.ts'
import type { VectorTables } from './vector-tables.ts'

type Json = string

export interface MemoryVersionColumns {
  tenant_id: string
  id: string
  version: number
  revision: number
  kind: string
  content: string
  content_hash: string
  title: string | null
  tags: Json
  metadata: Json
  project: string | null
  codebase: string | null
  file: string | null
  topics: Json
  client_id: string | null
  session_id: string | null
  author: string | null
  status: string
  earlier_statuses: Json
  trust: string
  confidence: number | null
  slot_subject: string | null
  slot_attribute: string | null
  slot_value: string | null
  slot_pattern: string | null
  valid_from: string | null
  valid_until: string | null
  recorded_at: string
  updated_at: string
  owner_user_id: string
  visibility: string
  shared_with_groups: Json
  partition: string
  scheme_version: number
  document_id: string | null
  position: number | null
  label: string | null
  source_hash: string | null
  origin_id: string | null
  origin_tags: string | null
  superseded_by: string | null
}

export interface MemoryTable extends MemoryVersionColumns {
  reference_count: Generated<number>
  last_referenced_at: string | null
}

export interface MemoryRevisionTable extends MemoryVersionColumns {
  ended_at: string
}

export interface MemoryTagTable {
  tenant_id: string
  tag: string
  memory_id: string
}

export interface LinkTable {
  tenant_id: string
  target_id: string
  type: string
  source_ref: string
  source_tenant_id: string | null
  source_id: string | null
  source_hash: string | null
  source_label: string | null
  source_owner: string | null
  source_deleted_at: string | null
  /** 1 where the type allows a target one source: a unique index holds it to that. */
  only_source: number
  target_partition: string
  created_at: string
}

export interface DocumentTable {
  tenant_id: string
  id: string
  owner_user_id: string
  source: string
  type: string
  hash: string
  title: string | null
  project: string | null
  tags: Json
  metadata: Json
  options: Json
  ingested_at: string
  updated_at: string
}

export interface ProjectTable {
  tenant_id: string
  name: string
  description: string | null
  status: string
  settings: Json
  created_at: string
}

export interface ProjectAliasTable {
  tenant_id: string
  alias: string
  name: string
  created_at: string
}

export interface JournalTable {
  tenant_id: string
  sequence: number
  at: string
  actor_kind: string
  actor_user_id: string
  client: string | null
  session: string | null
  operation: string
  subject_kind: string
  subject_id: string
  note: string | null
  payload_digest: string
  previous_hash: string
  hash: string
}

export interface JournalPayloadTable {
  tenant_id: string
  sequence: number
  salt: string
  payload: string
}

export interface IdempotencyTable {
  tenant_id: string
  user_id: string
  key: string
  request_hash: string
  result: string | null
  created_at: string
}

export interface KeywordDocumentTable {
  doc: Generated<number>
  tenant_id: string
  memory_id: string
  version: number
  live: number
  owner_user_id: string
  document_id: string | null
  position: number | null
  trust: string
  confidence: number | null
  recorded_at: string
  words: string
  length: number
  traits: number
  author: string
  /** What the row is of: `memory_id` is an entity's id where it says so. */
  subject: string
}

export interface KeywordSignatureTable {
  signature: number
  doc: number
}

export interface KeywordTotalTable {
  tenant_id: string
  live: number
  documents: number
  terms: number
}

export interface ArtefactTable {
  name: string
  version: number
  digest: string
  made_by: string
  needs_rebuild: number
}

export interface SchemaHistoryTable {
  version: number
  name: string
  checksum: string
  floor: number
  applied_at: string
  applied_by: string
}

export interface RunTable {
  tenant_id: string
  id: string
  kind: string
  target: string
  fingerprint: string
  status: string
  cursor: string | null
  counts: Json
  snapshot_id: string | null
  started_at: string
  finished_at: string | null
  receipt: Json | null
}

export interface RunErrorTable {
  tenant_id: string
  run_id: string
  subject_kind: string
  subject_id: string
  reason: string
}

export interface SettingTable {
  tenant_id: string
  name: string
  value: string
}

export interface TenantTable {
  tenant_id: string
  name: string
  created_at: string
}

/** Users and groups alike. */
export interface PrincipalTable {
  tenant_id: string
  id: string
  handle: string
  display_name: string | null
  created_at: string
}

export interface GroupMembershipTable {
  tenant_id: string
  group_id: string
  user_id: string
  role: string
  created_at: string
}

export interface Tables extends KnowledgeTables, UseTables, VectorTables {
  tenants: TenantTable
  users: PrincipalTable
  groups: PrincipalTable
  group_memberships: GroupMembershipTable
  settings: SettingTable
  memories: MemoryTable
  memory_revisions: MemoryRevisionTable
  memory_tags: MemoryTagTable
  links: LinkTable
  documents: DocumentTable
  projects: ProjectTable
  project_aliases: ProjectAliasTable
  journal: JournalTable
  journal_payloads: JournalPayloadTable
  idempotency: IdempotencyTable
  keyword_documents: KeywordDocumentTable
  keyword_signatures: KeywordSignatureTable
  keyword_totals: KeywordTotalTable
  artefacts: ArtefactTable
  schema_history: SchemaHistoryTable
  runs: RunTable
  run_errors: RunErrorTable
}
