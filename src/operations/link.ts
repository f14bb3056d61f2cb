import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { LINK_TYPES, mustBeLinkType } from '../model/link.ts'
import { mustBeOpen } from './entering.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'

export const linkType = z
  .string()
  .trim()
  .describe(`What the target is of the source: ${LINK_TYPES.join(', ')}.`)

const input = z.object({
  target: fields.id.describe('The id of the memory that came from another one.'),
  type: linkType,
  source: fields.id.describe('The id of the memory that it came from.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

export const link = defineOperation({
  name: 'link',
  summary: 'Say that a memory came from another one: target, type, source, as in a sentence.',
  example:
    'link 0198c0de-0000-7000-8000-000000000001 derived_from 0198c0de-0000-7000-8000-000000000000 --note "worked out from it"',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['target', 'type', 'source'],
  opens: 'existing',
  input,
  output: z.object({
    target: z.string(),
    type: z.enum(LINK_TYPES),
    source: z.string(),
    outcome: z.enum(['linked', 'already_linked']),
    created_at: z.string(),
    receipt: fields.receiptOut,
  }),
  run: async (input, context) => {
    const type = mustBeLinkType(input.type)
    mustBeTwo(input)
    const stamp = stampFor(context, 'link', input.note)
    return context.store.change(
      context.principal,
      stamp,
      async tx => {
        const target = await tx.memories.mustGetForChange(input.target)
        const source = await tx.memories.mustGetForChange(input.source)
        await mustBeOpen(tx, target, { step: 'link', principal: context.principal })
        const known = await tx.links.find(target.id, type, source.id)
        const outcome = known === null ? ('linked' as const) : ('already_linked' as const)
        const { created_at } = known ?? (await tx.links.add(target, type, source))
        return { target: target.id, type, source: source.id, outcome, created_at }
      },
      { signal: context.signal, idempotency: claimFor('link', input) },
    )
  },
})

function mustBeTwo({ target, source }: z.output<typeof input>): void {
  if (target !== source) return
  throw new HeirloomError(
    'INVALID_INPUT',
    `link: memory ${target} cannot come from itself. Name the memory that it came from.`,
  )
}
