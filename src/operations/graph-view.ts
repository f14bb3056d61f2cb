/** A graph of relationships as every surface shows it, and the arguments of the operations that ask for one. */
import * as z from 'zod'
import { STATUSES } from '../model/lifecycle.ts'
import { mustBeRelationshipType, type Relationship, type RelationshipType } from '../model/relationship.ts'
import * as entityFields from './entity-fields.ts'
import * as fields from './fields.ts'
import type { Cut, Graph } from './graph-walk.ts'
import { toMermaid } from './mermaid.ts'
import { type EndView, endView } from './relationship-ends.ts'
import { TYPES } from './relationship-view.ts'

export const MOST = { depth: 50, nodes: 2000 } as const

export const depth = z
  .int()
  .min(1)
  .max(MOST.depth)
  .default(10)
  .describe(`How many relationships away at the most, up to ${MOST.depth}.`)

export const nodes = z
  .int()
  .min(1)
  .max(MOST.nodes)
  .default(200)
  .describe(`How many entities at the most, the one asked for included, up to ${MOST.nodes}.`)

export const mermaid = z.boolean().optional().describe('Also as text that Mermaid draws.')

export const all = z
  .boolean()
  .optional()
  .describe('Also what is only proposed, is over, or was taken back; each with its state.')

export const types = fields
  .listOf(z.string())
  .optional()
  .describe(`Only relationships of these types: ${TYPES.join(', ')}.`)

export const project = fields.project
  .optional()
  .describe('Where several have the name: the one of this project.')

/** What most questions about an entity take. */
export const about = { id: entityFields.reference, project, depth, limit: nodes, all, mermaid }

export const graphNode = endView.extend({
  distance: z.int().describe('Relationships between it and the first.'),
})

export const graphEdge = z.object({
  id: z.string(),
  type: z.enum(TYPES),
  source: z.string(),
  target: z.string(),
  status: z.enum(STATUSES),
  confidence: z.number().nullable(),
  evidence_id: z.string().nullable(),
})

export const graphView = z.object({
  id: z.string(),
  nodes: z
    .array(graphNode)
    .describe('The entity that was asked about, and what was found; the nearest first.'),
  edges: z.array(graphEdge).describe('Each reads as the sentence "source type target".'),
  cut: z.enum(['depth', 'nodes']).nullable().describe('The limit that left something out, if one did.'),
  mermaid: z.string().optional(),
  notices: z.array(z.string()),
})

export type GraphView = z.infer<typeof graphView>

const CUT: Readonly<Record<Cut, string>> = {
  depth: 'There is more beyond this depth. To see it: --depth with a larger number.',
  nodes: 'There is more than is shown. To see it: --limit with a larger number.',
}

export function toEdge({ id, type, source_id, target_id, status, confidence, evidence_id }: Relationship) {
  return { id, type, source: source_id, target: target_id, status, confidence, evidence_id }
}

export function toGraphView(id: string, graph: Graph, { isDrawn }: { readonly isDrawn: boolean }): GraphView {
  const shown = graph.nodes.map(node => ({ ...node }))
  const edges = graph.edges.map(toEdge)
  return {
    id,
    nodes: shown,
    edges,
    cut: graph.cut,
    ...(isDrawn ? { mermaid: drawn(shown, edges) } : {}),
    notices: graph.cut === null ? [] : [CUT[graph.cut]],
  }
}

export function drawn(shown: readonly EndView[], edges: readonly z.infer<typeof graphEdge>[]): string {
  const boxes = shown.map(({ id, name, kind, type, state }) => {
    const about = state === 'active' ? (type ?? kind) : `${type ?? kind}, ${state}`
    return { id, lines: [name ?? id, about] }
  })
  return toMermaid(boxes, edges)
}

/** @throws INVALID_INPUT listing the valid ones. */
export function mustBeTypes(said: readonly string[] | undefined): readonly RelationshipType[] | undefined {
  if (said === undefined || said.length === 0) return undefined
  // What is stored the other way round is asked for the same way.
  return [...new Set(said.map(mustBeRelationshipType).map(type => (type === 'part_of' ? 'contains' : type)))]
}
