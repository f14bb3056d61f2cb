import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy } from './conflict-view.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'
import { mustBePerson } from './promotion.ts'
import { returnGraduated } from './returning.ts'
import { mustFindForChange } from './subject.ts'
import { moveFound, transitionInput, transitionOutput } from './transition.ts'

export const reject = defineOperation({
  name: 'reject',
  summary: 'Turn down a candidate: it does not become active; restore makes it a candidate again.',
  example: 'reject 0198c0de-0000-7000-8000-000000000000 --note "not what we agreed"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input: transitionInput,
  output: transitionOutput,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const stamp = stampFor(context, 'reject', input.note)
    const work = async (tx: WriteHandle) => {
      const found = await mustFindForChange(tx, input.id)
      mustBePerson('reject', found, principal)
      const moved = await moveFound(tx, found, { step: 'reject', at: stamp.at })
      const returned = await returnGraduated(tx, found, stamp.at)
      // It may have been one of two things of one name.
      const { conflict, notices } = await conflictOpenedBy(tx, input.id)
      return { ...moved, conflict, notices: [...returned, ...notices] }
    }
    return store.change(principal, stamp, work, { signal, idempotency: claimFor('reject', input) })
  },
})
