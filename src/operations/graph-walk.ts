/**
 * Walks relationships level by level, each level by one look-up in an index a side. Goes around in no circle, follows
 * only what may be seen and holds, and says which limit cut it.
 */
import { isValidAt } from '../model/memory.ts'
import type { Relationship, RelationshipType, Side } from '../model/relationship.ts'
import { farEnd } from '../store/relationships.ts'
import type { ReadHandle } from '../store/store.ts'
import { type End, type Ends, type EndView, lookUpEnds } from './relationship-ends.ts'

export interface Limits {
  /** Relationships between where it begins and the farthest that is shown. */
  readonly depth: number
  /** Entities and other ends in all. */
  readonly nodes: number
}

export type Cut = keyof Limits

/** Which relationships are followed from an end: those of which it is the given side, of these types or of any. */
export interface Way {
  readonly side: Side
  readonly types?: readonly RelationshipType[] | undefined
}

export interface Wanted {
  readonly limits: Limits
  /** By how far away the ends are that are looked from, from 0. */
  readonly ways: (distance: number) => readonly Way[]
  /** What holds then is followed; ISO 8601. */
  readonly now: string
  /** Also what is only proposed, is over or was taken back. */
  readonly all: boolean
}

export interface GraphNode extends EndView {
  /** Relationships between it and where the walk began. */
  readonly distance: number
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  /** Between nodes that are shown. */
  readonly edges: readonly Relationship[]
  /** Which limit left something out; null where it is whole. */
  readonly cut: Cut | null
}

/** Relationships that are looked at, for each node that may be shown. */
const EDGES_A_NODE = 8

export type Reading = Ends & Pick<ReadHandle, 'relationships'>

export async function walkGraph(tx: Reading, roots: readonly EndView[], wanted: Wanted): Promise<Graph> {
  const walk = new Walk(tx, wanted)
  await walk.run(roots)
  return walk.graph()
}

class Walk {
  readonly #tx: Reading
  readonly #wanted: Wanted
  readonly #nodes = new Map<string, GraphNode>()
  readonly #edges = new Map<string, Relationship>()
  /** Ends that are there and are not followed: what they lead to is not asked again. */
  readonly #left = new Set<string>()
  #cut: Cut | null = null

  constructor(tx: Reading, wanted: Wanted) {
    this.#tx = tx
    this.#wanted = wanted
  }

  async run(roots: readonly EndView[]): Promise<void> {
    for (const root of roots) this.#nodes.set(root.id, { ...root, distance: 0 })
    const { depth } = this.#wanted.limits
    let next: readonly string[] = roots.map(({ id }) => id)
    for (let distance = 0; distance < depth && next.length > 0; distance++)
      next = await this.#level(next, distance, true)
    // Relationships between what is shown are shown; any other would be beyond the depth.
    if (next.length > 0) await this.#level(next, depth, false)
  }

  graph(): Graph {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()], cut: this.#cut }
  }

  /** What one level leads to. */
  async #level(ids: readonly string[], distance: number, mayShow: boolean): Promise<string[]> {
    const found: { edge: Relationship; far: End }[] = []
    for (const way of this.#wanted.ways(distance))
      for (const edge of await this.#edgesOf(ids, way)) found.push({ edge, far: farEnd(edge, way.side) })
    const isUnknown = ({ id }: End) => !this.#nodes.has(id) && !this.#left.has(id)
    const views = await this.#visible(found.map(({ far }) => far).filter(isUnknown))
    const reached: string[] = []
    for (const { edge, far } of found) {
      const view = views.get(far.id)
      if (!this.#nodes.has(far.id)) {
        if (view === undefined) continue
        if (!this.#mayAdd(mayShow)) continue
        this.#nodes.set(far.id, { ...view, distance: distance + 1 })
        reached.push(far.id)
      }
      this.#edges.set(edge.id, edge)
    }
    return reached
  }

  #mayAdd(mayShow: boolean): boolean {
    if (!mayShow) this.#cut ??= 'depth'
    else if (this.#nodes.size >= this.#wanted.limits.nodes) this.#cut = 'nodes'
    else return true
    return false
  }

  async #edgesOf(ids: readonly string[], { side, types }: Way): Promise<Relationship[]> {
    const { all, now, limits } = this.#wanted
    // As many as there may well be between the ends that are shown. Where there are more, that is told.
    const limit = EDGES_A_NODE * limits.nodes + this.#edges.size + 1
    const edges = await this.#tx.relationships.of(side, ids, {
      types,
      limit,
      ...(all ? { statuses: EVERY } : {}),
    })
    if (edges.length === limit) this.#cut = 'nodes'
    return all ? edges : edges.filter(edge => isValidAt(edge, now))
  }

  async #visible(ends: readonly End[]): Promise<Map<string, EndView>> {
    const known = await lookUpEnds(this.#tx, ends)
    const found = new Map<string, EndView>()
    for (const end of ends) {
      const view = known.view(end)
      const entity = known.entities.get(end.id)
      if (
        this.#isFollowed(view) &&
        (this.#wanted.all || entity === undefined || isValidAt(entity, this.#wanted.now))
      )
        found.set(end.id, view)
      else this.#left.add(end.id)
    }
    return found
  }

  #isFollowed({ kind, state }: EndView): boolean {
    if (state === 'hidden' || state === 'erased') return false
    // A memory that became an entity still tells where that came from.
    return this.#wanted.all || state === 'active' || (kind === 'memory' && state === 'graduated')
  }
}

const EVERY = ['active', 'candidate', 'superseded', 'invalid', 'retired']
