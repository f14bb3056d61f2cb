import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { ReadHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { memoryView, toMemoryView } from './memory-view.ts'
import { defineOperation } from './operation.ts'
import { originsOf } from './origin.ts'
import { strengthView, toStrengthView } from './strength-view.ts'
import { mentionNotices } from './unfinished.ts'

const input = z.object({
  id: fields.id,
  as_of: fields.time.optional().describe('The version that was there at this time.'),
  revisions: z.boolean().optional().describe('Also every earlier version, oldest first.'),
})

const mention = z.object({ id: z.string(), type: z.string(), name: z.string() })

const output = memoryView.extend({
  origin: z.string().nullable().describe('What it came from, in one line.'),
  graduated_to_entity_id: z.string().nullable().describe('The entity that it became.'),
  contested: z.string().nullable().describe('The open conflict about what it claims.'),
  mentions: z.array(mention).describe('The entities that its text names.'),
  pinned: z.boolean().describe('Whether it stands in every context of its project.'),
  strength: strengthView.nullable().describe('How well it is remembered; null where it was never reviewed.'),
  revisions: z.array(memoryView).optional(),
  notices: z.array(z.string()).optional().describe('Where something is to be said of it.'),
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
        // What it said earlier is history, and contradicts nothing.
        const open = input.as_of === undefined ? await tx.conflicts.contested([memory.id]) : null
        const contested = open?.get(memory.id) ?? null
        const mentions = input.as_of === undefined ? await mentionsOf(tx, memory.id) : []
        const notices = input.as_of === undefined ? await mentionNotices(tx) : []
        const strength = (await tx.strengths.of([memory.id])).get(memory.id)
        const graduated_to_entity_id = (await tx.graduations.of([memory.id])).get(memory.id) ?? null
        return {
          ...show(memory),
          origin,
          graduated_to_entity_id,
          contested,
          mentions,
          pinned: (await tx.pins.find(memory.id)) !== null,
          strength: strength === undefined ? null : await toStrengthView(strength, context.now()),
          ...(past === undefined ? {} : { revisions: past.map(show) }),
          ...(notices.length === 0 ? {} : { notices }),
        }
      },
      signal,
    )
    store.usage.note(principal, [view.id], context.now())
    return view
  },
})

async function mentionsOf(tx: ReadHandle, id: string): Promise<z.infer<typeof mention>[]> {
  const ids = (await tx.mentions.of([id])).get(id) ?? []
  const entities = await tx.entities.byIds(ids)
  return ids.flatMap(entityId => {
    const entity = entities.get(entityId)
    return entity === undefined ? [] : [{ id: entity.id, type: entity.type, name: entity.name }]
  })
}

function notThere(id: string, at: string | undefined): HeirloomError {
  return new HeirloomError(
    'NOT_FOUND',
    `Memory ${id} was not there yet at ${at}. Ask for a later time, or without as_of.`,
  )
}
