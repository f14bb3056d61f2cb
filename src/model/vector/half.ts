/** Vectors as stores keep them: IEEE 754 half precision, two bytes a number, little-endian on every machine. */
import { assertBug } from '../errors.ts'

const SIGN = 0x8000

/** The bits of the smallest single that rounds to more than the largest half, 65,504. Infinity and NaN lie above. */
const OVERFLOW = 0x477ff000

/** The bits of 2^-14, the smallest normal half. */
const NORMAL = 0x38800000

/** What the exponents of the two forms differ by. */
const BIAS = (127 - 15) << 23

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

/** Each number rounded to the nearest half, ties to even. Numbers that no half can hold are a mistake of the caller. */
export function toHalves(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(vector.length * 2)
  for (let index = 0; index < vector.length; index++) {
    const half = toHalf(vector[index]!)
    bytes[index * 2] = half & 0xff
    bytes[index * 2 + 1] = half >>> 8
  }
  return bytes
}

function toHalf(value: number): number {
  single[0] = value
  const sign = (bits[0]! >>> 16) & SIGN
  const rest = bits[0]! & 0x7fffffff
  // Asked first, since the sentence takes longer to make than the half.
  if (rest >= OVERFLOW) assertBug(false, `a vector holds ${value}, which has no half precision`)
  if (rest >= NORMAL) {
    const biased = rest - BIAS
    return sign | ((biased + 0xfff + ((biased >>> 13) & 1)) >>> 13)
  }
  // Beside 0.5 a single counts in steps of 2^-24, as the smallest halves do: the addition itself rounds.
  single[0] = Math.abs(value) + 0.5
  return sign | (bits[0]! - 0x3f000000)
}

/** What each of the 65,536 halves means; made when the first vector is read. */
let meanings: Float32Array | undefined

function makeMeanings(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, half) => {
    const exponent = (half >>> 10) & 0x1f
    const fraction = half & 0x3ff
    const sign = half & SIGN ? -1 : 1
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    if (exponent === 0) return sign * fraction * 2 ** -24
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

/**
 * Writes what the bytes of one or more vectors mean into `into`, from its number `at` on, so that rows are packed into
 * one matrix without anything made for each. Exact.
 */
export function readHalves(bytes: Uint8Array, into: Float32Array, at = 0): void {
  const length = bytes.length >>> 1
  assertBug(bytes.length % 2 === 0, `${bytes.length} bytes are no vector of half precision`)
  assertBug(at + length <= into.length, `there is no room for ${length} numbers at ${at} of ${into.length}`)
  meanings ??= makeMeanings()
  const table = meanings
  for (let index = 0; index < length; index++) {
    into[at + index] = table[bytes[index * 2]! | (bytes[index * 2 + 1]! << 8)]!
  }
}

/** The numbers of one vector; `toHalves` of them gives the same bytes again, unless they hold NaN or infinity. */
export function fromHalves(bytes: Uint8Array): Float32Array {
  const vector = new Float32Array(bytes.length >>> 1)
  readHalves(bytes, vector)
  return vector
}

/** The product of a vector with one that is kept as halves: that of `fromHalves`, to the bit, which is not made for it. */
export function dotHalves(vector: Float32Array, bytes: Uint8Array): number {
  const { length } = vector
  assertBug(bytes.length === length * 2, `${bytes.length} bytes were compared with ${length} dimensions`)
  meanings ??= makeMeanings()
  const table = meanings
  let sum = 0
  for (let index = 0; index < length; index++)
    sum += vector[index]! * table[bytes[index * 2]! | (bytes[index * 2 + 1]! << 8)]!
  return sum
}
