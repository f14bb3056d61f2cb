import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cosineOfHalves, dot, fromHalves, readHalves, toHalves } from '../../../src/model/vector.ts'

/** All finite halves from 0 up, by definition: the n-th of them has the bits n. */
const HALVES = Array.from({ length: 0x7c00 }, (_, half) => {
  const exponent = half >> 10
  return exponent === 0 ? (half / 1024) * 2 ** -14 : (1 + (half & 1023) / 1024) * 2 ** (exponent - 15)
})

function bitsOf(value: number): number {
  const [low = 0, high = 0] = toHalves(Float32Array.of(value))
  return low | (high << 8)
}

/** The nearest half by trying: the one below, or the one above, and of equally near ones the even one. */
function nearestHalf(value: number): number {
  const magnitude = Math.abs(value)
  let [low, high] = [0, HALVES.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (HALVES[middle]! <= magnitude) low = middle
    else high = middle - 1
  }
  const below = magnitude - HALVES[low]!
  const above = (HALVES[low + 1] ?? 65_536) - magnitude
  const nearest = below < above || (below === above && low % 2 === 0) ? low : low + 1
  return nearest | (Object.is(Math.sign(value), -0) || value < 0 ? 0x8000 : 0)
}

describe('half precision', () => {
  it('has the bits that the standard gives', () => {
    const known: readonly [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [1 / 3, 0x3555],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0],
      [65_504, 0x7bff],
      [65_519, 0x7bff],
    ]
    expect(known.map(([value]) => bitsOf(value))).toEqual(known.map(([, bits]) => bits))
    expect(Array.from(toHalves(Float32Array.of(1, -2)))).toEqual([0x00, 0x3c, 0x00, 0xc0])
  })

  it('gives every half back', () => {
    const bytes = Uint8Array.from({ length: 0x20000 }, (_, at) => (at % 2 === 0 ? (at >> 1) & 0xff : at >> 9))
    const numbers = fromHalves(bytes)
    expect(Array.from(numbers.subarray(0, HALVES.length))).toEqual(HALVES)
    expect(Array.from(numbers.subarray(0x8000, 0x8000 + HALVES.length))).toEqual(HALVES.map(half => -half))
    expect([numbers[0x7c00], numbers[0xfc00]]).toEqual([Infinity, -Infinity])
    expect(numbers.subarray(0x7c01, 0x8000).every(Number.isNaN)).toBe(true)
    for (const from of [0, 0x8000]) {
      const part = bytes.subarray(from * 2, (from + HALVES.length) * 2)
      expect(Buffer.from(toHalves(fromHalves(part))).equals(Buffer.from(part))).toBe(true)
    }
  })

  it('rounds to the nearest, ties to even', () => {
    // Between two halves, on the middle between them, and a single's step beside it.
    const between = fc
      .tuple(fc.nat(0x7bfe), fc.constantFrom(0, 0.25, 0.5, 0.75), fc.constantFrom(-1, 0, 1), fc.boolean())
      .map(([half, share, step, isNegative]) => {
        const single = Float32Array.of(HALVES[half]! + (HALVES[half + 1]! - HALVES[half]!) * share)
        const bits = new Int32Array(single.buffer)
        bits[0] = Math.max(0, bits[0]! + step)
        return isNegative ? -single[0]! : single[0]!
      })
    const any = fc.float({ min: -65_519, max: 65_519, noNaN: true })
    const small = fc.float({ min: -1, max: 1, noNaN: true }).map(value => Math.fround(value * 2 ** -14))
    fc.assert(
      fc.property(fc.oneof(between, any, small), value => {
        expect(bitsOf(value)).toBe(nearestHalf(value))
      }),
      { numRuns: 20_000 },
    )
  })

  it('refuses what no half can hold', () => {
    for (const value of [65_520, -65_520, 1e30, Infinity, -Infinity, NaN])
      expect(() => toHalves(Float32Array.of(0, value)), `${value}`).toThrow(/no half precision/)
  })

  it('packs rows, wherever their bytes begin', () => {
    const rows = [Float32Array.of(0.5, -0.25), Float32Array.of(0.125, 1)]
    const packed = new Float32Array(5).fill(7)
    for (const [row, vector] of rows.entries()) {
      const shifted = new Uint8Array(5)
      shifted.set(toHalves(vector), 1)
      readHalves(shifted.subarray(1), packed, row * 2)
    }
    expect(Array.from(packed)).toEqual([0.5, -0.25, 0.125, 1, 7])
    expect(() => readHalves(new Uint8Array(4), packed, 4)).toThrow(/no room/)
    expect(() => readHalves(new Uint8Array(3), packed)).toThrow(/no vector/)
  })

  it('compares what is packed as it compares the numbers', () => {
    const numbers = fc.float32Array({ minLength: 1, maxLength: 300, noNaN: true, min: -1, max: 1 })
    fc.assert(
      fc.property(numbers, numbers, (query, other) => {
        const bytes = toHalves(Float32Array.from(query, (_, axis) => other[axis % other.length]!))
        const product = dot(query, fromHalves(bytes))
        expect(cosineOfHalves(query, bytes)).toBe(Math.max(-1, Math.min(1, product)))
      }),
    )
    expect(() => cosineOfHalves(new Float32Array(3), new Uint8Array(4))).toThrow(/3 dimensions/)
  })
})
