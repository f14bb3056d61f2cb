import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const DAY = 86_400_000

export function strengthening(engine: TestEngine): void {
  describe('strength', () => {
    it('follows from grades, and each is one entry of the journal', async () => {
      await using store = await engine.open()
      const { memory, raw } = store
      const { id } = await memory.remember({ content: 'The gateway listens on a port' })
      expect((await memory.get({ id })).strength).toBeNull()
      const first = await memory.grade({ id, grade: 'good', note: 'knew it' })
      expect(first.strength).toMatchObject({ due: '2026-01-04T00:00:00.000Z', retrievability: 1, reviews: 1 })
      store.clock.advance(3 * DAY)
      const { strength } = await memory.get({ id })
      expect(strength).toMatchObject({ reviews: 1, stability: first.strength.stability })
      expect(strength?.retrievability).toBeLessThan(0.9)
      const again = await memory.grade({ id, grade: 'again' })
      const easy = await memory.grade({ id, grade: 'easy' })
      expect(again.strength.stability).toBeLessThan(first.strength.stability)
      expect(easy.strength.due > again.strength.due).toBe(true)
      const log = await raw('select grade, source, interaction_id from strength_reviews order by id')
      expect(log.map(({ grade, source }) => `${grade} ${source}`)).toEqual([
        'good grade',
        'again grade',
        'easy grade',
      ])
      const { entries } = await memory.journal({ subject_kind: 'strength' })
      expect(entries.map(({ operation, subject_id }) => [operation, subject_id])).toEqual(
        Array(3).fill(['grade', id]),
      )
      expect((await memory.get({ id })).version).toBe(1)
      await expectSound(store)
    })

    it('decides what is due: what is live alone, overdue longest first', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const ids: string[] = []
      for (const [at, grade] of (['easy', 'again', 'good', 'hard'] as const).entries()) {
        const { id } = await memory.remember({
          content: `fact ${at}`,
          project: at % 2 === 0 ? 'even' : 'odd',
        })
        await memory.grade({ id, grade })
        ids.push(id)
      }
      const [easy, again, good, hard] = ids as [string, string, string, string]
      await memory.remember({ content: 'never reviewed' })
      const counted = async () => (await memory.status({})).strengths
      expect(await counted()).toEqual({ reviewed: 4, due: 0 })
      expect((await memory.due({})).notices.join()).toContain('heirloom grade')
      store.clock.advance(30 * DAY)
      const due = async (input: { project?: string; limit?: number } = {}) =>
        (await memory.due(input)).results.map(({ id }) => id)
      expect(await due()).toEqual([again, hard, good, easy])
      expect(await counted()).toEqual({ reviewed: 4, due: 4 })
      expect(await due({ project: 'odd' })).toEqual([again, hard])
      expect(await memory.due({ limit: 2 })).toMatchObject({
        truncated: true,
        results: [{ id: again }, { id: hard }],
      })
      const { results } = await memory.due({})
      expect(results.map(({ strength }) => strength.retrievability)).toEqual(
        results.map(({ strength }) => strength.retrievability).toSorted(),
      )
      await memory.forget({ id: again })
      await memory.revise({ id: hard, valid_until: '2026-01-15' })
      expect(await due()).toEqual([good, easy])
      expect(await counted()).toEqual({ reviewed: 4, due: 2 })
      await memory.grade({ id: good, grade: 'good' })
      expect(await due()).toEqual([easy])
      await expectSound(store)
    })

    it('is a small factor of ranking, shown, and takes nothing away', async () => {
      await using store = await engine.open()
      const { memory } = store
      const content = (name: string) => `The ${name} gateway listens on a port`
      const old = (await memory.remember({ content: content('harbour') })).id
      const fresh = (await memory.remember({ content: content('mountain') })).id
      await memory.grade({ id: old, grade: 'again' })
      store.clock.advance(2000 * DAY)
      await memory.grade({ id: fresh, grade: 'good' })
      const { results } = await memory.recall({ query: 'gateway port', explain: true })
      expect(results.map(({ id }) => id)).toEqual([fresh, old])
      const [best, last] = results.map(({ why }) => why?.factors.strength ?? 1)
      expect(best).toBeCloseTo(1.05, 6)
      expect(last).toBeLessThan(1)
      expect(last).toBeGreaterThanOrEqual(0.95)
      const without = await memory.recall({ query: 'gateway port', explain: true, without: ['priors'] })
      expect(without.results.map(({ why }) => why?.factors)).toEqual([{}, {}])
      expect(without.results).toHaveLength(2)
    })

    it('is of memories alone, and cannot be taken back', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id: entity } = await memory.entity_create({ type: 'team', name: 'Crew' })
      const refused = memory.grade({ id: entity, grade: 'good' })
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(refused).rejects.toThrow('only memories')
      const nobody = '0198c0de-0000-7000-8000-000000000000'
      await expect(memory.grade({ id: nobody, grade: 'good' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(memory.grade({ id: entity, grade: 'perfect' as never })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
      const { id } = await memory.remember({ content: 'a fact' })
      await memory.grade({ id, grade: 'good' })
      const { entries } = await memory.journal({ subject_kind: 'strength' })
      expect(entries).toHaveLength(1)
      const undoing = memory.undo({ receipt: entries[0]?.receipt ?? '' })
      await expect(undoing).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      await expect(undoing).rejects.toThrow(`heirloom grade ${id} <again, hard, good or easy>`)
    })
  })
}
