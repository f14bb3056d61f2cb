/** Vectors as texts give them, near each other in groups, and indexes over them. */

import { openVectorFile, type VectorFile } from '../../src/store/sqlite/vector-file.ts'
import { foldVectorFile } from '../../src/store/sqlite/vector-fold.ts'
import type { IndexIdentity } from '../../src/store/sqlite/vector-folder.ts'
import type { VectorRows } from '../../src/store/sqlite/vector-graph.ts'
import { seeded } from './random.ts'

export const DIMENSIONS = 32

export const SPACE: IndexIdentity = { stores: ['a store'], space: 'a-space', dimensions: DIMENSIONS }

/** Vectors of length 1, packed; row n is the same for one seed however many are asked for. */
export function vectorsOf(count: number, seed = 1): Float32Array {
  const random = seeded(seed)
  const middles = Float32Array.from({ length: 24 * DIMENSIONS }, () => random() - 0.5)
  const packed = new Float32Array(count * DIMENSIONS)
  for (let row = 0; row < count; row++) {
    const vector = packed.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)
    const middle = Math.floor(random() * 24) * DIMENSIONS
    for (let index = 0; index < DIMENSIONS; index++)
      vector[index] = middles[middle + index]! + (random() - 0.5) * 0.7
    const length = Math.hypot(...vector)
    for (let index = 0; index < DIMENSIONS; index++) vector[index]! /= length
  }
  return packed
}

export function rowOf(packed: Float32Array, row: number): Float32Array {
  return packed.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)
}

/** Row n has the id n + 1, so these are rows `from` to `to`, in parts that are no multiple of anything. */
export function* rowsBetween(packed: Float32Array, from: number, to: number): Generator<VectorRows> {
  for (let row = from; row < to; row += 237) {
    const end = Math.min(row + 237, to)
    const ids = Array.from({ length: end - row }, (_, index) => row + index + 1)
    yield { ids, vectors: packed.subarray(row * DIMENSIONS, end * DIMENSIONS) }
  }
}

/** @throws saying why it cannot be opened. */
export async function mustOpen(folder: string, wanted = SPACE): Promise<VectorFile> {
  const opened = await openVectorFile(folder, wanted)
  if (opened.kind !== 'open') throw new Error(opened.kind === 'none' ? 'there is no index' : opened.why)
  return opened.index
}

/** Takes rows up to `to` into what is there. */
export async function foldTo(folder: string, packed: Float32Array, to: number): Promise<VectorFile> {
  const opened = await openVectorFile(folder, SPACE)
  const from = opened.kind === 'open' ? opened.index : null
  const folded = await foldVectorFile(folder, SPACE, {
    from,
    rows: rowsBetween(packed, from?.covered ?? 0, to),
  })
  if (folded === null) throw new Error('nothing was folded')
  return folded
}

/** How many of some rows of an index are not the first that is found for their own vector. */
export function strangers(index: VectorFile, packed: Float32Array): number {
  let count = 0
  for (let row = 0; row < index.covered; row += 7) {
    const { ids } = index.search(rowOf(packed, row), 2)
    if (!ids.includes(row + 1)) count++
  }
  return count
}
