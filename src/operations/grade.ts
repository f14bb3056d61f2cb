import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { GRADES, reviewed } from '../model/strength.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'
import { strengthView, toStrengthView } from './strength-view.ts'
import { find } from './subject.ts'

const input = z.object({
  id: fields.id,
  grade: z.enum(GRADES).describe('How well it was remembered, or how much it was of use.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = z.object({ id: z.string(), grade: z.enum(GRADES), strength: strengthView })

export const grade = defineOperation({
  name: 'grade',
  summary: 'Review a memory: say how well it was remembered, which decides when it is due again.',
  example: 'grade 0198c0de-0000-7000-8000-000000000000 good',
  effects: 'write',
  idempotent: false,
  scope: 'write',
  positional: ['id', 'grade'],
  opens: 'existing',
  input,
  output,
  run: ({ id, grade, ...rest }, context) => {
    const { store, principal, signal } = context
    const stamp = stampFor(context, 'grade', rest.note)
    return store.write(
      principal,
      stamp,
      async tx => {
        const found = await find(tx, id)
        if (found !== null && found.kind !== 'memory') throw noMemory(id, found.kind)
        await tx.memories.mustGet(id)
        const review = { memory_id: id, grade, source: 'grade' as const, interaction_id: null, at: stamp.at }
        const cards = await tx.strengths.review([{ ...review, id: context.newId() }], reviewed)
        await tx.interactions.countUse([id], stamp.at)
        return { id, grade, strength: await toStrengthView(cards.get(id)!, stamp.at) }
      },
      { signal, idempotency: claimFor('grade', { id, grade, ...rest }) },
    )
  },
})

function noMemory(id: string, kind: string): HeirloomError {
  return new HeirloomError(
    'INVALID_INPUT',
    `grade: ${id} is of the kind ${kind}; only memories are reviewed. Find ids with: heirloom list, or heirloom due`,
  )
}
