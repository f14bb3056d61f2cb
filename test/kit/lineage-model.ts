/**
 * What lineage must be, in memory and without a database: memories that are there, and the edges between all that were
 * ever known. An edge reads as the sentence "target type source".
 */
import { createHash } from 'node:crypto'

export interface Modelled {
  readonly id: string
  readonly isPassage: boolean
  readonly kind: string
  /** What it said at first. */
  readonly original: string
  content: string
  title: string | null
  label: string | null
  project: string | null
  status: string
  earlier: string[]
  successor: string | null
}

export interface SourceSaid {
  readonly hash: string
  readonly label: string | null
}

export interface Edge {
  readonly target: string
  readonly type: string
  readonly source: string
  /** What the source said last; null while it lives, since it says so itself. */
  last: SourceSaid | null
}

export interface Graph {
  /** States by id. */
  readonly nodes: ReadonlyMap<string, string>
  /** Below 0 what it came from, above 0 what came of it. */
  readonly distances: ReadonlyMap<string, number>
  readonly edges: readonly string[]
}

type Statement = Pick<Modelled, 'content' | 'kind' | 'project'>

export class LineageModel {
  /** Every id that was ever known, in the order of their making. */
  readonly ids: string[] = []
  readonly memories = new Map<string, Modelled>()
  edges: Edge[] = []

  add(id: string, said: Statement & Partial<Modelled>): void {
    const empty = {
      isPassage: false,
      title: null,
      label: null,
      status: 'active',
      earlier: [],
      successor: null,
    }
    this.ids.push(id)
    this.memories.set(id, { ...empty, ...said, id, original: said.content })
  }

  link(target: string, type: string, source: string): void {
    if (!this.hasEdge(target, type, source)) this.edges.push({ target, type, source, last: null })
  }

  unlink(target: string, type: string, source: string): void {
    this.edges = this.edges.filter(
      edge => edge.target !== target || edge.type !== type || edge.source !== source,
    )
  }

  hasEdge(target: string, type: string, source: string): boolean {
    return this.edges.some(edge => edge.target === target && edge.type === type && edge.source === source)
  }

  revise(id: string, change: Partial<Statement & Pick<Modelled, 'title'>>): void {
    Object.assign(this.at(id), change)
  }

  /** Into a state that is out of recall; with a successor where that is known. */
  retire(id: string, status: string, successor: string | null = null): void {
    const memory = this.at(id)
    memory.earlier.push(memory.status)
    memory.status = status
    if (successor === null) return
    memory.successor = successor
    this.link(id, 'superseded_by', successor)
  }

  /** Who is no longer superseded has no successor. */
  restore(id: string): void {
    const memory = this.at(id)
    memory.status = memory.earlier.pop() ?? 'nothing'
    if (memory.status !== 'active' || memory.successor === null) return
    this.unlink(id, 'superseded_by', memory.successor)
    memory.successor = null
  }

  /** What came of it goes on telling of it; that it came of something is forgotten with it. */
  erase(id: string): void {
    for (const edge of this.edges) if (edge.source === id) edge.last = this.saidBy(edge)
    this.edges = this.edges.filter(({ target }) => target !== id)
    this.memories.delete(id)
  }

  saidBy({ source, last }: Edge): SourceSaid {
    if (last !== null) return last
    const { content, label, title } = this.at(source)
    const hash = createHash('sha256').update(content.normalize('NFC')).digest('hex')
    return { hash, label: label ?? title }
  }

  at(id: string): Modelled {
    const found = this.memories.get(id)
    if (found === undefined) throw new Error(`the model has no memory ${id}`)
    return found
  }

  statusOf(id: string): string | undefined {
    return this.memories.get(id)?.status
  }

  /** The active memory, no passage, that says the same at the same place. */
  twin({ content, kind, project }: Statement, but: readonly string[] = []): Modelled | undefined {
    return [...this.memories.values()].find(
      known =>
        !(known.isPassage || known.status !== 'active' || but.includes(known.id)) &&
        [known.content, known.kind, known.project].join('\n') === [content, kind, project].join('\n'),
    )
  }

  /** The active copy in a project: one that began with the present text before others, then the newest. */
  livingCopy(source: string, project: string): string | undefined {
    const copies = this.edges.filter(edge => edge.source === source && edge.type === 'shared_from')
    const living = copies.flatMap(({ target }) => this.memories.get(target) ?? [])
    const here = living.filter(copy => copy.status === 'active' && copy.project === project)
    // Ids ascend with time.
    const newest = here.map(({ id }) => id).sort()
    const present = this.memories.get(source)?.content
    return newest.findLast(id => this.at(id).original === present) ?? newest.at(-1)
  }

  /** Everything a memory came from, however far back, and everything that came of it; null where nothing is known. */
  lineage(id: string): Graph | null {
    if (!this.memories.has(id) && !this.edges.some(({ source }) => source === id)) return null
    const before = this.#reach(id, ({ target, source }) => [target, source])
    const after = this.#reach(id, ({ target, source }) => [source, target])
    const reached = new Set([...before.keys(), ...after.keys()])
    const distances = [...reached].map(one => [one, nearer(before.get(one), after.get(one))] as const)
    const edges = this.edges.filter(({ target, source }) => before.has(target) || after.has(source))
    return {
      nodes: new Map([...reached].map(one => [one, this.#stateOf(one)])),
      distances: new Map(distances),
      edges: edges.map(({ target, type, source }) => `${target} ${type} ${source}`).sort(),
    }
  }

  /** Steps to each that can be reached along edges from their one end to their other one. */
  #reach(id: string, direction: (edge: Edge) => readonly [string, string]): Map<string, number> {
    const steps = new Map([[id, 0]])
    for (const [from, count] of steps) {
      for (const edge of this.edges) {
        const [near, far] = direction(edge)
        if (near === from && !steps.has(far)) steps.set(far, count + 1)
      }
    }
    return steps
  }

  #stateOf(id: string): string {
    const status = this.statusOf(id) ?? 'erased'
    return status === 'active' ? 'live' : status
  }
}

function nearer(before: number | undefined, after: number | undefined): number {
  if (before === 0) return 0
  return (before ?? Infinity) <= (after ?? Infinity) ? -(before ?? 0) : (after ?? 0)
}
