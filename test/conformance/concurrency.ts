import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

/** What several handles on one store do at once. For engines whose stores can be opened more than once. */
export function sharing(engine: TestEngine): void {
  describe('several handles', () => {
    it('a second one finds the store made, and what the first one writes', async () => {
      await using store = await engine.open()
      const other = await store.another({ mode: 'initialise' })
      expect((await other.init({})).created).toBe(false)
      const { id } = await store.memory.remember({ content: 'seen at once' })
      expect((await other.recall({ query: 'seen' })).results).toMatchObject([{ id }])
      await other.revise({ id, content: 'seen by both' })
      expect((await store.memory.get({ id })).content).toBe('seen by both')
      await expectSound(store)
    })

    it('lose nothing and chain everything when all write at once', async () => {
      await using store = await engine.open()
      const handles = [store.memory, await store.another(), await store.another()]
      const acknowledged = new Map<string, string>()
      const writes = Array.from({ length: 60 }, async (_, index) => {
        const content = `thought number ${index}`
        const handle = handles[index % handles.length]!
        const { id } = await handle.remember({ content, project: `project-${index % 4}x` })
        acknowledged.set(id, content)
      })
      await Promise.all(writes)
      expect(acknowledged.size).toBe(60)
      await expectSound(store, acknowledged)
    })

    it('make one memory of one text', async () => {
      await using store = await engine.open()
      const other = await store.another()
      for (let round = 0; round < 10; round++) {
        const content = `said twice ${round}`
        const answers = await Promise.all([store.memory, other].map(handle => handle.remember({ content })))
        expect(new Set(answers.map(answer => answer.id)).size).toBe(1)
        expect(answers.map(answer => answer.outcome).sort()).toEqual(['already_known', 'remembered'])
      }
      await expectSound(store)
    })

    it('give one answer under one idempotency key', async () => {
      await using store = await engine.open()
      const other = await store.another()
      for (let round = 0; round < 10; round++) {
        const said = { content: `keyed ${round}`, idempotency_key: `key ${round}` }
        const [one, two] = await Promise.all([store.memory.remember(said), other.remember(said)])
        expect(one).toEqual(two)
        expect(one).toMatchObject({ outcome: 'remembered' })
      }
      expect((await store.memory.list({})).total).toBe(10)
    })

    it('let one of two revisions of the same revision through', async () => {
      await using store = await engine.open()
      const other = await store.another()
      const { id } = await store.memory.remember({ content: 'start' })
      for (let revision = 1; revision <= 5; revision++) {
        const results = await Promise.allSettled(
          [store.memory, other].map((handle, index) =>
            handle.revise({ id, content: `revision ${revision} by ${index}`, if_revision: revision }),
          ),
        )
        const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
        expect(refused).toMatchObject([{ code: 'CONFLICT' }])
      }
      expect(await store.memory.get({ id })).toMatchObject({ revision: 6, version: 6 })
      await expectSound(store)
    })

    it('that supersede each other in opposite order both come to an end', async () => {
      await using store = await engine.open()
      const other = await store.another()
      for (let round = 0; round < 5; round++) {
        const a = (await store.memory.remember({ content: `left ${round}` })).id
        const b = (await store.memory.remember({ content: `right ${round}` })).id
        const results = await Promise.allSettled([
          store.memory.supersede({ id: a, by: b }),
          other.supersede({ id: b, by: a }),
        ])
        expect(results.map(result => result.status)).toContain('fulfilled')
        for (const result of results) {
          if (result.status === 'rejected')
            expect(result.reason).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
        }
      }
      await expectSound(store)
    })

    it('ingest the same document once', async () => {
      await using store = await engine.open()
      const other = await store.another()
      const text = '# One\n\nherons\n\n## Two\n\nships\n'
      await Promise.all(
        [store.memory, other].map(handle => handle.ingest({ text, name: 'guide.md', project: 'birds' })),
      )
      expect((await store.memory.list({})).total).toBe(2)
      expect((await store.memory.status({})).documents).toBe(1)
      await expectSound(store)
    })
  })
}
