import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cosine, dot, isUsable, largest, nearest, products } from '../../src/model/vector.ts'
import { seeded } from '../kit/random.ts'

/** Small numbers, so that sums of their products are exact however they are added up. */
const matrices = fc
  .tuple(fc.integer({ min: 1, max: 11 }), fc.nat(23))
  .chain(([dimensions, rows]) =>
    fc.tuple(
      fc.array(fc.integer({ min: -8, max: 8 }), {
        minLength: dimensions * rows,
        maxLength: dimensions * rows,
      }),
      fc.array(fc.integer({ min: -8, max: 8 }), { minLength: dimensions, maxLength: dimensions }),
    ),
  )
  .map(([matrix, query]) => [Float32Array.from(matrix), Float32Array.from(query)] as const)

function plainProducts(matrix: Float32Array, query: Float32Array): number[] {
  return Array.from({ length: matrix.length / query.length }, (_, row) =>
    query.reduce((sum, number, index) => sum + number * matrix[row * query.length + index]!, 0),
  )
}

function plainLargest(numbers: readonly number[], k: number): number[] {
  const places = numbers.flatMap((number, place) => (Number.isNaN(number) ? [] : [place]))
  return places.sort((a, b) => numbers[b]! - numbers[a]! || a - b).slice(0, k)
}

describe('the exact search', () => {
  it('multiplies the query with every row', () => {
    fc.assert(
      fc.property(matrices, ([matrix, query]) => {
        const expected = plainProducts(matrix, query).map(Math.fround)
        expect(Array.from(products(matrix, query), value => value + 0)).toEqual(expected.map(x => x + 0))
      }),
    )
  })

  it('finds the largest, the first of equal ones first', () => {
    const numbers = fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(NaN)), { maxLength: 60 })
    fc.assert(
      fc.property(numbers, fc.nat(70), (found, k) => {
        expect(Array.from(largest(Float32Array.from(found), k))).toEqual(plainLargest(found, k))
      }),
      { numRuns: 2000 },
    )
    const random = seeded(1)
    const many = Float32Array.from({ length: 20_000 }, random)
    for (const k of [1, 10, 1000, 19_999, 20_000])
      expect(Array.from(largest(many, k)), `${k}`).toEqual(plainLargest(Array.from(many), k))
  })

  it('finds none where there is nothing, and never what holds NaN', () => {
    expect(largest(new Float32Array(0), 3)).toHaveLength(0)
    expect(largest(Float32Array.of(1, 2), 0)).toHaveLength(0)
    expect(largest(Float32Array.of(-Infinity, NaN), 2)).toHaveLength(0)
    const matrix = Float32Array.of(NaN, 0, 1, 0, 0, NaN, 0, 1, 0.6, 0.8)
    expect(Array.from(nearest(matrix, Float32Array.of(1, 0), 5).rows)).toEqual([1, 4, 3])
  })

  it('gives cosines that belong to the rows', () => {
    fc.assert(
      fc.property(matrices, fc.nat(30), ([matrix, query], k) => {
        const length = (vector: Float32Array) => Math.hypot(...vector) || 1
        const unit = query.map(number => number / length(query))
        const rows = matrix.map((number, index) => {
          const row = Math.floor(index / query.length) * query.length
          return number / length(matrix.subarray(row, row + query.length))
        })
        const found = nearest(rows, unit, k)
        expect(found.rows).toHaveLength(Math.min(k, matrix.length / query.length))
        for (const [place, row] of found.rows.entries()) {
          const vector = rows.subarray(row * query.length, (row + 1) * query.length)
          expect(found.similarities[place]).toBeCloseTo(cosine(vector, unit), 5)
          expect(Math.abs(found.similarities[place]!)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it('refuses what is no matrix of such rows', () => {
    expect(() => products(new Float32Array(7), new Float32Array(2))).toThrow(/no rows of 2/)
    expect(() => products(new Float32Array(7), new Float32Array(0))).toThrow(/no rows/)
    expect(() => dot(new Float32Array(3), new Float32Array(2))).toThrow(/3 and 2/)
  })
})

describe('a usable vector', () => {
  it('has finite numbers, and not all zero', () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 20 }), vector => {
        const expected = vector.every(Number.isFinite) && vector.some(number => number !== 0)
        expect(isUsable(vector)).toBe(expected)
      }),
      { numRuns: 3000 },
    )
    for (const [vector, expected] of [
      [[], false],
      [[0, -0], false],
      [[1, -1], true],
      [[3.4e38, 3.4e38, 3.4e38], true],
      [[1, NaN], false],
      [[-Infinity, Infinity], false],
      [[1.4e-45], true],
    ] as const)
      expect(isUsable(Float32Array.from(vector)), `${vector}`).toBe(expected)
  })
})
