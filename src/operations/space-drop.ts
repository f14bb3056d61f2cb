import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'
import { mustBePerson } from './space-deciding.ts'

export const spaceDrop = defineOperation({
  name: 'space_drop',
  summary: 'Drop an embedding space with all its vectors.',
  example: 'space drop small',
  effects: 'destructive',
  idempotent: false,
  scope: 'admin',
  positional: ['name'],
  opens: 'existing',
  input: z.object({
    name: z.string().min(1).max(64),
    note: fields.note.optional(),
    idempotency_key: fields.idempotencyKey.optional(),
  }),
  output: z.object({
    name: z.string(),
    vectors: z.int().describe('Vectors that went with it.'),
    receipt: fields.receiptOut,
  }),
  run: async (input, context) => {
    mustBePerson(context, `space drop ${input.name}`)
    const { store, principal, now, signal } = context
    const { space, ...dropped } = await store.change(
      principal,
      stampFor(context, 'space_drop', input.note),
      async tx => {
        await tx.spaces.lock()
        const space = await tx.spaces.mustFind(input.name)
        if (space.is_default)
          throw new HeirloomError(
            'CONFLICT',
            `Recall goes by "${space.name}". Choose another space first: heirloom space default <name>, or words alone: heirloom space default none`,
          )
        const { embedded } = await tx.vectors.coverage(space, now())
        await tx.spaces.drop(space)
        return { name: space.name, vectors: embedded, space }
      },
      { signal, idempotency: claimFor('space_drop', input) },
    )
    await store.engine.vectors.forget(space)
    return dropped
  },
})
