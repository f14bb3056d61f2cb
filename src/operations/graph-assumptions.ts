import { decisionsOn } from './graph-decisions.ts'
import { asks, questionInput, type Walking } from './graph-question.ts'
import { graphView } from './graph-view.ts'
import { type Graph, type Reading, walkGraph } from './graph-walk.ts'
import { defineOperation } from './operation.ts'
import type { EndView } from './relationship-ends.ts'

export const graphAssumptions = defineOperation({
  name: 'graph_assumptions',
  summary:
    'Show on which assumptions an entity is based: its own, and those of the decisions that affect it, also through what contains it.',
  example: 'graph assumptions "Gigabit switch"',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input: questionInput,
  output: graphView,
  run: asks(async (tx, root, walking) => {
    const decisions = await decisionsOn(tx, root, walking)
    const based = await basesOf(tx, root, { decisions, walking })
    return leadingToAssumptions(joined(root, [decisions, based], walking.limits.depth))
  }),
})

/** What the entity and the decisions rest on; not what contains the entity, which has assumptions of its own. */
function basesOf(
  tx: Reading,
  root: EndView,
  { decisions, walking }: { decisions: Graph; walking: Walking },
): Promise<Graph> {
  const { nodes, edges } = decisions
  const deciding = new Set(edges.flatMap(({ type, target_id }) => (type === 'contains' ? [] : target_id)))
  const from = [root, ...nodes.filter(({ id }) => id !== root.id && deciding.has(id))]
  const limits = { ...walking.limits, nodes: walking.limits.nodes - (nodes.length - from.length) }
  const ways = () => [{ side: 'source', types: ['based_on_assumption', 'affected_by_decision'] } as const]
  return walkGraph(tx, from, { ...walking, limits, ways })
}

/** Both together, as far as they are no farther away from the entity than the depth. */
function joined(root: EndView, graphs: readonly Graph[], depth: number): Graph {
  const edges = [
    ...new Map(graphs.flatMap(graph => graph.edges.map(edge => [edge.id, edge] as const))).values(),
  ]
  const distances = distancesFrom(root.id, edges)
  const nodes = [
    ...new Map(graphs.flatMap(graph => graph.nodes.map(node => [node.id, node] as const))).values(),
  ]
    .map(node => ({ ...node, distance: distances.get(node.id) ?? 0 }))
    .toSorted((a, b) => a.distance - b.distance)
  const isNear = (id: string) => (distances.get(id) ?? 0) <= depth
  const cuts = graphs.map(({ cut }) => cut)
  const isCut = cuts.includes('depth') || nodes.some(({ id }) => !isNear(id))
  return {
    nodes: nodes.filter(({ id }) => isNear(id)),
    edges: edges.filter(({ source_id, target_id }) => isNear(source_id) && isNear(target_id)),
    cut: cuts.includes('nodes') ? 'nodes' : isCut ? 'depth' : null,
  }
}

function distancesFrom(id: string, edges: Graph['edges']): Map<string, number> {
  const near = new Map<string, string[]>()
  for (const { source_id: one, target_id: other } of edges) {
    near.set(one, [...(near.get(one) ?? []), other])
    near.set(other, [...(near.get(other) ?? []), one])
  }
  const distances = new Map([[id, 0]])
  // A map is walked in the order of its entries, those that are added meanwhile included.
  for (const [at, distance] of distances)
    for (const other of near.get(at) ?? []) if (!distances.has(other)) distances.set(other, distance + 1)
  return distances
}

/** Without the decisions that rest on nothing, and without the wholes through which only such ones come. */
function leadingToAssumptions({ nodes, edges, cut }: Graph): Graph {
  const ways = edges.map(({ type, source_id, target_id }) =>
    // A whole leads its part on to what affects it.
    type === 'contains' ? ([target_id, source_id] as const) : ([source_id, target_id] as const),
  )
  const isBased = ({ type }: Graph['edges'][number]) => type === 'based_on_assumption'
  const leading = new Set(edges.filter(isBased).flatMap(edge => [edge.source_id, edge.target_id]))
  for (let before = -1; before !== leading.size; ) {
    before = leading.size
    for (const [from, to] of ways) if (leading.has(to)) leading.add(from)
  }
  return {
    nodes: nodes.filter(({ id, distance }) => distance === 0 || leading.has(id)),
    edges: edges.filter((_, index) => leading.has(ways[index]![1])),
    cut,
  }
}
