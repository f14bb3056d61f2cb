/**
 * What each table is to the store as a whole, and the authoritative tables as a digest or a snapshot reads them.
 */
import { KNOWLEDGE } from './knowledge-tables.ts'
import { type TableName, type TableSpec, table } from './spec.ts'
import { USE } from './use-tables.ts'
import { VECTORS } from './vector-tables.ts'

export type { ColumnKind, TableName, TableSpec } from './spec.ts'

/**
 * `authoritative` rows cannot be made again: they are digested, and a copy of the store carries them. `derived` rows
 * are made again from authoritative ones. `local` rows are this store's own bookkeeping, which means nothing elsewhere.
 */
type DataClass = 'authoritative' | 'derived' | 'local'

export const CLASSES = {
  tenants: 'authoritative',
  users: 'authoritative',
  groups: 'authoritative',
  group_memberships: 'authoritative',
  projects: 'authoritative',
  project_aliases: 'authoritative',
  documents: 'authoritative',
  memories: 'authoritative',
  memory_revisions: 'authoritative',
  links: 'authoritative',
  entities: 'authoritative',
  relationships: 'authoritative',
  graduations: 'authoritative',
  conflicts: 'authoritative',
  conflict_members: 'authoritative',
  preferences: 'authoritative',
  pins: 'authoritative',
  packs: 'authoritative',
  interactions: 'authoritative',
  strengths: 'authoritative',
  strength_reviews: 'authoritative',
  spaces: 'authoritative',
  // They could be made again, but only at a cost, so that whatever keeps the store keeps them.
  vectors: 'authoritative',
  journal: 'authoritative',
  journal_payloads: 'authoritative',
  // From memories.tags.
  memory_tags: 'derived',
  // From the names and aliases of entities.
  entity_names: 'derived',
  entity_heads: 'derived',
  // From what memories say of entities.
  edges: 'derived',
  // From the slots of memories and the properties of entities.
  claims: 'derived',
  // From what memories and their revisions say.
  keyword_documents: 'derived',
  keyword_signatures: 'derived',
  keyword_totals: 'derived',
  // From what has no vector yet.
  embedding_queue: 'derived',
  settings: 'local',
  idempotency: 'local',
  artefacts: 'local',
  schema_history: 'local',
  runs: 'local',
  run_errors: 'local',
} as const satisfies Record<TableName, DataClass>

/** Whether a table, also one that an engine adds for its search, can be made again from others. */
export function isDerived(table: string): boolean {
  const classes: Readonly<Record<string, DataClass | undefined>> = CLASSES
  return classes[table] === 'derived' || /^(keyword_(live|past)|vector_search)/.test(table)
}

const PRINCIPAL = {
  key: ['tenant_id', 'id'],
  columns: { tenant_id: 'text', id: 'text', handle: 'text', display_name: 'text', created_at: 'text' },
} as const

const VERSION_COLUMNS = {
  tenant_id: 'text',
  id: 'text',
  version: 'number',
  revision: 'number',
  kind: 'text',
  content: 'text',
  content_hash: 'text',
  title: 'text',
  tags: 'json',
  metadata: 'json',
  project: 'text',
  codebase: 'text',
  file: 'text',
  topics: 'json',
  client_id: 'text',
  session_id: 'text',
  author: 'text',
  status: 'text',
  earlier_statuses: 'json',
  trust: 'text',
  confidence: 'number',
  slot_subject: 'text',
  slot_attribute: 'text',
  slot_value: 'text',
  slot_pattern: 'text',
  valid_from: 'text',
  valid_until: 'text',
  recorded_at: 'text',
  updated_at: 'text',
  owner_user_id: 'text',
  visibility: 'text',
  shared_with_groups: 'json',
  partition: 'text',
  scheme_version: 'number',
  document_id: 'text',
  position: 'number',
  label: 'text',
  source_hash: 'text',
  origin_id: 'text',
  origin_tags: 'text',
  superseded_by: 'text',
} as const

/** The authoritative tables, in an order in which foreign keys let their rows be inserted. */
export const DIGESTED: readonly TableSpec[] = [
  table('tenants', {
    key: ['tenant_id'],
    columns: { tenant_id: 'text', name: 'text', created_at: 'text' },
  }),
  table('users', PRINCIPAL),
  table('groups', PRINCIPAL),
  table('group_memberships', {
    key: ['tenant_id', 'group_id', 'user_id'],
    columns: { tenant_id: 'text', group_id: 'text', user_id: 'text', role: 'text', created_at: 'text' },
  }),
  table('projects', {
    key: ['tenant_id', 'name'],
    columns: {
      tenant_id: 'text',
      name: 'text',
      description: 'text',
      status: 'text',
      settings: 'json',
      created_at: 'text',
    },
  }),
  table('project_aliases', {
    key: ['tenant_id', 'alias'],
    columns: { tenant_id: 'text', alias: 'text', name: 'text', created_at: 'text' },
  }),
  table('documents', {
    key: ['tenant_id', 'id'],
    columns: {
      tenant_id: 'text',
      id: 'text',
      owner_user_id: 'text',
      source: 'text',
      type: 'text',
      hash: 'text',
      title: 'text',
      project: 'text',
      tags: 'json',
      metadata: 'json',
      options: 'json',
      ingested_at: 'text',
      updated_at: 'text',
    },
    notInState: ['updated_at'],
  }),
  table('memories', {
    key: ['tenant_id', 'id'],
    columns: { ...VERSION_COLUMNS, reference_count: 'count', last_referenced_at: 'text' },
    notInState: ['updated_at', 'reference_count', 'last_referenced_at'],
  }),
  table('memory_revisions', {
    key: ['tenant_id', 'id', 'version'],
    columns: { ...VERSION_COLUMNS, ended_at: 'text' },
    // When a version ended is history; when it began follows from the one before it.
    notInState: ['updated_at'],
  }),
  table('links', {
    key: ['tenant_id', 'target_id', 'type', 'source_ref'],
    columns: {
      tenant_id: 'text',
      target_id: 'text',
      type: 'text',
      source_ref: 'text',
      source_tenant_id: 'text',
      source_id: 'text',
      source_hash: 'text',
      source_label: 'text',
      source_owner: 'text',
      source_deleted_at: 'text',
      only_source: 'number',
      target_partition: 'text',
      created_at: 'text',
    },
  }),
  ...KNOWLEDGE,
  ...USE,
  ...VECTORS,
  table('journal', {
    key: ['tenant_id', 'sequence'],
    columns: {
      tenant_id: 'text',
      sequence: 'number',
      at: 'text',
      actor_kind: 'text',
      actor_user_id: 'text',
      client: 'text',
      session: 'text',
      operation: 'text',
      subject_kind: 'text',
      subject_id: 'text',
      note: 'text',
      payload_digest: 'text',
      previous_hash: 'text',
      hash: 'text',
    },
    inState: false,
  }),
  table('journal_payloads', {
    key: ['tenant_id', 'sequence'],
    // The payload's very text was hashed, so it is text here although it holds JSON.
    columns: { tenant_id: 'text', sequence: 'number', salt: 'text', payload: 'text' },
    inState: false,
  }),
]
