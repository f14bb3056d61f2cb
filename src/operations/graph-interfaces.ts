import * as z from 'zod'
import { along, asks, questionInput } from './graph-question.ts'
import { depth, graphView } from './graph-view.ts'
import { defineOperation } from './operation.ts'

export const graphInterfaces = defineOperation({
  name: 'graph_interfaces',
  summary: 'Show what an entity interfaces with: its direct neighbours, or farther ones by --depth.',
  example: 'graph interfaces "Gigabit switch"',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input: z.object({ ...questionInput.shape, depth: depth.default(1) }),
  output: graphView,
  run: asks(
    along(() => [
      { side: 'source', types: ['interfaces_with'] },
      { side: 'target', types: ['interfaces_with'] },
    ]),
  ),
})
