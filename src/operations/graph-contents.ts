import { along, asks, questionInput } from './graph-question.ts'
import { graphView } from './graph-view.ts'
import { defineOperation } from './operation.ts'

export const graphContents = defineOperation({
  name: 'graph_contents',
  summary: 'Show what an entity contains, and what that contains.',
  example: 'graph contents "Rack 3"',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input: questionInput,
  output: graphView,
  run: asks(along(() => [{ side: 'source', types: ['contains'] }])),
})
