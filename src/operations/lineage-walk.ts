/**
 * The graph of links around a memory: what it came from and what came of it, level by level in both directions, each
 * level by one look-up in an index. Goes around in no circle, and says where a limit cut it.
 */
import type { Principal } from '../model/access.ts'
import type { Link } from '../model/link.ts'
import { keyOf } from '../store/link-claims.ts'
import type { ReadHandle } from '../store/store.ts'
import { type NodeView, toNodeView } from './link-view.ts'

export interface Limits {
  /** Links between the memory and the farthest that is shown. */
  readonly depth: number
  /** Memories in all. */
  readonly nodes: number
}

export interface LineageNode extends NodeView {
  /** Links between it and the memory that was asked for: below 0 what that came from, above 0 what came of it. */
  readonly distance: number
}

export interface LineageGraph {
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly Link[]
  /** Which limit left something out; null where it is whole. */
  readonly cut: keyof Limits | null
}

/** Ids a statement. */
const BATCH = 500

/** Links that are looked for, for each memory that may be shown. */
const LINKS_A_NODE = 8

type Direction = 'sources' | 'targets'

export async function walkLineage(
  tx: ReadHandle,
  root: NodeView,
  { limits, principal }: { limits: Limits; principal: Principal },
): Promise<LineageGraph> {
  const walk = new Walk(tx, principal, limits)
  await walk.run(root)
  return walk.graph()
}

class Walk {
  readonly #tx: ReadHandle
  readonly #principal: Principal
  readonly #limits: Limits
  readonly #nodes = new Map<string, LineageNode>()
  readonly #edges = new Map<string, Link>()
  /** Each direction goes through a memory once; in a circle both may. */
  readonly #seen: Readonly<Record<Direction, Set<string>>> = { sources: new Set(), targets: new Set() }
  #cut: keyof Limits | null = null

  constructor(tx: ReadHandle, principal: Principal, limits: Limits) {
    this.#tx = tx
    this.#principal = principal
    this.#limits = limits
  }

  async run(root: NodeView): Promise<void> {
    this.#nodes.set(root.id, { ...root, distance: 0 })
    const next: Record<Direction, readonly string[]> = { sources: [root.id], targets: [root.id] }
    for (const direction of ['sources', 'targets'] as const) this.#seen[direction].add(root.id)
    // In turns, so that a long chain on one side does not use up what the other side may show.
    for (let depth = 1; depth <= this.#limits.depth; depth++) {
      for (const direction of ['sources', 'targets'] as const) {
        if (next[direction].length > 0) next[direction] = await this.#level(next[direction], direction, depth)
      }
      if (next.sources.length === 0 && next.targets.length === 0) return
    }
    for (const direction of ['sources', 'targets'] as const)
      await this.#lookBeyond(next[direction], direction)
  }

  graph(): LineageGraph {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()], cut: this.#cut }
  }

  /** What one level leads to; what the caller may not see is shown as hidden and leads nowhere. */
  async #level(ids: readonly string[], direction: Direction, depth: number): Promise<string[]> {
    const found = new Map<string, Link>()
    const reached = new Set<string>()
    for (const link of await this.#links(ids, direction)) {
      const far = farEnd(link, direction)
      const isNew = !this.#nodes.has(far) && !found.has(far)
      if (isNew && this.#nodes.size + found.size >= this.#limits.nodes) {
        this.#cut = 'nodes'
        continue
      }
      if (isNew) found.set(far, link)
      this.#edges.set(keyOf(link), link)
      if (!this.#seen[direction].has(far)) reached.add(far)
    }
    await this.#show(found, { direction, depth })
    return this.#visible(reached, direction)
  }

  /** What the caller may not see leads nowhere. */
  #visible(reached: ReadonlySet<string>, direction: Direction): string[] {
    for (const id of reached) this.#seen[direction].add(id)
    return [...reached].filter(id => this.#nodes.get(id)?.state !== 'hidden')
  }

  async #links(ids: readonly string[], direction: Direction): Promise<Link[]> {
    // As many as there may well be between the memories that are shown. Where there are more, that is told.
    const limit = LINKS_A_NODE * this.#limits.nodes + this.#edges.size + 1
    const { links } = this.#tx
    const found: Link[] = []
    for (let start = 0; start < ids.length; start += BATCH) {
      const batch = ids.slice(start, start + BATCH)
      const rows = await (direction === 'sources'
        ? links.toTargets(batch, limit)
        : links.fromSources(batch, limit))
      if (rows.length === limit) this.#cut = 'nodes'
      found.push(...rows)
    }
    return found
  }

  async #show(
    found: ReadonlyMap<string, Link>,
    { direction, depth }: { direction: Direction; depth: number },
  ): Promise<void> {
    const linked = await this.#tx.links.linked([...found.keys()])
    for (const [id, link] of found) {
      const told = direction === 'sources' ? link : null
      const node = toNodeView(id, { here: linked.get(id), link: told, principal: this.#principal })
      this.#nodes.set(id, { ...node, distance: direction === 'sources' ? -depth : depth })
    }
  }

  /** Links between memories that are shown are shown, too; any other would be beyond the depth. */
  async #lookBeyond(ids: readonly string[], direction: Direction): Promise<void> {
    for (let next = ids; next.length > 0; ) {
      const reached = new Set<string>()
      for (const link of await this.#links(next, direction)) {
        const far = farEnd(link, direction)
        if (!this.#nodes.has(far)) {
          this.#cut ??= 'depth'
          continue
        }
        this.#edges.set(keyOf(link), link)
        if (!this.#seen[direction].has(far)) reached.add(far)
      }
      next = this.#visible(reached, direction)
    }
  }
}

function farEnd(link: Link, direction: Direction): string {
  return direction === 'sources' ? link.source_ref : link.target_id
}
