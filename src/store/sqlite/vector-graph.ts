/**
 * The graph (HNSW) in which near vectors are found without looking at all of them: the only file that knows usearch.
 * That library trusts what it is given: a damaged file ends the process or gives wrong answers, NaN goes in unseen.
 * So files come here by `vector-proof.ts` alone, and vectors are looked at before they go in.
 */
import { createRequire } from 'node:module'
import type { Index, MetricKind, ScalarKind } from 'usearch'
import { assertBug } from '../../model/errors.ts'
import { isUsable } from '../../model/vector.ts'

/** What a file was made with; one that was made otherwise is made anew. docs/decisions/0023 has the measurements. */
export const GRAPH = { metric: 'cos', quantisation: 'i8', connectivity: 16 } as const

/** How many candidates are weighed for each vector that goes in. */
const EXPANSION_ADD = 192

/** How many are weighed in a search, up to a number of vectors: for 0.985 of the exact ten best. */
const EXPANSION_SEARCH = [
  [50_000, 192],
  [Number.POSITIVE_INFINITY, 384],
] as const

/** Vectors that go in at a time: some 20 ms, in which the thread can neither answer nor be ended. */
const GROUP = 64

type Library = typeof import('usearch')

let library: Library | { readonly missing: string } | undefined

/**
 * Why there are no graphs on this machine: the library has no build for it, or was not installed; null where there
 * are. Asked once. By `require`, since its ES module looks for its own folder in stack traces, and hangs without one.
 */
export function whyNoGraphs(): string | null {
  library ??= load()
  return 'missing' in library ? library.missing : null
}

function load(): Library | { readonly missing: string } {
  try {
    return createRequire(import.meta.url)('usearch') as Library
  } catch (error) {
    const [first] = (error as Error).message.split('\n')
    return { missing: `usearch cannot be loaded on this machine: ${first}` }
  }
}

/** Rows of vectors with the numbers that they are found by. */
export interface VectorRows {
  /** Ascending, from 1 on. */
  readonly ids: readonly number[]
  /** Packed: a row for each id. */
  readonly vectors: Float32Array
}

export interface Found {
  /** The nearest first. */
  readonly ids: number[]
  /** Cosines, to some 0.02: vectors stand in the graph at eight bits a number. */
  readonly similarities: Float32Array
}

/** A path to a file that was proved; no other may be read. */
export type ProvedPath = string & { readonly brand: 'proved' }

export class Graph {
  readonly dimensions: number
  readonly #index: Index

  private constructor(dimensions: number, expansion: number) {
    library ??= load()
    assertBug(!('missing' in library), 'a graph was to be made where there are none')
    this.dimensions = dimensions
    this.#index = new library.Index({
      dimensions,
      metric: GRAPH.metric as MetricKind,
      quantization: GRAPH.quantisation as ScalarKind,
      connectivity: GRAPH.connectivity,
      expansion_add: EXPANSION_ADD,
      expansion_search: expansion,
      multi: false,
    })
  }

  static empty(dimensions: number): Graph {
    return new Graph(dimensions, 0)
  }

  /** Reads all of a file, to add to it. */
  static read(dimensions: number, path: ProvedPath): Graph {
    const graph = Graph.empty(dimensions)
    graph.#index.load(path)
    return graph
  }

  /** Maps a file into memory, to search it. It stays mapped until nobody refers to the graph: there is no closing. */
  static view(dimensions: number, count: number, path: ProvedPath): Graph {
    const [, expansion] = EXPANSION_SEARCH.find(([most]) => count <= most)!
    const graph = new Graph(dimensions, expansion)
    graph.#index.view(path)
    assertBug(graph.#index.dimensions() === dimensions, 'a proved file has other dimensions')
    return graph
  }

  get count(): number {
    return this.#index.size()
  }

  /** Vectors that nothing can be compared with are left out. */
  add({ ids, vectors }: VectorRows): void {
    const { dimensions } = this
    assertBug(vectors.length === ids.length * dimensions, 'ids and vectors do not belong together')
    for (let from = 0; from < ids.length; from += GROUP) {
      const usable = ids.slice(from, from + GROUP).flatMap((id, index) => {
        const at = (from + index) * dimensions
        const vector = vectors.subarray(at, at + dimensions)
        return isUsable(vector) ? [{ id, vector }] : []
      })
      if (usable.length === 0) continue
      const packed = new Float32Array(usable.length * dimensions)
      for (const [row, { vector }] of usable.entries()) packed.set(vector, row * dimensions)
      this.#index.add(toKeys(usable.map(({ id }) => id)), packed, 1)
    }
  }

  /** Ids that are not there are passed over. */
  remove(ids: readonly number[]): void {
    this.#index.remove(toKeys(ids))
  }

  /** Some of the `k` nearest may be missed, the fewer the more are asked for. */
  search(query: Float32Array, k: number): Found {
    assertBug(query.length === this.dimensions && isUsable(query), 'nothing is near to such a query')
    const { keys, distances } = this.#index.search(query, k, 1)
    return { ids: Array.from(keys, Number), similarities: distances.map(distance => 1 - distance) }
  }

  save(path: string): void {
    this.#index.save(path)
  }
}

function toKeys(ids: readonly number[]): BigUint64Array {
  return BigUint64Array.from(ids, id => {
    assertBug(Number.isSafeInteger(id) && id > 0, 'a row id that counts no rows')
    return BigInt(id)
  })
}
