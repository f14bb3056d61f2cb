import { type Answer, asks, questionInput } from './graph-question.ts'
import { graphView } from './graph-view.ts'
import { type Cut, type Graph, type GraphNode, walkGraph } from './graph-walk.ts'
import { defineOperation } from './operation.ts'

export const graphDecisions = defineOperation({
  name: 'graph_decisions',
  summary: 'Show which decisions affect an entity, also through what contains it.',
  example: 'graph decisions "Gigabit switch"',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input: questionInput,
  output: graphView,
  run: (input, context) => asks(decisionsOn)(input, context),
})

/** The entity, the decisions that affect it, and the wholes through which they do. */
export const decisionsOn: Answer = async (tx, root, walking) => {
  const upwards = () => [{ side: 'target', types: ['contains'] } as const]
  const wholes = await walkGraph(tx, [root], { ...walking, ways: upwards })
  const affecting = () => [{ side: 'source', types: ['affected_by_decision', 'constrained_by'] } as const]
  const limits = { ...walking.limits, depth: 1 }
  const affected = await walkGraph(tx, wholes.nodes, { ...walking, limits, ways: affecting })
  // A decision may be affected by others in its turn; that is not asked.
  const cut: Cut | null = affected.cut === 'nodes' ? 'nodes' : wholes.cut
  return joined(wholes, onlyDecisions(affected), cut)
}

/** What constrains an entity may be a requirement as well. */
function onlyDecisions({ nodes, edges }: Graph): Pick<Graph, 'nodes' | 'edges'> {
  const types = new Map(nodes.map(({ id, type }) => [id, type]))
  const deciding = edges.filter(
    ({ type, target_id }) => type === 'affected_by_decision' || types.get(target_id) === 'decision',
  )
  const ids = new Set(deciding.map(({ target_id }) => target_id))
  return { nodes: nodes.filter(({ id }) => ids.has(id)), edges: deciding }
}

/** The decisions, the entity, and the wholes through which a decision affects it. */
function joined(wholes: Graph, { nodes, edges }: Pick<Graph, 'nodes' | 'edges'>, cut: Cut | null): Graph {
  const kept = new Set(edges.map(({ source_id }) => source_id))
  for (const whole of wholes.nodes.toReversed()) {
    if (whole.distance === 0) kept.add(whole.id)
    else if (kept.has(whole.id))
      for (const { source_id, target_id } of wholes.edges) if (source_id === whole.id) kept.add(target_id)
  }
  const above = wholes.nodes.filter(({ id }) => kept.has(id))
  const away = new Map(above.map(({ id, distance }) => [id, distance]))
  const decisions = nodes.flatMap((node): GraphNode[] => {
    if (away.has(node.id)) return []
    const from = edges
      .filter(({ target_id }) => target_id === node.id)
      .map(edge => away.get(edge.source_id) ?? 0)
    return [{ ...node, distance: Math.min(...from) + 1 }]
  })
  const between = wholes.edges.filter(
    ({ source_id, target_id }) => kept.has(source_id) && kept.has(target_id),
  )
  return { nodes: [...above, ...decisions], edges: [...between, ...edges], cut }
}
