/** Circles among what contains what, as doctor looks for them. */
import { expect, it } from 'vitest'
import { circlesIn } from '../../src/store/agreement/circles.ts'

const graph = (...edges: readonly string[]) =>
  new Map(
    [...Map.groupBy(edges, ([whole]) => whole!)].map(([whole, found]) => [
      whole,
      found.map(edge => edge[1]!),
    ]),
  )

/** As a set, whichever member a circle was come upon by. */
const members = (circles: readonly (readonly string[])[]) =>
  circles.map(circle => circle.toSorted().join('')).toSorted()

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
  expect(circlesIn(parts).map(({ length }) => length)).toEqual([100_000])
  parts.delete('99999')
  expect(circlesIn(parts)).toEqual([])
})
