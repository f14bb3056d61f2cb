/**
 * Vectors of length 1, and the exact search for the nearest of them. Several vectors are packed: row after row in one
 * Float32Array, without gaps.
 */
import { assertBug } from './errors.ts'
import { dotHalves } from './vector/half.ts'

export { fromHalves, readHalves, toHalves } from './vector/half.ts'

/** Whether anything can be compared with it: every number finite, and not all of them zero. */
export function isUsable(vector: Float32Array): boolean {
  let sum = 0
  // A sum of magnitudes is finite only where each of them is: a vector's numbers are far from the largest double.
  for (let index = 0; index < vector.length; index++) sum += Math.abs(vector[index]!)
  return sum > 0 && sum < Number.POSITIVE_INFINITY
}

export function dot(a: Float32Array, b: Float32Array): number {
  assertBug(a.length === b.length, `vectors of ${a.length} and ${b.length} dimensions were compared`)
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!
  return sum
}

/** The cosine of two vectors of length 1, from -1 to 1: rounding can take their product a little beyond. */
export function cosine(a: Float32Array, b: Float32Array): number {
  return Math.max(-1, Math.min(1, dot(a, b)))
}

/** As `cosine`, with a vector that is kept as halves; its dimensions must be the other's. */
export function cosineOfHalves(a: Float32Array, bytes: Uint8Array): number {
  return Math.max(-1, Math.min(1, dotHalves(a, bytes)))
}

/**
 * The product of the query with every row, in their order. Four rows at once: each number of the query is loaded for
 * all of them, and their sums do not wait for each other (50,000 rows of 256: 5 ms; row by row: 10 ms).
 */
export function products(matrix: Float32Array, query: Float32Array): Float32Array {
  const { length } = query
  assertBug(length > 0 && matrix.length % length === 0, `${matrix.length} numbers are no rows of ${length}`)
  const found = new Float32Array(matrix.length / length)
  const fours = found.length & ~3
  for (let row = 0, a = 0; row < fours; row += 4, a += 4 * length) {
    const b = a + length
    const c = b + length
    const d = c + length
    let [w, x, y, z] = [0, 0, 0, 0]
    for (let index = 0; index < length; index++) {
      const number = query[index]!
      w += matrix[a + index]! * number
      x += matrix[b + index]! * number
      y += matrix[c + index]! * number
      z += matrix[d + index]! * number
    }
    found[row] = w
    found[row + 1] = x
    found[row + 2] = y
    found[row + 3] = z
  }
  for (let row = fours; row < found.length; row++) {
    let sum = 0
    for (let index = 0; index < length; index++) sum += matrix[row * length + index]! * query[index]!
    found[row] = sum
  }
  return found
}

/**
 * Where the `k` largest of the numbers are: the largest first, of equal ones the first. NaN and minus infinity are
 * never among them, so there may be fewer.
 */
export function largest(numbers: Float32Array, k: number): Uint32Array {
  const heap = new Heap(numbers, Math.min(k, numbers.length))
  // A number that is not larger than the least that is kept comes behind it also where they are equal.
  for (let place = 0; place < numbers.length; place++) if (numbers[place]! > heap.least) heap.add(place)
  return heap.places()
}

/** The best so far, the worst of them on top: one that is better takes its place in log2(k) steps. */
class Heap {
  /** What a number must exceed to come in. */
  least = Number.NEGATIVE_INFINITY
  readonly #numbers: Float32Array
  readonly #places: Uint32Array
  #size = 0

  constructor(numbers: Float32Array, capacity: number) {
    this.#numbers = numbers
    this.#places = new Uint32Array(capacity)
    if (capacity === 0) this.least = Number.POSITIVE_INFINITY
  }

  add(place: number): void {
    if (this.#size < this.#places.length) this.#rise(this.#size++, place)
    else this.#sink(place)
    if (this.#size === this.#places.length) this.least = this.#numbers[this.#places[0]!]!
  }

  places(): Uint32Array {
    return this.#places.slice(0, this.#size).sort((a, b) => (this.#isWorse(a, b) ? 1 : -1))
  }

  #isWorse(a: number, b: number): boolean {
    const [one, other] = [this.#numbers[a]!, this.#numbers[b]!]
    return one < other || (one === other && a > b)
  }

  #rise(at: number, place: number): void {
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.#isWorse(place, this.#places[above]!)) break
      this.#places[at] = this.#places[above]!
      at = above
    }
    this.#places[at] = place
  }

  #sink(place: number): void {
    let at = 0
    for (;;) {
      let below = at * 2 + 1
      if (below >= this.#size) break
      if (below + 1 < this.#size && this.#isWorse(this.#places[below + 1]!, this.#places[below]!)) below++
      if (!this.#isWorse(this.#places[below]!, place)) break
      this.#places[at] = this.#places[below]!
      at = below
    }
    this.#places[at] = place
  }
}

export interface Nearest {
  /** Rows of the matrix, the nearest first, of equally near ones the first. */
  readonly rows: Uint32Array
  /** Their cosines with the query, from -1 to 1. */
  readonly similarities: Float32Array
}

/** The `k` rows that are nearest to the query: all of them are looked at. Rows that hold NaN are never found. */
export function nearest(matrix: Float32Array, query: Float32Array, k: number): Nearest {
  const found = products(matrix, query)
  const rows = largest(found, k)
  return {
    rows,
    similarities: Float32Array.from(rows, row => Math.max(-1, Math.min(1, found[row]!))),
  }
}
