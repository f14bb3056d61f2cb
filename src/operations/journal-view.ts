/** A journal entry as every surface shows it. */
import * as z from 'zod'
import type { JournalReader, JournalRecord } from '../store/journal-reader.ts'

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

/** An entry with what takes back all that was changed together with it. */
export const undoableView = entryView.extend({
  receipt: z
    .string()
    .nullable()
    .describe('Takes back all of its change: heirloom undo <receipt>. Null where its payload was erased.'),
})

export async function toUndoableViews(
  journal: Pick<JournalReader, 'receiptsOf'>,
  entries: readonly JournalRecord[],
): Promise<z.infer<typeof undoableView>[]> {
  const receipts = await journal.receiptsOf(entries)
  return entries.map(entry => ({ ...toEntryView(entry), receipt: receipts.get(entry.sequence) ?? null }))
}
