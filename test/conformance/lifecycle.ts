import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

type Step = 'forget' | 'invalidate' | 'restore'

export function living(engine: TestEngine): void {
  describe('lifecycle', () => {
    it('every step leads where the table says, and errors name both states', async () => {
      await using store = await engine.open()
      const table: readonly [Step[], Step, string][] = [
        [[], 'forget', 'retired'],
        [[], 'invalidate', 'invalid'],
        [[], 'restore', 'illegal'],
        [['forget'], 'forget', 'illegal'],
        [['forget'], 'invalidate', 'illegal'],
        [['forget'], 'restore', 'active'],
        [['invalidate'], 'invalidate', 'illegal'],
        [['invalidate'], 'forget', 'retired'],
        [['invalidate'], 'restore', 'active'],
        [['invalidate', 'forget'], 'restore', 'invalid'],
        [['invalidate', 'forget', 'restore'], 'restore', 'active'],
      ]
      for (const [index, [before, step, expected]] of table.entries()) {
        const { id } = await store.memory.remember({ content: `memory ${index}` })
        for (const earlier of before) await store.memory[earlier]({ id })
        const { status } = await store.memory.get({ id })
        if (expected !== 'illegal') {
          expect(await store.memory[step]({ id })).toMatchObject({ id, status: expected, was: status })
          continue
        }
        const error = await store.memory[step]({ id }).catch((caught: unknown) => caught)
        expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
        expect(String(error)).toContain(`it is ${status}`)
        expect(String(error)).toMatch(/becomes (active|retired|invalid)/)
        expect((await store.memory.get({ id })).status).toBe(status)
      }
      await expectSound(store)
    })

    it('recall and list leave out what is not active, unless asked', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'The heron nests by the pond' })
      await memory.forget({ id, note: 'flew away' })
      expect((await memory.recall({ query: 'heron' })).results).toEqual([])
      expect((await memory.recall({ query: 'heron', status: ['retired'] })).results).toMatchObject([
        { id, status: 'retired' },
      ])
      expect((await memory.recall({ query: 'heron', status: ['active', 'invalid'] })).results).toEqual([])
      expect((await memory.list({ status: ['retired'] })).results).toMatchObject([{ id }])
      expect((await memory.list({})).results).toEqual([])
      await memory.restore({ id })
      expect((await memory.recall({ query: 'heron' })).results).toMatchObject([{ id, status: 'active' }])
      const { entries } = await memory.history({ id })
      expect(entries.map(entry => [entry.operation, entry.note])).toEqual([
        ['remember', null],
        ['forget', 'flew away'],
        ['restore', null],
      ])
    })

    it('supersede by a text makes the successor with the same fields', async () => {
      await using store = await openBeneath(engine, { client: 'desk', session: 'monday' })
      const { memory } = store
      const { id } = await memory.remember({
        content: 'port 8080',
        project: 'apollo',
        tags: ['api'],
        author: 'Ada',
      })
      const other = actingAs('agent', store)
      const { superseded_by, status } = await other.supersede({ id, content: 'port 9090' })
      expect(status).toBe('superseded')
      expect(await memory.get({ id })).toMatchObject({ client_id: 'desk', session_id: 'monday' })
      expect(await memory.get({ id })).toMatchObject({ superseded_by, status: 'superseded' })
      expect(await memory.get({ id: superseded_by })).toMatchObject({
        content: 'port 9090',
        project: 'apollo',
        tags: ['api'],
        author: 'Ada',
        client_id: 'claude',
        session_id: 'session 1',
        status: 'active',
        revision: 1,
      })
      await expectSound(store)
    })

    it('supersede by a memory points to it, and restore takes the pointer back', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'old' })
      const by = (await memory.remember({ content: 'new' })).id
      await memory.supersede({ id, by })
      await expect(memory.supersede({ id, by })).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      await memory.restore({ id })
      expect(await memory.get({ id })).toMatchObject({ status: 'active', superseded_by: null })
      await memory.forget({ id: by })
      await expect(memory.supersede({ id, by })).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      await expect(memory.supersede({ id, by: id })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(memory.supersede({ id })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      expect((await memory.get({ id })).status).toBe('active')
    })

    it('a superseded memory that is forgotten and restored still points to its successor', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'old' })
      const { superseded_by } = await memory.supersede({ id, content: 'new' })
      await memory.forget({ id })
      await memory.restore({ id })
      expect(await memory.get({ id })).toMatchObject({ status: 'superseded', superseded_by })
    })

    it('revise refuses what is not active and names its state', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'old' })
      await store.memory.forget({ id })
      const error = await store.memory.revise({ id, content: 'new' }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      expect(String(error)).toMatch(/it is retired.*active/)
    })

    it('an unknown id is told with the way to ids', async () => {
      await using store = await engine.open()
      const id = '01900000-0000-7000-8000-00000000ffff'
      const { memory } = store
      const calls = [
        () => memory.get({ id }),
        () => memory.history({ id }),
        () => memory.revise({ id, content: 'x' }),
        () => memory.forget({ id }),
        () => memory.supersede({ id, content: 'x' }),
      ]
      for (const call of calls) {
        const error = await call().catch((caught: unknown) => caught)
        expect(error).toMatchObject({ code: 'NOT_FOUND' })
        expect(String(error)).toContain('heirloom list')
      }
      await expect(memory.get({ id: 'nonsense' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    })
  })
}
