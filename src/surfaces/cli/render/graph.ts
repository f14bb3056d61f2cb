import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { endLine, nameOf } from './entity.ts'
import { clock, count, joined, noticeLines } from './layout.ts'

type Graph = OutputOf<'graph_show'>
type Node = Graph['nodes'][number]
type Edge = Graph['edges'][number]

/** What was found around an entity, as a tree: the nearest first, each once, with what closes a circle. */
export function renderGraph(graph: Graph, ink: Ink): string {
  if (graph.mermaid !== undefined) return graph.mermaid
  const { id, nodes, edges, notices } = graph
  const root = nodes.find(node => node.id === id)!
  const found = nodes.length - 1
  return [
    endLine(root, ink),
    ...(found === 0 ? [ink.dim('  nothing')] : treeOf(graph, ink)),
    '',
    ink.dim(`${count(found, 'other')}, ${count(edges.length, 'relationship')}`),
    noticeLines(notices, ink),
  ].join('\n')
}

/** Deeper branches are not indented any further. */
const DEEPEST = 20

/** What leads from one end to another: by one relationship, or by several. */
interface Branch {
  readonly edges: readonly Edge[]
  readonly far: Node
}

interface Pending {
  readonly branch: Branch
  readonly before: string
  readonly isLast: boolean
  readonly depth: number
}

/** Each relationship is a line. Not recursive: it may be deep. */
function treeOf({ id: root, nodes, edges }: Graph, ink: Ink): string[] {
  const branchesOf = branching(nodes, edges)
  const drawn = new Set<string>()
  const shown = new Set([root])
  const path = new Set([root])
  const lines: string[] = []
  const stack: (Pending | { readonly leave: string })[] = []
  const push = (id: string, before: string, depth: number) => {
    stack.push({ leave: id })
    const branches = branchesOf(id).filter(({ edges: own }) => own.some(edge => !drawn.has(edge.id)))
    for (const [index, branch] of branches.toReversed().entries())
      stack.push({ branch, before, isLast: index === 0, depth })
  }
  push(root, '', 1)
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ('leave' in next) {
      path.delete(next.leave)
      continue
    }
    const { branch, before, isLast, depth } = next
    const { far } = branch
    if (branch.edges.every(edge => drawn.has(edge.id))) continue
    for (const edge of branch.edges) drawn.add(edge.id)
    const remark = path.has(far.id)
      ? ' (a circle: it is above)'
      : shown.has(far.id)
        ? ' (shown elsewhere)'
        : ''
    lines.push(`${ink.dim(before + (isLast ? '└─ ' : '├─ '))}${branchLine(branch, ink)}${remark}`)
    if (remark !== '') continue
    shown.add(far.id)
    path.add(far.id)
    push(far.id, depth >= DEEPEST ? before : before + (isLast ? '   ' : '│  '), depth + 1)
  }
  return lines
}

/** What leads farther away comes first; what leads back or aside is told where it is met. */
function branching(nodes: readonly Node[], edges: readonly Edge[]): (id: string) => Branch[] {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const touching = new Map<string, Map<string, Edge[]>>()
  const add = (id: string, far: string, edge: Edge) => {
    const own = touching.get(id) ?? new Map<string, Edge[]>()
    touching.set(id, own.set(far, [...(own.get(far) ?? []), edge]))
  }
  for (const edge of edges) {
    if (!byId.has(edge.source) || !byId.has(edge.target)) continue
    add(edge.source, edge.target, edge)
    if (edge.source !== edge.target) add(edge.target, edge.source, edge)
  }
  return id => {
    const here = byId.get(id)?.distance ?? 0
    const own = [...(touching.get(id) ?? [])].map(([far, between]) => ({
      far: byId.get(far)!,
      edges: between,
    }))
    const isFarther = ({ far }: Branch) => far.distance > here
    return [...own.filter(isFarther), ...own.filter(branch => !isFarther(branch))]
  }
}

function branchLine({ edges, far }: Branch, ink: Ink): string {
  const arrows = edges.map(({ type, target, status }) => {
    const arrow = ink.cyan(target === far.id ? `${type} →` : `← ${type}`)
    return status === 'active' ? arrow : `${arrow} ${ink.dim(`(${status})`)}`
  })
  return `${arrows.join(', ')} ${endLine(far, ink)}`
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
