/** The vectors nearest to one, by looking at all of them. */

/**
 * Indexes of the `count` vectors with the largest inner product, largest first. `all` holds them one after the other,
 * each as long as `vector`.
 */
export function nearest(all: Float32Array, vector: Float32Array, count: number): number[] {
  const size = vector.length
  const best: { index: number; product: number }[] = []
  let least = Number.NEGATIVE_INFINITY
  for (let index = 0, at = 0; at < all.length; index++, at += size) {
    let product = 0
    for (let axis = 0; axis < size; axis++) product += all[at + axis]! * vector[axis]!
    if (best.length >= count && product <= least) continue
    const after = best.findIndex(other => other.product < product)
    best.splice(after < 0 ? best.length : after, 0, { index, product })
    if (best.length > count) best.pop()
    least = best.at(-1)!.product
  }
  return best.map(({ index }) => index)
}
