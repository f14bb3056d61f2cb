import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { idsOf } from './review.ts'

/** A store whose project apollo reviews what agents write. */
async function reviewed(engine: TestEngine) {
  const store = await openBeneath(engine, { actor: 'person' })
  const { id } = await store.memory.remember({ content: 'The gateway was chosen', project: 'apollo' })
  await store.memory.project({ action: 'set', name: 'apollo', review: 'agents' })
  return Object.assign(store, { agreed: id, agent: actingAs('agent', store) })
}

export function guarding(engine: TestEngine): void {
  describe('a project that reviews agents', () => {
    it('keeps what agents write for review, by whatever operation', async () => {
      await using store = await reviewed(engine)
      const { memory, agent } = store
      const proposed = await agent.remember({ content: 'The gateway moves', project: 'apollo' })
      expect(proposed).toMatchObject({ status: 'candidate', trust: 'inferred' })
      expect(proposed.notices.join()).toMatch(/only proposed.*heirloom review/)
      const elsewhere = await agent.remember({ content: 'A note about the gateway', project: 'beta' })
      expect(elsewhere.status).toBe('active')
      const made = await agent.consolidate({
        from: [store.agreed, elsewhere.id],
        content: 'both',
        project: 'apollo',
      })
      expect(made.status).toBe('candidate')
      expect((await agent.share({ id: elsewhere.id, to: 'project:apollo' })).status).toBe('candidate')
      await agent.ingest({ text: 'One passage.', name: 'a.txt', project: 'apollo' })
      expect(await idsOf(store, { project: 'apollo' })).toHaveLength(4)
      expect((await memory.remember({ content: 'A person says so', project: 'apollo' })).status).toBe(
        'active',
      )
      await agent.revise({ id: proposed.id, content: 'The gateway moves in May' })
      await agent.forget({ id: proposed.id })
      await expectSound(store)
    })

    it('lets no agent change what is agreed, and says how to propose it', async () => {
      await using store = await reviewed(engine)
      const { agent, agreed: id, memory } = store
      const own = await agent.remember({ content: 'mine', project: 'beta' })
      const { receipt } = await agent.remember({ content: 'made before', project: 'gamma' })
      await memory.project({ action: 'set', name: 'gamma', review: 'agents' })
      const before = (await memory.digest({})).digest
      const calls = {
        revise: () => agent.revise({ id, content: 'x' }),
        lower: () => agent.revise({ id, third_party: true }),
        'move there': () => agent.revise({ id: own.id, project: 'apollo' }),
        supersede: () => agent.supersede({ id, content: 'x' }),
        'supersede by': () => agent.supersede({ id, by: own.id }),
        invalidate: () => agent.invalidate({ id }),
        forget: () => agent.forget({ id }),
        consolidate: () =>
          agent.consolidate({ from: [id, own.id], content: 'x', supersede: true, project: 'beta' }),
        'consolidate there': () =>
          agent.consolidate({ from: [own.id], content: 'x', supersede: true, project: 'apollo' }),
        undo: () => agent.undo({ receipt: receipt ?? '' }),
      }
      for (const [name, call] of Object.entries(calls)) {
        await expect(call(), name).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
        if (!name.startsWith('consolidate there'))
          expect(String(await call().catch((error: unknown) => error)), name).toContain('heirloom remember')
      }
      await memory.forget({ id })
      await expect(agent.restore({ id })).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
      await memory.restore({ id })
      expect((await memory.digest({})).digest).not.toBe(before)
      await agent.forget({ id: own.id })
      await expectSound(store)
    })
  })
}
