import * as z from 'zod'
import { LINK_TYPES } from '../model/link.ts'
import * as fields from './fields.ts'
import { type LineageGraph, walkLineage } from './lineage-walk.ts'
import { mustFindNode, nodeView } from './link-view.ts'
import { toMermaid } from './mermaid.ts'
import { defineOperation } from './operation.ts'

const MOST = 20_000

const input = z.object({
  id: fields.id,
  depth: z.int().min(1).max(MOST).default(100).describe('How many links away at the most.'),
  nodes: z.int().min(1).max(MOST).default(500).describe('How many memories at the most.'),
  mermaid: z.boolean().optional().describe('Also as text that Mermaid draws.'),
})

const node = z.object({
  ...nodeView.shape,
  distance: z.int().describe('Links away: below 0 what it came from, above 0 what came of it.'),
})

const edge = z.object({
  type: z.enum(LINK_TYPES),
  source: z.string(),
  target: z.string(),
  linked_at: z.string(),
})

const output = z.object({
  id: z.string(),
  sources: z.array(z.string()).describe('Its direct sources.'),
  fan_out: z.array(z.string()).describe('What came of it directly, as far as the limits let it.'),
  nodes: z.array(node),
  edges: z.array(edge).describe('Each reads as the sentence "target type source".'),
  cut: z.enum(['depth', 'nodes']).nullable().describe('The limit that left something out, if one did.'),
  mermaid: z.string().optional(),
  notices: z.array(z.string()),
})

type Output = z.infer<typeof output>

export const lineage = defineOperation({
  name: 'lineage',
  summary: 'Show where a memory came from and where it went, through every link in both directions.',
  example: 'lineage 0198c0de-0000-7000-8000-000000000000 --depth 10',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: ({ id, mermaid, ...limits }, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const root = await mustFindNode(tx, id, principal)
        const graph = toView(await walkLineage(tx, root, { limits, principal }))
        const { nodes, edges, cut } = graph
        return {
          id,
          sources: edges.filter(({ target }) => target === id).map(({ source }) => source),
          fan_out: edges.filter(({ source }) => source === id).map(({ target }) => target),
          nodes,
          edges,
          cut,
          ...(mermaid ? { mermaid: drawn(graph) } : {}),
          notices: cut === null ? [] : [CUT[cut]],
        }
      },
      signal,
    ),
})

const CUT = {
  depth: 'There is more beyond this depth. To see it: --depth with a larger number.',
  nodes: 'There are more memories than are shown. To see them: --nodes with a larger number.',
}

type View = Pick<Output, 'nodes' | 'edges' | 'cut'>

function toView({ nodes, edges, cut }: LineageGraph): View {
  return {
    nodes: nodes.map(found => ({ ...found })),
    edges: edges.map(({ type, source_ref: source, target_id: target, created_at: linked_at }) => {
      return { type, source, target, linked_at }
    }),
    cut,
  }
}

function drawn({ nodes, edges }: View): string {
  const boxes = nodes.map(({ id, state, project, label, summary }) => {
    const about = label ?? summary
    return { id, lines: [...(about === null ? [] : [about]), `${project ?? ''} ${state}`.trim(), id] }
  })
  return toMermaid(boxes, edges)
}
