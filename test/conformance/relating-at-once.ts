import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

/** Two programs that relate the same things at the same moment. */
export function relatingAtOnce(engine: TestEngine): void {
  describe('relating at once', () => {
    it('keeps one relationship of two that say the same', async () => {
      await using store = await engine.open()
      const other = await store.another()
      const { memory } = store
      await memory.entity_create({ type: 'component', name: 'radio' })
      await memory.entity_create({ type: 'component', name: 'board' })
      const call = { source: 'radio', type: 'depends_on', target: 'board' }
      const answers = await Promise.allSettled([memory, other, memory, other].map(one => one.relate(call)))
      const related = answers.filter(answer => answer.status === 'fulfilled')
      expect(related.length).toBeGreaterThan(0)
      expect(new Set(related.map(({ value }) => value.id)).size).toBe(1)
      expect(await store.raw('select id from relationships')).toHaveLength(1)
      await expectSound(store)
    })

    it('lets nothing contain itself, whoever says which half', async () => {
      await using store = await engine.open()
      const other = await store.another()
      const { memory } = store
      for (const name of ['mast', 'deck', 'hull']) await memory.entity_create({ type: 'component', name })
      const contains = (one: typeof memory, source: string, target: string) =>
        one.relate({ source, type: 'contains', target })
      const answers = await Promise.allSettled([
        contains(memory, 'mast', 'deck'),
        contains(other, 'deck', 'hull'),
        contains(memory, 'hull', 'mast'),
      ])
      const refused = answers.filter(answer => answer.status === 'rejected')
      expect(refused).toHaveLength(1)
      expect(String(refused[0]?.reason)).toContain('Nothing can contain itself')
      await expectSound(store)
    })

    it('makes one entity of two of one name', async () => {
      await using store = await engine.open()
      const other = await store.another()
      const call = { type: 'component', name: 'anchor', project: 'buoys' }
      const answers = await Promise.allSettled([store.memory, other].map(one => one.entity_create(call)))
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const refused = answers.find(answer => answer.status === 'rejected')
      expect(refused?.reason).toMatchObject({ code: 'DUPLICATE' })
      await expectSound(store)
    })
  })
}
