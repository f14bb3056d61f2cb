import * as z from 'zod'
import type { Memory } from '../model/memory.ts'
import type { ReadHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { toUndoableViews, undoableView } from './journal-view.ts'
import { memoryView, toMemoryView } from './memory-view.ts'
import { defineOperation } from './operation.ts'
import { mustFind } from './subject.ts'

const input = z.object({
  id: fields.id.describe('The id of a memory, an entity or a relationship.'),
  limit: fields.limit.optional(),
})

const output = z.object({
  id: z.string(),
  subject: z.enum(['memory', 'entity', 'relationship']),
  status: z.string(),
  versions: z.array(memoryView),
  entries: z.array(undoableView),
  truncated: z.boolean(),
})

export const history = defineOperation({
  name: 'history',
  summary: 'Show the life of a memory or entity: every version, and who changed what, when and why.',
  example: 'history 0198c0de-0000-7000-8000-000000000000',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: ({ id, limit = 50 }, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const { kind, record } = await mustFind(tx, id)
        // Of entities and relationships the journal alone keeps what they were.
        const all = kind === 'memory' ? await versionsOf(tx, record) : []
        const entries = await tx.journal.entries({ subject_id: id, limit: limit + 1 })
        return {
          id,
          subject: kind,
          status: record.status,
          versions: all.slice(-limit),
          entries: (await toUndoableViews(tx.journal, entries.slice(0, limit))).reverse(),
          truncated: entries.length > limit || all.length > limit,
        }
      },
      signal,
    ),
})

async function versionsOf(tx: ReadHandle, memory: Memory) {
  const { id, document_id } = memory
  const sources = await tx.documents.sources(document_id === null ? [] : [document_id])
  const source = sources.get(document_id ?? '') ?? null
  return [...(await tx.memories.pastVersions(id)), memory].map(version => toMemoryView(version, source))
}
