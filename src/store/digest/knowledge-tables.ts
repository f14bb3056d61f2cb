/** Entities, relationships and conflicts as a digest or a snapshot reads them. */
import { type TableSpec, table } from './spec.ts'

const RECORD_COLUMNS = {
  tenant_id: 'text',
  id: 'text',
  version: 'number',
  confidence: 'number',
  project: 'text',
  status: 'text',
  earlier_statuses: 'json',
  trust: 'text',
  valid_from: 'text',
  valid_until: 'text',
  recorded_at: 'text',
  updated_at: 'text',
  owner_user_id: 'text',
  visibility: 'text',
  shared_with_groups: 'json',
} as const

/** In an order in which foreign keys let their rows be inserted. */
export const KNOWLEDGE: readonly TableSpec[] = [
  table('entities', {
    key: ['tenant_id', 'id'],
    columns: {
      ...RECORD_COLUMNS,
      revision: 'number',
      type: 'text',
      name: 'text',
      name_key: 'text',
      aliases: 'json',
      description: 'text',
      properties: 'json',
      superseded_by: 'text',
    },
    notInState: ['updated_at'],
  }),
  table('relationships', {
    key: ['tenant_id', 'id'],
    columns: {
      ...RECORD_COLUMNS,
      type: 'text',
      source_kind: 'text',
      source_id: 'text',
      target_kind: 'text',
      target_id: 'text',
      evidence_tenant_id: 'text',
      evidence_id: 'text',
    },
    notInState: ['updated_at'],
  }),
  table('graduations', {
    key: ['tenant_id', 'memory_id'],
    columns: { tenant_id: 'text', memory_id: 'text', entity_id: 'text', graduated_at: 'text' },
  }),
  table('conflicts', {
    key: ['tenant_id', 'id'],
    columns: {
      tenant_id: 'text',
      id: 'text',
      version: 'number',
      owner_user_id: 'text',
      project: 'text',
      subject: 'text',
      attribute: 'text',
      slot_subject: 'text',
      attribute_key: 'text',
      status: 'text',
      resolution: 'text',
      winner_kind: 'text',
      winner_id: 'text',
      note: 'text',
      detected_at: 'text',
      resolved_at: 'text',
      resolved_by_kind: 'text',
      resolved_by_user_id: 'text',
      closes_at: 'text',
    },
  }),
  table('conflict_members', {
    key: ['tenant_id', 'conflict_id', 'member_id'],
    columns: {
      tenant_id: 'text',
      conflict_id: 'text',
      member_kind: 'text',
      member_id: 'text',
      trust: 'text',
      value: 'text',
      value_key: 'text',
      joined_at: 'text',
    },
  }),
]
