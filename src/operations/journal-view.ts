/** A journal entry as every surface shows it. */
import * as z from 'zod'
import type { JournalRecord } from '../store/journal.ts'

export const entryView = z.object({
  sequence: z.int(),
  at: z.string(),
  operation: z.string(),
  actor_kind: z.string(),
  actor_user_id: z.string(),
  client: z.string().nullable(),
  session: z.string().nullable(),
  subject_kind: z.string(),
  subject_id: z.string(),
  note: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  payload_digest: z.string(),
  previous_hash: z.string(),
  hash: z.string(),
})

export function toEntryView({ payload, ...entry }: JournalRecord): z.infer<typeof entryView> {
  return { ...entry, before: payload?.before ?? null, after: payload?.after ?? null }
}
