import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sqliteMemory } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR

const CALL = fc.record({
  key: fc.constantFrom('k1', 'k2', undefined),
  content: fc.constantFrom('one', 'two', 'three', ' '),
  tags: fc.constantFrom(['a'], ['b']),
  wait: fc.constantFrom(0, HOUR, 23 * HOUR, DAY, DAY + 1),
})

it('a key gives its first answer for a day, refuses other arguments, and counts only calls that did something', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(CALL, { minLength: 2, maxLength: 15 }), async calls => {
      await using store = await sqliteMemory.open()
      const kept = new Map<string, { at: number; input: string; answer: unknown }>()
      const known = new Map<string, string>()
      for (const { key, content, tags, wait } of calls) {
        store.clock.advance(wait)
        const now = Date.parse(store.clock.now())
        const input = { content, tags, ...(key === undefined ? {} : { idempotency_key: key }) }
        const answer = await store.memory
          .remember(input)
          .catch((error: unknown) => (error as { code: string }).code)
        const earlier = key === undefined ? undefined : kept.get(key)
        if (content === ' ') expect(answer).toBe('INVALID_INPUT')
        else if (earlier !== undefined && now - earlier.at <= DAY) {
          expect(answer).toEqual(
            earlier.input === JSON.stringify(input) ? earlier.answer : 'IDEMPOTENCY_MISMATCH',
          )
        } else {
          expect(answer).toMatchObject({ outcome: known.has(content) ? 'already_known' : 'remembered' })
          const { id } = answer as { id: string }
          expect(known.get(content) ?? id).toBe(id)
          known.set(content, id)
          if (key !== undefined) kept.set(key, { at: now, input: JSON.stringify(input), answer })
        }
      }
      expect((await store.memory.list({})).total).toBe(known.size)
      await expectSound(store)
    }),
    { numRuns: 80 },
  )
})
