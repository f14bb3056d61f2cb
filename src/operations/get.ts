import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import * as fields from './fields.ts'
import { memoryView, toMemoryView } from './memory-view.ts'
import { defineOperation } from './operation.ts'
import { originsOf } from './origin.ts'

const input = z.object({
  id: fields.id,
  as_of: fields.time.optional().describe('The version that was there at this time.'),
  revisions: z.boolean().optional().describe('Also every earlier version, oldest first.'),
})

const output = memoryView.extend({
  origin: z.string().nullable().describe('What it came from, in one line.'),
  revisions: z.array(memoryView).optional(),
})

export const get = defineOperation({
  name: 'get',
  summary: 'Show one memory with all its fields.',
  example: 'get 0198c0de-0000-7000-8000-000000000000 --revisions',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const view = await store.read(
      principal,
      async tx => {
        const memory =
          input.as_of === undefined
            ? await tx.memories.mustGet(input.id)
            : await tx.memories.getAsOf(input.id, input.as_of)
        if (memory === null) throw notThere(input.id, input.as_of)
        const sources = await tx.documents.sources(memory.document_id === null ? [] : [memory.document_id])
        const show = (version: Memory) =>
          toMemoryView(version, sources.get(version.document_id ?? '') ?? null)
        const past = input.revisions ? await tx.memories.pastVersions(input.id) : undefined
        const origin = (await originsOf(tx, [memory], principal)).get(memory.id) ?? null
        return { ...show(memory), origin, ...(past === undefined ? {} : { revisions: past.map(show) }) }
      },
      signal,
    )
    store.usage.note(principal, [view.id], context.now())
    return view
  },
})

function notThere(id: string, at: string | undefined): HeirloomError {
  return new HeirloomError(
    'NOT_FOUND',
    `Memory ${id} was not there yet at ${at}. Ask for a later time, or without as_of.`,
  )
}
