/** The shortest way between two ends, looked for from both sides in turns, always from the smaller front. */
import { isValidAt } from '../model/memory.ts'
import type { Relationship, RelationshipType } from '../model/relationship.ts'
import { farEnd } from '../store/relationships.ts'
import type { Cut, Limits, Reading } from './graph-walk.ts'
import { type EndView, lookUpEnds } from './relationship-ends.ts'

export interface PathWanted {
  readonly limits: Limits
  readonly types: readonly RelationshipType[] | undefined
  readonly now: string
  readonly all: boolean
}

export interface Path {
  readonly nodes: readonly EndView[]
  readonly edges: readonly Relationship[]
  readonly cut: Cut | null
}

/** How an end was reached: by which relationship, from which end. */
interface Step {
  readonly view: EndView
  readonly edge: Relationship | null
  readonly from: string | null
}

interface Front {
  readonly reached: Map<string, Step>
  level: readonly string[]
}

/** Relationships of a level that are looked at, for each end that may be looked at. */
const EDGES_A_NODE = 8

const EVERY = ['active', 'candidate', 'superseded', 'invalid', 'retired']

/** Nodes are empty where no way was found. */
export async function pathBetween(
  tx: Reading,
  [from, to]: readonly [EndView, EndView],
  wanted: PathWanted,
): Promise<Path> {
  if (from.id === to.id) return { nodes: [from], edges: [], cut: null }
  const search = new Search(tx, wanted)
  return search.run(from, to)
}

class Search {
  readonly #tx: Reading
  readonly #wanted: PathWanted
  #isCut = false

  constructor(tx: Reading, wanted: PathWanted) {
    this.#tx = tx
    this.#wanted = wanted
  }

  async run(from: EndView, to: EndView): Promise<Path> {
    const { depth } = this.#wanted.limits
    const fronts = [frontAt(from), frontAt(to)] as const
    for (let length = 0; length < depth; length++) {
      const [own, other] = fronts[0].level.length <= fronts[1].level.length ? fronts : [fronts[1], fronts[0]]
      const meeting = await this.#advance(own, other)
      if (meeting !== null) return { ...wayThrough(meeting, fronts), cut: null }
      if (own.level.length === 0) return { nodes: [], edges: [], cut: this.#isCut ? 'nodes' : null }
    }
    return { nodes: [], edges: [], cut: this.#isCut ? 'nodes' : 'depth' }
  }

  /** One level on. @returns where the fronts meet. */
  async #advance(own: Front, other: Front): Promise<string | null> {
    const found: { edge: Relationship; from: string; far: ReturnType<typeof farEnd> }[] = []
    for (const side of ['source', 'target'] as const) {
      for (const edge of await this.#edgesOf(side, own.level)) {
        found.push({
          edge,
          far: farEnd(edge, side),
          from: side === 'source' ? edge.source_id : edge.target_id,
        })
      }
    }
    const fresh = found.filter(({ far }) => !own.reached.has(far.id))
    const views = await this.#visible(fresh.map(({ far }) => far))
    const level: string[] = []
    for (const { edge, far, from } of fresh) {
      const view = other.reached.get(far.id)?.view ?? views.get(far.id)
      if (view === undefined || own.reached.has(far.id)) continue
      if (own.reached.size + other.reached.size >= this.#wanted.limits.nodes && !other.reached.has(far.id)) {
        this.#isCut = true
        continue
      }
      own.reached.set(far.id, { view, edge, from })
      if (other.reached.has(far.id)) return far.id
      level.push(far.id)
    }
    own.level = level
    return null
  }

  async #edgesOf(side: 'source' | 'target', ids: readonly string[]): Promise<Relationship[]> {
    const { all, now, types, limits } = this.#wanted
    const limit = EDGES_A_NODE * limits.nodes + 1
    const edges = await this.#tx.relationships.of(side, ids, {
      types,
      limit,
      ...(all ? { statuses: EVERY } : {}),
    })
    if (edges.length === limit) this.#isCut = true
    return all ? edges : edges.filter(edge => isValidAt(edge, now))
  }

  async #visible(ends: readonly ReturnType<typeof farEnd>[]): Promise<Map<string, EndView>> {
    const known = await lookUpEnds(this.#tx, ends)
    const { all, now } = this.#wanted
    const found = new Map<string, EndView>()
    for (const end of ends) {
      const view = known.view(end)
      const entity = known.entities.get(end.id)
      const isSeen = view.state !== 'hidden' && view.state !== 'erased'
      const isStanding = view.state === 'active' || (view.kind === 'memory' && view.state === 'graduated')
      const holds = isStanding && (entity === undefined || isValidAt(entity, now))
      if (isSeen && (all || holds)) found.set(end.id, view)
    }
    return found
  }
}

function frontAt(view: EndView): Front {
  return { reached: new Map([[view.id, { view, edge: null, from: null }]]), level: [view.id] }
}

function wayThrough(meeting: string, [start, end]: readonly [Front, Front]): Pick<Path, 'nodes' | 'edges'> {
  const before = stepsFrom(meeting, start).reverse()
  const after = stepsFrom(meeting, end)
  const nodes = [...before.map(({ view }) => view), ...after.slice(1).map(({ view }) => view)]
  const edges = [...before, ...after].flatMap(({ edge }) => edge ?? [])
  return { nodes, edges }
}

/** From the meeting back to where the front began. */
function stepsFrom(meeting: string, { reached }: Front): Step[] {
  const steps: Step[] = []
  for (let at: string | null = meeting; at !== null; ) {
    const step: Step = reached.get(at)!
    steps.push(step)
    at = step.from
  }
  return steps
}
