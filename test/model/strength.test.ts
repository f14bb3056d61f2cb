import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RANKING } from '../../src/model/rank/constants.ts'
import { factorsFor } from '../../src/model/rank/priors.ts'
import { GRADES, type Grade, retrievability, reviewed, type Strength } from '../../src/model/strength.ts'

const START = '2026-01-01T00:00:00.000Z'
const inDays = (days: number, from = START) => new Date(Date.parse(from) + days * 86_400_000).toISOString()

function history(steps: readonly (readonly [Grade, number])[]): { card: Strength; at: string } {
  let card: Strength | null = null
  let at = START
  for (const [grade, days] of steps) {
    at = inDays(days, at)
    card = reviewed(card, grade, at)
  }
  return { card: card!, at }
}

describe('strength', () => {
  it('is that of FSRS-6 with its usual weights after a first review', () => {
    const stabilities = GRADES.map(grade => reviewed(null, grade, START).stability)
    expect(stabilities).toEqual([0.212, 1.2931, 2.3065, 8.2956])
    const good = reviewed(null, 'good', START)
    expect(good).toMatchObject({ due: inDays(3), reps: 1, lapses: 0, scheduled_days: 3, last_review: START })
  })

  it('is recalled nine times in ten after as many days as its stability, and less later', () => {
    const card = { ...reviewed(null, 'good', START), stability: 10 }
    expect(retrievability(card, START)).toBe(1)
    expect(retrievability(card, inDays(10))).toBeCloseTo(0.9, 6)
    expect(retrievability(card, inDays(100))).toBeLessThan(0.8)
    expect(retrievability(card, inDays(100))).toBeGreaterThan(0.5)
    expect(retrievability(card, inDays(-5))).toBe(1)
  })

  it('grows with what was remembered, shrinks with what was not, and counts both', () => {
    const { card, at } = history([
      ['good', 0],
      ['good', 2],
      ['good', 8],
    ])
    expect(card.stability).toBeGreaterThan(10)
    const later = inDays(30, at)
    const [again, hard, good, easy] = GRADES.map(grade => reviewed(card, grade, later))
    expect(again!.stability).toBeLessThan(card.stability)
    expect(again!.lapses).toBe(1)
    expect([hard!.due, good!.due, easy!.due]).toEqual([hard!.due, good!.due, easy!.due].toSorted())
    expect(hard!.due < good!.due && good!.due < easy!.due).toBe(true)
  })

  it('is the same for the same history, and stays within bounds', () => {
    const step = fc.tuple(fc.constantFrom(...GRADES), fc.integer({ min: 0, max: 400 }))
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), steps => {
        const { card, at } = history(steps)
        expect(history(steps).card).toEqual(card)
        expect(card.reps).toBe(steps.length)
        expect(card.stability).toBeGreaterThan(0)
        expect(card.due >= card.last_review).toBe(true)
        for (const days of [0, 1, 50, 5000]) {
          const now = retrievability(card, inDays(days, at))
          expect(now).toBeGreaterThanOrEqual(0)
          expect(now).toBeLessThanOrEqual(1)
          expect(retrievability(card, inDays(days + 1, at))).toBeLessThanOrEqual(now)
        }
      }),
    )
  })

  it('takes a review with an earlier time than the last one as at that one', () => {
    const card = reviewed(null, 'good', inDays(5))
    expect(reviewed(card, 'good', START).last_review).toBe(inDays(5))
  })

  it('moves a rank by a twentieth at the most', () => {
    const standing = {
      trust: 'observed',
      confidence: null,
      recordedAt: START,
    } as const
    const factor = (retrievability: number | null) =>
      factorsFor({ ...standing, retrievability }, Date.parse(START)).strength
    expect(factor(null)).toBe(1)
    expect(factor(1)).toBeCloseTo(1 + RANKING.strength, 10)
    expect(factor(0)).toBeCloseTo(1 - RANKING.strength, 10)
    expect(factor(7)).toBeCloseTo(1 + RANKING.strength, 10)
    expect(RANKING.strength).toBeLessThanOrEqual(0.05)
  })
})
