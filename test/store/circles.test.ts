/** Circles among what contains what, as doctor looks for them. */
import { expect, it } from 'vitest'
import { type Circle, circlesIn } from '../../src/store/agreement/circles.ts'

const graph = (...edges: readonly string[]) =>
  new Map(
    [...Map.groupBy(edges, ([whole]) => whole!)].map(([whole, found]) => [
      whole,
      found.map(edge => edge[1]!),
    ]),
  )

/** As a set, whichever member a circle was come upon by. */
const members = (circles: Iterable<Circle>) =>
  Array.from(circles, ({ first }) => first.toSorted().join('')).toSorted()

it.each([
  ['none', ['ab', 'bc', 'ac', 'dc', 'de'], []],
  ['one of one', ['aa', 'ab'], ['a']],
  ['one of three, come upon twice', ['xa', 'ab', 'bc', 'ca', 'yb'], ['abc']],
  ['two that share nothing', ['ab', 'ba', 'bc', 'cd', 'dc'], ['ab', 'cd']],
  ['two that share a member', ['ab', 'ba', 'ac', 'ca'], ['ab', 'ac']],
] as const)('%s', (_what, edges, circles) => {
  expect(members(circlesIn(graph(...edges)))).toEqual(circles)
})

it('a chain of a hundred thousand that ends where it began', () => {
  const parts = new Map(Array.from({ length: 100_000 }, (_, at) => [`${at}`, [`${(at + 1) % 100_000}`]]))
  const [circle, ...others] = circlesIn(parts)
  expect(circle).toEqual({ first: Array.from({ length: 8 }, (_, at) => `${at}`), length: 100_000 })
  expect(others).toEqual([])
  parts.delete('99999')
  expect([...circlesIn(parts)]).toEqual([])
})

it('a circle for each of many parts that lead back, without a copy of the way there for each', () => {
  const many = 20_000
  const parts = new Map(Array.from({ length: many }, (_, at) => [`${at}`, ['0', `${at + 1}`]]))
  let [found, longest, kept] = [0, 0, 0]
  for (const { first, length } of circlesIn(parts)) {
    found++
    longest = Math.max(longest, length)
    kept = Math.max(kept, first.length)
  }
  expect({ found, longest, kept }).toEqual({ found: many, longest: many, kept: 8 })
})
