/**
 * Makes the next generation of an index, in a thread of its own: reading, adding and saving take the thread for as
 * long as they last, and what they took of memory goes with it.
 */
import { appendFileSync, promises, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertBug, type ErrorCode, HeirloomError } from '../../model/errors.ts'
import {
  generationName,
  generationsIn,
  type IndexIdentity,
  makeFolder,
  PRIVATE,
  removeGenerations,
  removeTemporaries,
  syncFile,
  syncFolder,
  temporaryFor,
} from './vector-folder.ts'
import { Graph, type ProvedPath, type VectorRows } from './vector-graph.ts'
import { removeManifest, type VectorManifest, writeManifest } from './vector-manifest.ts'
import { crc32Of, withProved } from './vector-proof.ts'

export interface FoldingTask {
  readonly folder: string
  readonly wanted: IndexIdentity
  /** The generation to go on from; null begins anew. */
  readonly from: VectorManifest | null
}

export class Folding {
  readonly #task: FoldingTask
  readonly #graph: Graph
  #covered: number

  private constructor(task: FoldingTask, graph: Graph) {
    this.#task = task
    this.#graph = graph
    this.#covered = task.from?.covered ?? 0
  }

  /** @throws STORE_CORRUPT when the generation to go on from is not whole any more. */
  static async begin(task: FoldingTask): Promise<Folding> {
    const { folder, wanted, from } = task
    makeFolder(folder)
    removeTemporaries(folder, wanted.space)
    if (from === null) return new Folding(task, Graph.empty(wanted.dimensions))
    const proved = await withProved(folder, from, path => Graph.read(wanted.dimensions, path))
    if ('result' in proved) return new Folding(task, proved.result)
    throw new HeirloomError('STORE_CORRUPT', `${proved.why}. It is only an index, and is made anew.`)
  }

  add(rows: VectorRows): void {
    for (const id of rows.ids) {
      assertBug(id > this.#covered, 'a row came after a later one was covered')
      this.#covered = id
    }
    this.#graph.add(rows)
  }

  remove(ids: readonly number[]): void {
    this.#graph.remove(ids)
  }

  /**
   * Puts the new generation in the place of the old one: saved, read back, on the disk, and only then named by the
   * manifest. An index of nothing is none.
   * @param covered the last row that was looked at, where it is after the last that was added.
   */
  async finish(covered: number): Promise<void> {
    const { folder, wanted, from } = this.#task
    const { stores, space, dimensions } = wanted
    const { count } = this.#graph
    if (count === 0) {
      removeManifest(folder, space)
      syncFolder(folder)
      removeGenerations(folder, space, null)
      return
    }
    const store = stores.at(-1)
    assertBug(store !== undefined, 'an index of no store')
    const generation = 1 + Math.max(0, from?.generation ?? 0, ...generationsIn(folder, space))
    const path = join(folder, generationName(space, generation))
    await orWithout(path, async () => {
      const sum = await this.#save(path)
      const last = Math.max(covered, this.#covered)
      writeManifest(folder, { store, space, dimensions, generation, count, covered: last, ...sum })
    })
    syncFolder(folder)
    removeGenerations(folder, space, generation)
  }

  /** The entry in the folder is on the disk before the manifest that names it. */
  #save(path: string): Promise<{ bytes: number; crc32: string }> {
    const temporary = temporaryFor(path)
    return orWithout(temporary, async () => {
      const sum = await saved(this.#graph, temporary)
      renameSync(temporary, path)
      syncFolder(this.#task.folder)
      return sum
    })
  }
}

/** Removes the file when the work fails: a full disk has no room for what nobody names. */
async function orWithout<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

/** Bytes: more than can have been lost at the end of a file. */
const ROOM = 65_536

/**
 * Saves the graph and looks at what came to the disk. The library gives no reason when a disk is full, and says nothing
 * at all where only the last bytes did not fit; but it views no file that lacks any.
 */
async function saved(graph: Graph, path: string): Promise<{ bytes: number; crc32: string }> {
  writeFileSync(path, '', { mode: PRIVATE.file })
  try {
    graph.save(path)
    const { count } = Graph.view(graph.dimensions, graph.count, path as ProvedPath)
    assertBug(count === graph.count, `${path} was saved with ${count} vectors instead of ${graph.count}`)
  } catch (error) {
    // The system says why when it is asked for more.
    appendFileSync(path, Buffer.alloc(ROOM))
    throw error
  }
  syncFile(path)
  const file = await promises.open(path, 'r')
  return crc32Of(file).finally(() => file.close())
}

const IN_THE_WAY =
  'Something else stands where that folder belongs: move it away. Search goes on without an index.'
const NOT_ALLOWED = 'This user may not write there: let them. Search goes on with the index as it was.'

const SAID: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ['STORE_FULL', 'The disk is full. Free some space; search goes on with the index as it was.'],
  EDQUOT: [
    'STORE_FULL',
    'The disk quota is used up. Free some space; search goes on with the index as it was.',
  ],
  EROFS: ['STORE_READ_ONLY', 'The disk is read-only, so search goes on with the index as it was.'],
  EACCES: ['STORE_READ_ONLY', NOT_ALLOWED],
  EEXIST: ['STORE_UNAVAILABLE', IN_THE_WAY],
  ENOTDIR: ['STORE_UNAVAILABLE', IN_THE_WAY],
  EPERM: ['STORE_READ_ONLY', NOT_ALLOWED],
}

/** What went wrong, in our words. */
export function toFoldingError(error: unknown, folder: string): HeirloomError {
  if (error instanceof HeirloomError) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  const known = SAID[code]
  if (known !== undefined)
    return new HeirloomError(known[0], `The vector index in ${folder} was not renewed. ${known[1]}`, {
      cause: error,
    })
  return new HeirloomError(
    'STORE_UNAVAILABLE',
    `The vector index in ${folder} was not renewed: ${message}. Delete that folder if this comes again; it is made anew.`,
    { cause: error },
  )
}
