import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planTerms } from '../../src/store/keyword-reader.ts'

const counts = (entries: Record<string, number>) => new Map(Object.entries(entries))

test('the rarest terms are kept while their sum stays within the budget', () => {
  const frequencies = counts({ the: 90_000, port: 400, staging: 40, api: 4700 })
  expect(planTerms(['the', 'staging', 'api', 'port'], frequencies, 5000)).toEqual(['staging', 'port'])
  expect(planTerms(['the', 'staging', 'api', 'port'], frequencies, 6000)).toEqual(['staging', 'port', 'api'])
})

test('a term that is nowhere takes no place, and a single common one is searched all the same', () => {
  expect(planTerms(['ghost', 'the'], counts({ the: 90_000, ghost: 0 }), 5000)).toEqual(['the'])
  expect(planTerms(['ghost'], counts({}), 5000)).toEqual([])
})

test('a larger budget keeps every term that a smaller one kept', () => {
  const frequencies = fc.dictionary(fc.string({ minLength: 1 }), fc.nat(20_000))
  fc.assert(
    fc.property(frequencies, fc.nat(10_000), fc.nat(10_000), (found, budget, more) => {
      const small = planTerms(Object.keys(found), counts(found), budget)
      const large = planTerms(Object.keys(found), counts(found), budget + more)
      expect(large.slice(0, small.length)).toEqual(small)
    }),
  )
})
