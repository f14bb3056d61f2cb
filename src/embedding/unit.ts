/**
 * The direction of a vector, as one of length 1; null for the zero vector, which has none. Every number must be finite.
 * Divided by its largest component first, so that neither very large nor very small numbers leave a double's range.
 */
export function toUnit(vector: ArrayLike<number>): Float32Array | null {
  const { length } = vector
  let largest = 0
  for (let i = 0; i < length; i++) {
    const size = Math.abs(vector[i]!)
    if (size > largest) largest = size
  }
  if (largest === 0) return null
  let squares = 0
  for (let i = 0; i < length; i++) {
    const part = vector[i]! / largest
    squares += part * part
  }
  const norm = Math.sqrt(squares)
  const unit = new Float32Array(length)
  for (let i = 0; i < length; i++) unit[i] = vector[i]! / largest / norm
  return unit
}
