import { asks, questionInput } from './graph-question.ts'
import { graphView } from './graph-view.ts'
import { type Graph, walkGraph } from './graph-walk.ts'
import { defineOperation } from './operation.ts'

export const graphAssumptions = defineOperation({
  name: 'graph_assumptions',
  summary:
    'Show on which assumptions an entity is based: its own, and those of the decisions that affect it.',
  example: 'graph assumptions "Gigabit switch"',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input: questionInput,
  output: graphView,
  run: asks(async (tx, root, walking) => {
    const ways = () => [{ side: 'source', types: ['based_on_assumption', 'affected_by_decision'] } as const]
    return leadingToAssumptions(await walkGraph(tx, [root], { ...walking, ways }))
  }),
})

/** Without the decisions that rest on nothing. */
function leadingToAssumptions({ nodes, edges, cut }: Graph): Graph {
  const isBased = ({ type }: Graph['edges'][number]) => type === 'based_on_assumption'
  const leading = new Set(edges.filter(isBased).flatMap(edge => [edge.source_id, edge.target_id]))
  for (let before = -1; before !== leading.size; ) {
    before = leading.size
    for (const { source_id, target_id } of edges) if (leading.has(target_id)) leading.add(source_id)
  }
  return {
    nodes: nodes.filter(({ id, distance }) => distance === 0 || leading.has(id)),
    edges: edges.filter(({ target_id }) => leading.has(target_id)),
    cut,
  }
}
