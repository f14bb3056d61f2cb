/** A memory as every surface shows it. */
import * as z from 'zod'
import { STATUSES } from '../model/lifecycle.ts'
import { type Memory, TRUSTS, VISIBILITIES } from '../model/memory.ts'

export const slotView = z.object({ subject: z.string(), attribute: z.string(), value: z.string() }).nullable()

export const memoryView = z.object({
  id: z.string(),
  kind: z.string(),
  content: z.string(),
  content_hash: z.string(),
  title: z.string().nullable(),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  project: z.string().nullable(),
  codebase: z.string().nullable(),
  file: z.string().nullable(),
  topics: z.array(z.string()),
  client_id: z.string().nullable(),
  session_id: z.string().nullable(),
  author: z.string().nullable(),
  status: z.enum(STATUSES),
  trust: z.enum(TRUSTS),
  confidence: z.number().nullable(),
  slot: slotView,
  slot_pattern: z
    .string()
    .nullable()
    .describe('The sentence form that the slot was read by; null where it was given.'),
  valid_from: z.string().nullable(),
  valid_until: z.string().nullable(),
  recorded_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
  version: z.int(),
  owner_user_id: z.string(),
  visibility: z.enum(VISIBILITIES),
  shared_with_groups: z.array(z.string()),
  partition: z.string(),
  scheme_version: z.int(),
  document_id: z.string().nullable(),
  document: z.string().nullable(),
  position: z.int().nullable(),
  label: z.string().nullable(),
  origin_id: z.string().nullable(),
  reference_count: z.int(),
  last_referenced_at: z.string().nullable(),
  superseded_by: z.string().nullable(),
})

export type MemoryView = z.infer<typeof memoryView>

/** `document` is the source that the memory is a passage of, or null. */
export function toMemoryView(memory: Memory, document: string | null): MemoryView {
  const { earlier_statuses: _earlier, source_hash: _source, origin_tags: _raw, ...shown } = memory
  const { slot, tags, topics, shared_with_groups, metadata, ...rest } = shown
  return {
    ...rest,
    document,
    slot: slot === null ? null : { ...slot },
    tags: [...tags],
    topics: [...topics],
    shared_with_groups: [...shared_with_groups],
    metadata: { ...metadata },
  }
}
