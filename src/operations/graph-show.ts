import * as z from 'zod'
import * as view from './graph-view.ts'
import { walkGraph } from './graph-walk.ts'
import { knownProject } from './known-project.ts'
import { defineOperation } from './operation.ts'
import { endReference } from './relate.ts'
import { lookUpEnds, mustFindEnd } from './relationship-ends.ts'

const input = z.object({
  ...view.about,
  id: endReference.describe('The id or name of an entity; or a memory, a document or session:<name>.'),
  types: view.types,
})

export const graphShow = defineOperation({
  name: 'graph_show',
  summary: 'Show what an entity is related to, in both directions, as a tree.',
  example: 'graph show "Gigabit switch" --depth 2 --mermaid',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output: view.graphView,
  run: (
    { id, project, depth, limit, all = false, mermaid = false, types },
    { store, principal, signal, now },
  ) => {
    const wanted = view.mustBeTypes(types)
    return store.read(
      principal,
      async tx => {
        const among = project === undefined ? {} : await knownProject(tx, project)
        const end = await mustFindEnd(tx, id, among)
        const root = (await lookUpEnds(tx, [end])).view(end)
        const graph = await walkGraph(tx, [root], {
          limits: { depth, nodes: limit },
          ways: () => [
            { side: 'source', types: wanted },
            { side: 'target', types: wanted },
          ],
          now: now(),
          all,
        })
        return view.toGraphView(root.id, graph, { isDrawn: mermaid })
      },
      signal,
    )
  },
})
