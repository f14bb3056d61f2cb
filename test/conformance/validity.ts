import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const DAY = 24 * 60 * 60 * 1000

export function ending(engine: TestEngine): void {
  describe('validity', () => {
    it('ends by itself: recall leaves out what has expired, and only then', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const valid_until = '2026-01-03T00:00:00.000Z'
      const { id } = await memory.remember({ content: 'the bridge is closed', valid_until })
      const found = async () => (await memory.recall({ query: 'bridge' })).results.map(result => result.id)
      clock.advance(2 * DAY - 1)
      expect(await found()).toEqual([id])
      clock.advance(1)
      expect(await found()).toEqual([])
      expect((await memory.get({ id })).status).toBe('active')
      await expectSound(store)
    })

    it('that is over when it is said is told: it is kept, and recall leaves it out', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const content = 'the bridge was closed'
      const said = await memory.remember({ content, valid_until: clock.now() })
      expect(said.notices).toEqual([
        `It held until ${clock.now()}, which is past: recall leaves it out. If it holds longer: heirloom revise ${said.id} --valid-until <time>`,
      ])
      expect((await memory.recall({ query: 'bridge' })).results).toEqual([])
      expect((await memory.get({ id: said.id })).content).toBe(content)
      const other = await memory.remember({ content: 'the ford is open', valid_until: '2026-01-02' })
      expect(other.notices).toEqual([])
    })

    it('expiring lists what ends soon, in that order, and what ended lately', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const ids: Record<string, string> = {}
      for (const [name, day, project] of [
        ['first', '02', 'apollo'],
        ['second', '10', 'apollo'],
        ['third', '10', 'beta'],
        ['late', '31', 'beta'],
      ] as const) {
        const valid_until = `2026-01-${day}T00:00:00.000Z`
        ids[name] = (await memory.remember({ content: name, valid_until, project })).id
      }
      await memory.remember({ content: 'for ever' })
      const gone = await memory.remember({ content: 'forgotten', valid_until: '2026-01-04' })
      await memory.forget({ id: gone.id })
      const names = async (query: object) => {
        const { results } = await memory.expiring(query)
        return results.map(({ id }) => Object.keys(ids).find(name => ids[name] === id))
      }
      expect(await names({})).toEqual(['first', 'second', 'third', 'late'])
      expect(await names({ within: '9d' })).toEqual(['first', 'second', 'third'])
      expect(await names({ within: 1 })).toEqual(['first'])
      expect(await names({ within: '2w', project: 'beta' })).toEqual(['third'])
      const page = await memory.expiring({ limit: 2 })
      expect(page.truncated).toBe(true)
      expect(await names({ limit: 2, cursor: page.cursor ?? '' })).toEqual(['third', 'late'])
      expect(await names({ past: true })).toEqual([])
      clock.advance(15 * DAY)
      expect(await names({})).toEqual(['late'])
      expect(await names({ past: true })).toEqual(['third', 'second', 'first'])
      expect(await names({ past: true, within: '7d' })).toEqual(['third', 'second'])
      const nothing = await memory.expiring({ within: '1d' })
      expect(nothing.notices.join()).toMatch(/Nothing expires within 1 day/)
    })

    it('expiring refuses what is no span', async () => {
      await using store = await engine.open()
      for (const within of ['soon', '0', '-3', '99999w', 0]) {
        await expect(store.memory.expiring({ within }), String(within)).rejects.toMatchObject({
          code: 'INVALID_INPUT',
        })
      }
    })
  })
}
