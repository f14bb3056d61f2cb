import * as z from 'zod'
import { findGaps, gapInput, gapOutput, holding } from './graph-gaps.ts'
import { defineOperation } from './operation.ts'
import { endView, entityEnd } from './relationship-ends.ts'

export const graphUnsupported = defineOperation({
  name: 'graph_unsupported',
  summary:
    'List the claims without evidence: evidenced by nothing, supported by nothing, and made of no memory.',
  example: 'graph unsupported --project apollo',
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
        operation: 'graph_unsupported',
        type: 'claim',
        find: async (tx, entities, now) => {
          const ids = entities.map(({ id }) => id)
          const evidenced = await holding(tx, ids, { side: 'source', type: 'evidenced_by', now })
          const supported = await holding(tx, ids, { side: 'target', type: 'supports', now })
          const graduated = await tx.graduations.intoAny(ids)
          const lacking = entities.filter(
            ({ id }) => !evidenced.has(id) && !supported.has(id) && !graduated.has(id),
          )
          return new Map(lacking.map(entity => [entity.id, entityEnd(entity)]))
        },
      },
      input,
      context,
    ),
})
