/**
 * The vector index of a space: a file that is searched where it lies on the disk. It is derived, and it may lag behind
 * the rows: whoever searches it looks through the rows after `covered` as well, and leaves out what was deleted since.
 */
import { assertBug } from '../../model/errors.ts'
import type { IndexIdentity } from './vector-folder.ts'
import { type Found, Graph, whyNoGraphs } from './vector-graph.ts'
import { manifestIdentity, readManifest, type VectorManifest } from './vector-manifest.ts'
import { withProved } from './vector-proof.ts'

export type Opened =
  | { readonly kind: 'open'; readonly index: VectorFile }
  /** There is none yet. */
  | { readonly kind: 'none' }
  /** Damaged, of another store, space or build, or nothing that this machine can read. Costs speed and nothing else. */
  | { readonly kind: 'unusable'; readonly why: string }

/** How often the file was gone when its manifest had been read: somebody folds, and theirs is looked at instead. */
const ATTEMPTS = 5

/** One generation: it stays as it is, whatever is folded meanwhile. */
export class VectorFile {
  readonly folder: string
  readonly manifest: VectorManifest
  /** That of the manifest when it was read. */
  readonly identity: string
  readonly #graph: Graph

  constructor(opened: { folder: string; manifest: VectorManifest; identity: string; graph: Graph }) {
    this.folder = opened.folder
    this.manifest = opened.manifest
    this.identity = opened.identity
    this.#graph = opened.graph
  }

  /** Rows after this id are not in it. */
  get covered(): number {
    return this.manifest.covered
  }

  get count(): number {
    return this.manifest.count
  }

  get generation(): number {
    return this.manifest.generation
  }

  /**
   * The `k` nearest, or as many as there are. Similarities are rough: ask for some more than are wanted, twice as many
   * for the ten best, and compare those rows exactly.
   */
  search(query: Float32Array, k: number): Found {
    assertBug(Number.isSafeInteger(k) && k >= 1, `${k} vectors were asked for`)
    return this.#graph.search(query, Math.min(k, this.count))
  }
}

/** Opens the newest index of a space. Never throws for what is on the disk. */
export async function openVectorFile(folder: string, wanted: IndexIdentity): Promise<Opened> {
  const missing = whyNoGraphs()
  if (missing !== null) return { kind: 'unusable', why: missing }
  for (let attempt = 1; ; attempt++) {
    const found = await readManifest(folder, wanted)
    if (found.kind !== 'found') return found
    const { manifest, identity } = found
    const proved = await withProved(folder, manifest, path => viewed(manifest, path))
    if ('result' in proved) {
      const index = new VectorFile({ folder, manifest, identity, graph: proved.result })
      return { kind: 'open', index }
    }
    const isReplaced = manifestIdentity(folder, wanted.space) !== identity
    if (!isReplaced || attempt === ATTEMPTS) return { kind: 'unusable', why: proved.why }
  }
}

function viewed({ dimensions, count }: VectorManifest, path: Parameters<typeof Graph.view>[2]): Graph {
  const graph = Graph.view(dimensions, count, path)
  if (graph.count !== count) throw new Error(`it holds ${graph.count} vectors, not ${count}`)
  return graph
}

/**
 * Whether no other generation has come since: another process may have folded. Looks at the folder only, so it may be
 * asked before every search.
 */
export function isCurrent(index: VectorFile): boolean {
  return manifestIdentity(index.folder, index.manifest.space) === index.identity
}
