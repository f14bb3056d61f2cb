/** A graph as a tree: everything at its shortest way from the entity that was asked about, each relationship once. */
import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { endLine } from './entity.ts'

type Graph = Pick<OutputOf<'graph_show'>, 'id' | 'nodes' | 'edges'>
type Node = Graph['nodes'][number]
type Edge = Pick<Graph['edges'][number], 'type' | 'source' | 'target' | 'status'>

/** Deeper branches are not indented any further. */
const DEEPEST = 20

/** What leads from one end to another: by one relationship, or by several. */
interface Branch {
  readonly edges: readonly Edge[]
  readonly far: Node
}

/** Lines, without the one of the root. Not recursive: it may be deep. */
export function treeOf(graph: Graph, ink: Ink): string[] {
  const tree = new Tree(graph)
  const lines: string[] = []
  const stack: { branch: Branch; remark: string; before: string; isLast: boolean; depth: number }[] = []
  const push = (id: string, before: string, depth: number) => {
    const all = tree.under(id)
    for (const [index, found] of all.toReversed().entries())
      stack.push({ ...found, before, isLast: index === 0, depth })
  }
  push(graph.id, '', 1)
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { branch, remark, before, isLast, depth } = next
    lines.push(`${ink.dim(before + (isLast ? '└─ ' : '├─ '))}${branchLine(branch, ink)}${remark}`)
    if (remark === '')
      push(branch.far.id, depth >= DEEPEST ? before : before + (isLast ? '   ' : '│  '), depth + 1)
  }
  return lines
}

class Tree {
  readonly #nodes: ReadonlyMap<string, Node>
  /** By each node, what leads to each of the others. */
  readonly #between = new Map<string, Map<string, Edge[]>>()
  readonly #parents = new Map<string, string>()
  readonly #children = new Map<string, string[]>()
  /** The line at which each is shown. */
  readonly #places = new Map<string, number>()

  constructor({ id: root, nodes, edges }: Graph) {
    this.#nodes = new Map(nodes.map(node => [node.id, node]))
    for (const edge of edges) {
      if (!this.#nodes.has(edge.source) || !this.#nodes.has(edge.target)) continue
      this.#join(edge.source, edge.target, edge)
      if (edge.source !== edge.target) this.#join(edge.target, edge.source, edge)
    }
    for (const node of nodes) if (node.id !== root) this.#hang(node)
    for (const stack = [root]; stack.length > 0; ) {
      const id = stack.pop()!
      this.#places.set(id, this.#places.size)
      stack.push(...(this.#children.get(id) ?? []).toReversed())
    }
  }

  /** What stands under a node: first what leads to one that was shown before, then what is shown here. */
  under(id: string): { branch: Branch; remark: string }[] {
    const branchTo = (far: string): Branch => ({
      far: this.#nodes.get(far)!,
      edges: this.#between.get(id)?.get(far) ?? [],
    })
    const here = this.#places.get(id) ?? 0
    const back = [...(this.#between.get(id)?.keys() ?? [])].filter(
      far => far !== this.#parents.get(id) && (this.#places.get(far) ?? Number.POSITIVE_INFINITY) <= here,
    )
    return [
      ...back.map(far => ({ branch: branchTo(far), remark: far === id ? ' (itself)' : ' (above)' })),
      ...(this.#children.get(id) ?? []).map(far => ({ branch: branchTo(far), remark: '' })),
    ]
  }

  #join(id: string, far: string, edge: Edge): void {
    const own = this.#between.get(id) ?? new Map<string, Edge[]>()
    this.#between.set(id, own.set(far, [...(own.get(far) ?? []), edge]))
  }

  /** Under the nearest of those that lead to it, which come before it. */
  #hang({ id, distance }: Node): void {
    const nearer = [...(this.#between.get(id)?.keys() ?? [])]
      .map(far => this.#nodes.get(far)!)
      .filter(far => far.distance < distance)
    const [first] = nearer.toSorted((a, b) => a.distance - b.distance)
    if (first === undefined) return
    this.#parents.set(id, first.id)
    this.#children.set(first.id, [...(this.#children.get(first.id) ?? []), id])
  }
}

export function branchLine({ edges, far }: Branch, ink: Ink): string {
  const arrows = edges.map(({ type, target, status }) => {
    const arrow = ink.cyan(target === far.id ? `${type} →` : `← ${type}`)
    return status === 'active' ? arrow : `${arrow} ${ink.dim(`(${status})`)}`
  })
  return `${arrows.join(', ')} ${endLine(far, ink)}`
}
