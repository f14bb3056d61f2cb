import { defineOperation } from './operation.ts'
import { returnGraduated } from './returning.ts'
import { runStep, transitionInput, transitionOutput } from './transition.ts'

export const forget = defineOperation({
  name: 'forget',
  summary: 'Retire a memory: recall no longer finds it; restore brings it back.',
  example: 'forget 0198c0de-0000-7000-8000-000000000000 --note "no longer in use"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input: transitionInput,
  output: transitionOutput,
  run: runStep('forget', returnGraduated),
})
