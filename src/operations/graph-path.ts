import * as z from 'zod'
import * as entityFields from './entity-fields.ts'
import { pathBetween } from './graph-paths.ts'
import * as view from './graph-view.ts'
import { knownProject } from './known-project.ts'
import { defineOperation } from './operation.ts'
import { lookUpEnds, mustFindEnd } from './relationship-ends.ts'

const input = z.object({
  from: entityFields.reference.describe(
    'The id or name of an entity; or a memory, a document or session:<name>.',
  ),
  to: entityFields.reference.describe('The other end, named the same way.'),
  project: view.project,
  types: view.types,
  depth: view.depth.describe(`How many relationships long at the most, up to ${view.MOST.depth}.`),
  limit: view.nodes.default(view.MOST.nodes).describe('How many entities are looked at, at the most.'),
  all: view.all,
  mermaid: view.mermaid,
})

const output = z.object({
  from: z.string(),
  to: z.string(),
  length: z.int().nullable().describe('Relationships between the two; null where no way was found.'),
  nodes: z.array(view.graphNode).describe('In the order of the way.'),
  edges: z.array(view.graphEdge).describe('In the order of the way; each may be followed either way round.'),
  cut: z.enum(['depth', 'nodes']).nullable().describe('The limit that ended the search, if one did.'),
  mermaid: z.string().optional(),
  notices: z.array(z.string()),
})

export const graphPath = defineOperation({
  name: 'graph_path',
  summary: 'Find the shortest way between two entities, whichever way round their relationships lead.',
  example: 'graph path "Gigabit switch" "Launch decision"',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['from', 'to'],
  opens: 'existing',
  input,
  output,
  run: (input, { store, principal, signal, now }) => {
    const { project, depth, limit, all = false, mermaid = false } = input
    const types = view.mustBeTypes(input.types)
    return store.read(
      principal,
      async tx => {
        const among = project === undefined ? {} : await knownProject(tx, project)
        const [from, to] = [await mustFindEnd(tx, input.from, among), await mustFindEnd(tx, input.to, among)]
        const ends = await lookUpEnds(tx, [from, to])
        const wanted = { limits: { depth, nodes: limit }, types, now: now(), all }
        const { nodes, edges, cut } = await pathBetween(tx, [ends.view(from), ends.view(to)], wanted)
        const shown = edges.map(view.toEdge)
        const isFound = nodes.length > 0
        return {
          from: from.id,
          to: to.id,
          length: isFound ? edges.length : null,
          nodes: nodes.map((node, distance) => ({ ...node, distance })),
          edges: shown,
          cut,
          ...(mermaid ? { mermaid: view.drawn(nodes, shown) } : {}),
          notices: isFound ? [] : [cut === null ? NONE : NOT_FOUND[cut]],
        }
      },
      signal,
    )
  },
})

const NONE = 'There is no way between them along the relationships that were followed.'

const NOT_FOUND = {
  depth: 'No way was found up to this length. For longer ones: --depth with a larger number.',
  nodes:
    'No way was found among so many entities. To look at more: --limit with a larger number, or fewer --types.',
} as const
