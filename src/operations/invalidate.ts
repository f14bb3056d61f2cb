import { defineOperation } from './operation.ts'
import { runStep, transitionInput, transitionOutput } from './transition.ts'

export const invalidate = defineOperation({
  name: 'invalidate',
  summary: 'Mark a memory as wrong: recall no longer finds it; restore brings it back.',
  example: 'invalidate 0198c0de-0000-7000-8000-000000000000 --note "measured again"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input: transitionInput,
  output: transitionOutput,
  run: runStep('invalidate'),
})
