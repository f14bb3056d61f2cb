import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { endLine, nameOf } from './entity.ts'
import { branchLine, treeOf } from './graph-tree.ts'
import { clock, count, joined, noticeLines } from './layout.ts'

/** What was found around an entity, as a tree. */
export function renderGraph(graph: OutputOf<'graph_show'>, ink: Ink): string {
  if (graph.mermaid !== undefined) return graph.mermaid
  const { id, nodes, edges, notices } = graph
  const root = nodes.find(node => node.id === id)!
  const found = nodes.length - 1
  return [
    endLine(root, ink),
    ...(edges.length === 0
      ? [ink.dim('  nothing')]
      : [
          ...treeOf(graph, ink),
          '',
          ink.dim(`${count(found, 'other')}, ${count(edges.length, 'relationship')}`),
        ]),
    noticeLines(notices, ink),
  ].join('\n')
}

export function renderPath(
  { nodes, edges, length, mermaid, notices }: OutputOf<'graph_path'>,
  ink: Ink,
): string {
  if (mermaid !== undefined) return mermaid
  if (length === null) return noticeLines(notices, ink)
  const steps = edges.map((edge, index) => {
    const far = nodes[index + 1]!
    return `  ${branchLine({ edges: [edge], far }, ink)}`
  })
  return [
    endLine(nodes[0]!, ink),
    ...steps,
    '',
    ink.dim(count(length, 'relationship')),
    noticeLines(notices, ink),
  ].join('\n')
}

type Gaps = OutputOf<'graph_orphans'>

export function renderOrphans(gaps: Gaps, ink: Ink): string {
  return gapLines(gaps, { none: 'Every requirement is satisfied by something.', one: 'requirement' }, ink)
}

export function renderUnsupported(gaps: OutputOf<'graph_unsupported'>, ink: Ink): string {
  return gapLines(gaps, { none: 'Every claim has some evidence.', one: 'claim' }, ink)
}

interface Words {
  readonly none: string
  readonly one: string
}

function gapLines({ results, looked_at, cursor, notices }: Gaps, { none, one }: Words, ink: Ink): string {
  if (looked_at === 0) return `There is no ${one} here.`
  const lines = results.map(found => endLine(found, ink))
  return [
    ...(results.length === 0 && cursor === null ? [none] : lines),
    footer({ looked_at, cursor }, one, ink),
    noticeLines(notices, ink),
  ].join('\n')
}

function footer(
  { looked_at, cursor }: Pick<Gaps, 'looked_at' | 'cursor'>,
  one: string,
  { dim }: Ink,
): string {
  const more = cursor === null ? '' : ` The next: the same with --cursor ${cursor}`
  return dim(`${count(looked_at, one)} looked at.${more}`)
}

export function renderShaky(
  { results, looked_at, cursor, notices }: OutputOf<'graph_shaky'>,
  ink: Ink,
): string {
  if (looked_at === 0) return 'There is no decision here.'
  const lines = results.flatMap(({ assumptions, ...decision }) => [
    endLine(decision, ink),
    ...assumptions.map(({ why, conflict, through, ...assumption }) => {
      const about = joined([why, conflict && `heirloom conflict ${conflict}`])
      const way = through.length === 0 ? '' : ink.dim(` through ${count(through.length, 'other assumption')}`)
      return `  ${ink.yellow('!')} rests on ${nameOf(assumption)} ${ink.dim(assumption.id)}, which is ${about}${way}`
    }),
  ])
  const body =
    results.length === 0 && cursor === null ? ['Every decision rests on assumptions that hold.'] : lines
  return [...body, footer({ looked_at, cursor }, 'decision', ink), noticeLines(notices, ink)].join('\n')
}

export function renderChanges(
  { since, entries, neighbours, truncated, notices }: OutputOf<'graph_changes'>,
  ink: Ink,
): string {
  const lines = entries.map(({ sequence, at, operation, actor_kind, note, about }) => {
    const why = note === null || note === '' ? '' : `  “${note.replaceAll('\n', ' ')}”`
    return `${ink.dim(`#${sequence} ${clock(at)}`)} ${ink.bold(operation)} ${about} ${ink.dim(`by ${actor_kind}`)}${why}`
  })
  const more = truncated ? [`${ink.yellow('!')} There is more; raise --limit, or ask for a later time.`] : []
  const body = entries.length === 0 ? [`Nothing has changed since ${clock(since)}.`] : lines
  return [
    ...body,
    ...more,
    ink.dim(`${count(neighbours.length, 'neighbour')} looked at.`),
    noticeLines(notices, ink),
  ].join('\n')
}
