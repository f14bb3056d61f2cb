import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { LINK_TYPES, type LinkType, mustBeLinkType } from '../model/link.ts'
import type { Memory } from '../model/memory.ts'
import { mustBeOpen } from './entering.ts'
import * as fields from './fields.ts'
import { linkType } from './link.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'

const input = z.object({
  target: fields.id.describe('The id of the memory that came from another one.'),
  type: linkType,
  source: fields.name.describe('The id of the memory that it came from, whether that is still there or not.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

export const unlink = defineOperation({
  name: 'unlink',
  summary: 'Take back that a memory came from another one.',
  example: 'unlink 0198c0de-0000-7000-8000-000000000001 derived_from 0198c0de-0000-7000-8000-000000000000',
  effects: 'write',
  idempotent: false,
  scope: 'write',
  positional: ['target', 'type', 'source'],
  opens: 'existing',
  input,
  output: z.object({
    target: z.string(),
    type: z.enum(LINK_TYPES),
    source: z.string(),
    outcome: z.enum(['unlinked']),
    receipt: fields.receiptOut,
  }),
  run: async (input, context) => {
    const type = mustBeLinkType(input.type)
    const source = input.source.trim().toLowerCase()
    const stamp = stampFor(context, 'unlink', input.note)
    return context.store.change(
      context.principal,
      stamp,
      async tx => {
        const target = await tx.memories.mustGetForChange(input.target)
        const found = await tx.links.find(target.id, type, source)
        if (found === null) throw notLinked(target.id, type, source)
        mustNotBeTold(target, type, source)
        await mustBeOpen(tx, target, { step: 'unlink', principal: context.principal })
        await tx.links.remove(found)
        return { target: target.id, type, source, outcome: 'unlinked' as const }
      },
      { signal: context.signal, idempotency: claimFor('unlink', input) },
    )
  },
})

function notLinked(target: string, type: LinkType, source: string): HeirloomError {
  return new HeirloomError(
    'NOT_FOUND',
    `Memory ${target} has no link ${type} to ${source}. See which it has: heirloom links ${target}`,
  )
}

/** What the memory's own state says goes with that state. */
function mustNotBeTold({ id, superseded_by }: Memory, type: LinkType, source: string): void {
  if (type !== 'superseded_by' || superseded_by !== source) return
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Memory ${id} is superseded by ${source}, and this link says so. Bring it back instead: heirloom restore ${id}`,
  )
}
