import { defineOperation } from './operation.ts'
import { runStep, transitionInput, transitionOutput } from './transition.ts'

export const restore = defineOperation({
  name: 'restore',
  summary: 'Bring back what was forgotten, invalidated or superseded, to the state before.',
  example: 'restore 0198c0de-0000-7000-8000-000000000000',
  effects: 'write',
  idempotent: false,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input: transitionInput,
  output: transitionOutput,
  run: runStep('restore'),
})
