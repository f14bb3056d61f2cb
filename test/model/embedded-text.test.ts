import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_EMBEDDED_TEXT, toEmbeddedQuery, toEmbeddedText } from '../../src/model/embedded-text.ts'

test.each([
  [{ content: ' It listens on 9090. ' }, 'It listens on 9090.'],
  [{ content: 'It listens on 9090.', title: null }, 'It listens on 9090.'],
  [{ content: '9090', title: 'Staging port' }, 'Staging port\n9090'],
  [{ content: 'Moving to Lisbon is decided.', title: 'Moving' }, 'Moving to Lisbon is decided.'],
  [{ content: '  ' }, ''],
])('%o', (fields, text) => {
  expect(toEmbeddedText(fields)).toBe(text)
})

test('who said it is left to the ranker', () => {
  const fields = { content: 'Yes.', author: 'Ana' }
  expect(toEmbeddedText(fields)).toBe('Yes.')
})

test('whatever the fields, it is bounded and cut between characters', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', '港', '🚢'), maxLength: 6000 })
  fc.assert(
    fc.property(text, fc.option(text), (content, title) => {
      for (const made of [toEmbeddedText({ content, title }), toEmbeddedQuery(content)]) {
        expect(made.length).toBeLessThanOrEqual(MAX_EMBEDDED_TEXT)
        expect(made.isWellFormed()).toBe(true)
      }
    }),
  )
})

test('a query is embedded as it is asked', () => {
  expect(toEmbeddedQuery(' When did Ana move? ')).toBe('When did Ana move?')
})
