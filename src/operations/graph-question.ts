/** The shared flow of the questions about one entity that walks along some types of relationships answer. */
import * as z from 'zod'
import type { ReadHandle } from '../store/store.ts'
import { mustFindEntity } from './entity-reference.ts'
import * as view from './graph-view.ts'
import { type Graph, type Wanted, type Way, walkGraph } from './graph-walk.ts'
import { knownProject } from './known-project.ts'
import type { Context } from './operation.ts'
import { type EndView, entityEnd } from './relationship-ends.ts'

export const questionInput = z.object(view.about)

export type Walking = Omit<Wanted, 'ways'>

/** What answers a question: the graph around the entity, or what of it matters. */
export type Answer = (tx: ReadHandle, root: EndView, walking: Walking) => Promise<Graph>

export function asks(answer: Answer) {
  return (input: z.output<typeof questionInput>, { store, principal, signal, now }: Context) => {
    const { id, project, depth, limit, all = false, mermaid = false } = input
    return store.read(
      principal,
      async tx => {
        const among = project === undefined ? {} : await knownProject(tx, project)
        const entity = await mustFindEntity(tx, id, among)
        const graph = await answer(tx, entityEnd(entity), {
          limits: { depth, nodes: limit },
          now: now(),
          all,
        })
        return view.toGraphView(entity.id, graph, { isDrawn: mermaid })
      },
      signal,
    )
  }
}

/** Everything that one walk comes to. */
export function along(ways: (distance: number) => readonly Way[]): Answer {
  return (tx, root, walking) => walkGraph(tx, [root], { ...walking, ways })
}
