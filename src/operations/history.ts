import * as z from 'zod'
import * as fields from './fields.ts'
import { entryView, toEntryView } from './journal-view.ts'
import { memoryView, toMemoryView } from './memory-view.ts'
import { defineOperation } from './operation.ts'

const input = z.object({ id: fields.id, limit: fields.limit.optional() })

const output = z.object({
  id: z.string(),
  status: z.string(),
  versions: z.array(memoryView),
  entries: z.array(entryView),
  truncated: z.boolean(),
})

export const history = defineOperation({
  name: 'history',
  summary: 'Show the life of a memory: every version, and who changed what, when and why.',
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
        const memory = await tx.memories.mustGet(id)
        const past = await tx.memories.pastVersions(id)
        const entries = await tx.journal.entries({ subject_id: id, limit: limit + 1 })
        const sources = await tx.documents.sources(memory.document_id === null ? [] : [memory.document_id])
        const source = sources.get(memory.document_id ?? '') ?? null
        const versions = [...past, memory].slice(-limit)
        return {
          id,
          status: memory.status,
          versions: versions.map(version => toMemoryView(version, source)),
          entries: entries.slice(0, limit).map(toEntryView).reverse(),
          truncated: entries.length > limit || past.length + 1 > limit,
        }
      },
      signal,
    ),
})
