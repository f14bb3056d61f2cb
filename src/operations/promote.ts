import { claimFor, defineOperation, stampFor } from './operation.ts'
import { promoteOne } from './promotion.ts'
import { transitionInput, transitionOutput } from './transition.ts'

export const promote = defineOperation({
  name: 'promote',
  summary: 'Accept a candidate, or let a quarantined memory out: recall finds it from now on.',
  example: 'promote 0198c0de-0000-7000-8000-000000000000 --note "agreed on Monday"',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input: transitionInput,
  output: transitionOutput,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const stamp = stampFor(context, 'promote', input.note)
    return store.change(principal, stamp, tx => promoteOne(tx, { id: input.id, at: stamp.at, principal }), {
      signal,
      idempotency: claimFor('promote', input),
    })
  },
})
