/** Between a memory and its row. The only place that knows how lists, objects and slots are kept. */
import { canonicalJson } from '../model/digest.ts'
import type { Status } from '../model/lifecycle.ts'
import type { DocumentId, Memory, MemoryId, Slot, Trust, UserId, Visibility } from '../model/memory.ts'
import type { MemoryVersionColumns } from './tables.ts'

export type UsageColumns = { reference_count: number; last_referenced_at: string | null }

export function toMemory(row: MemoryVersionColumns & Partial<UsageColumns>): Memory {
  return {
    id: row.id as MemoryId,
    kind: row.kind,
    content: row.content,
    content_hash: row.content_hash,
    title: row.title,
    tags: list(row.tags),
    metadata: row.metadata === '{}' ? {} : (JSON.parse(row.metadata) as Record<string, unknown>),
    project: row.project,
    codebase: row.codebase,
    file: row.file,
    topics: list(row.topics),
    client_id: row.client_id,
    session_id: row.session_id,
    author: row.author,
    status: row.status as Status,
    earlier_statuses: list(row.earlier_statuses) as Status[],
    trust: row.trust as Trust,
    confidence: row.confidence,
    slot: slotOf(row),
    slot_pattern: row.slot_pattern ?? null,
    valid_from: row.valid_from,
    valid_until: row.valid_until,
    recorded_at: row.recorded_at,
    updated_at: row.updated_at,
    revision: row.revision,
    version: row.version,
    owner_user_id: row.owner_user_id as UserId,
    visibility: row.visibility as Visibility,
    shared_with_groups: list(row.shared_with_groups),
    partition: row.partition,
    scheme_version: row.scheme_version,
    document_id: row.document_id as DocumentId | null,
    position: row.position,
    label: row.label,
    source_hash: row.source_hash,
    origin_id: row.origin_id,
    origin_tags: row.origin_tags,
    reference_count: row.reference_count ?? 0,
    last_referenced_at: row.last_referenced_at ?? null,
    superseded_by: row.superseded_by as MemoryId | null,
  }
}

/** Without use counters, which start at nothing and are kept by their own writer. */
export function toRow(memory: Memory, tenantId: string): MemoryVersionColumns {
  const { slot, tags, metadata, topics, earlier_statuses, shared_with_groups, ...plain } = memory
  const { reference_count: _count, last_referenced_at: _last, ...rest } = plain
  return {
    tenant_id: tenantId,
    ...rest,
    tags: toJson(tags),
    metadata: Object.keys(metadata).length === 0 ? '{}' : canonicalJson(metadata),
    topics: toJson(topics),
    earlier_statuses: toJson(earlier_statuses),
    shared_with_groups: toJson(shared_with_groups),
    slot_subject: slot?.subject ?? null,
    slot_attribute: slot?.attribute ?? null,
    slot_value: slot?.value ?? null,
  }
}

function toJson(values: readonly string[]): string {
  return values.length === 0 ? '[]' : JSON.stringify(values)
}

function list(json: string): string[] {
  return json === '[]' ? [] : (JSON.parse(json) as string[])
}

function slotOf(row: MemoryVersionColumns): Slot | null {
  const { slot_subject: subject, slot_attribute: attribute, slot_value: value } = row
  return subject === null || attribute === null || value === null ? null : { subject, attribute, value }
}
