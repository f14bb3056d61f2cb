import * as z from 'zod'
import { findGaps, gapInput, gapOutput, holding } from './graph-gaps.ts'
import { defineOperation } from './operation.ts'
import { endView, entityEnd } from './relationship-ends.ts'

export const graphOrphans = defineOperation({
  name: 'graph_orphans',
  summary: 'List the requirements that nothing satisfies.',
  example: 'graph orphans --project apollo',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input: gapInput,
  output: z.object({ results: z.array(endView), ...gapOutput }),
  run: (input, context) =>
    findGaps(
      {
        operation: 'graph_orphans',
        type: 'requirement',
        find: async (tx, entities, now) => {
          const ids = entities.map(({ id }) => id)
          const satisfied = await holding(tx, ids, { side: 'target', type: 'satisfies', now })
          const lacking = entities.filter(({ id }) => !satisfied.has(id))
          return new Map(lacking.map(entity => [entity.id, entityEnd(entity)]))
        },
      },
      input,
      context,
    ),
})
