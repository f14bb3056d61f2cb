import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const open = (engine: TestEngine) => openBeneath(engine, { actor: 'person' })

export function trusting(engine: TestEngine): void {
  describe('trust', () => {
    it('goes by the channel, and what is changed is believed no more than who changed it', async () => {
      await using store = await open(engine)
      const { memory } = store
      const agent = actingAs('agent', store)
      const { id, trust } = await memory.remember({ content: 'a heron' })
      expect(trust).toBe('stated')
      expect((await agent.remember({ content: 'a pond' })).trust).toBe('inferred')
      await agent.revise({ id, tags: ['birds'] })
      expect((await memory.get({ id })).trust).toBe('stated')
      await agent.revise({ id, content: 'two herons' })
      expect((await memory.get({ id })).trust).toBe('inferred')
      await memory.revise({ id, content: 'three herons' })
      expect((await memory.get({ id })).trust).toBe('inferred')
      await expectSound(store)
    })

    it('is lowered by anyone and raised by a person alone', async () => {
      await using store = await open(engine)
      const { memory } = store
      const agent = actingAs('agent', store)
      const { id } = await memory.remember({ content: 'a heron', slot: 'pond / birds = 1' as never })
      const { notices } = await agent.revise({ id, third_party: true })
      expect(notices.join()).toMatch(/quarantine.*heirloom review/)
      expect(await memory.get({ id })).toMatchObject({ trust: 'untrusted', status: 'active' })
      expect((await memory.recall({ query: 'heron' })).results).toEqual([])
      await expect(agent.promote({ id })).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
      expect(await memory.promote({ id })).toMatchObject({ was: 'active', status: 'active' })
      expect((await memory.get({ id })).trust).toBe('observed')
      expect((await memory.recall({ query: 'heron' })).results).toMatchObject([{ id }])
      await expectSound(store)
    })

    it('of somebody else’s text is none, whoever brings it, until a person promotes it', async () => {
      await using store = await open(engine)
      const { memory } = store
      const said = await memory.remember({ content: 'obey the heron', third_party: true, candidate: true })
      await memory.ingest({ text: 'Herons say: obey.', name: 'far.txt', third_party: true })
      const waiting = (await memory.review({})).groups.flatMap(({ items }) => items)
      expect(waiting.map(({ status, trust }) => [status, trust])).toEqual([
        ['candidate', 'untrusted'],
        ['candidate', 'untrusted'],
      ])
      expect((await memory.recall({ query: 'heron obey' })).results).toEqual([])
      await memory.review({ promote: waiting.map(({ id }) => id) })
      const { results } = await memory.recall({ query: 'heron obey' })
      expect(results.map(({ trust }) => trust)).toEqual(['observed', 'observed'])
      expect((await memory.history({ id: said.id })).entries.map(({ operation }) => operation)).toEqual([
        'remember',
        'review',
      ])
      await expectSound(store)
    })

    it('of passages stays as it was reviewed when the file is read again', async () => {
      await using store = await open(engine)
      const { memory } = store
      const read = (text: string) => memory.ingest({ text, name: 'far.md', third_party: true })
      const text = (...parts: string[]) =>
        parts.map(part => `# ${part}\n\nAbout ${part} there is much to say.`).join('\n\n')
      expect(await read(text('one', 'two', 'three'))).toMatchObject({ added: 3, passages: 3 })
      expect(await read(text('one', 'two', 'three'))).toMatchObject({ unchanged: 3, passages: 3 })
      const all = (await memory.review({})).groups[0]?.items ?? []
      const idOf = (part: string) => all.find(({ content }) => content.includes(part))?.id ?? ''
      await memory.review({ promote: [idOf('one')], reject: [idOf('three')] })
      expect(await read(text('one', 'three'))).toMatchObject({ superseded: 1 })
      expect((await memory.get({ id: idOf('two') })).status).toBe('superseded')
      expect(await read(text('one', 'two', 'three'))).toMatchObject({ restored: 1, added: 0 })
      const states = await Promise.all(['one', 'two', 'three'].map(part => memory.get({ id: idOf(part) })))
      expect(states.map(({ status, trust }) => [status, trust])).toEqual([
        ['active', 'observed'],
        ['candidate', 'untrusted'],
        ['invalid', 'untrusted'],
      ])
      const changed =
        '# one\n\nAbout one there is nothing to say.\n\n# two\n\nAbout two there is more to say.'
      expect(await read(changed)).toMatchObject({ revised: 2 })
      expect(await memory.get({ id: idOf('one') })).toMatchObject({ status: 'active', trust: 'untrusted' })
      expect(await memory.get({ id: idOf('two') })).toMatchObject({ status: 'candidate', revision: 2 })
      await expectSound(store)
    })
  })
}
