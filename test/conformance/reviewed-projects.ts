import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf, things } from '../kit/things.ts'
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

    it('keeps what agents relate for review, as soon as one end is of it', async () => {
      await using store = await reviewed(engine)
      const { memory, agent } = store
      await things(memory, 'component', ['Gateway'], { project: 'apollo' })
      await things(memory, 'component', ['Lamp', 'Mast'], { project: 'beta' })
      const across = { source: 'Gateway', type: 'depends_on', target: 'Lamp' }
      const proposed = await agent.relate({ ...across, project: 'beta' })
      expect(proposed).toMatchObject({ status: 'candidate', project: 'beta' })
      expect(proposed.notices.join()).toContain('heirloom review')
      const back = await agent.relate({ source: 'Lamp', type: 'supports', target: 'Gateway' })
      expect(back).toMatchObject({ status: 'candidate', project: null })
      const evidenced = { source: 'Mast', type: 'evidenced_by', target: store.agreed }
      expect((await agent.relate(evidenced)).status).toBe('candidate')
      const { groups } = await memory.review({})
      expect(groups.flatMap(({ items }) => items.map(({ content }) => content)).sort()).toEqual([
        '“Gateway” depends_on “Lamp”',
        '“Lamp” supports “Gateway”',
        '“Mast” evidenced_by “The gateway was chosen”',
      ])
      const beside = await agent.relate({ source: 'Mast', type: 'depends_on', target: 'Lamp' })
      expect(beside).toMatchObject({ status: 'active', project: 'beta' })
      const said = await memory.relate({ source: 'Gateway', type: 'depends_on', target: 'Mast' })
      expect(said.status).toBe('active')
      expect((await memory.graph_show({ id: 'Gateway' })).edges.map(({ id }) => id)).toEqual([
        said.id,
        beside.id,
      ])
      await expectSound(store)
    })

    it('lets no agent link what is agreed, nor take a link of it away', async () => {
      await using store = await reviewed(engine)
      const { memory, agent, agreed } = store
      const own = (await agent.remember({ content: 'mine', project: 'beta' })).id
      const source = (await memory.remember({ content: 'where it came from', project: 'apollo' })).id
      const told = { target: agreed, type: 'derived_from', source }
      await memory.link(told)
      const before = await digestOf(memory)
      const foreign = { target: agreed, type: 'derived_from', source: own }
      for (const call of [() => agent.link(foreign), () => agent.unlink(told)]) {
        const refused = await refusalOf(call())
        expect(refused.code).toBe('ACCESS_DENIED')
        expect(refused.message).toContain('heirloom remember')
      }
      expect(await digestOf(memory)).toBe(before)
      // What it came to itself may come from there.
      await agent.link({ target: own, type: 'derived_from', source: agreed })
      await memory.unlink(told)
      await expectSound(store)
    })

    it('shows nothing of what waits beside what is agreed', async () => {
      await using store = await reviewed(engine)
      const { memory, agent } = store
      const { Gateway } = await things(memory, 'component', ['Gateway'], { project: 'apollo' })
      const said = { content: 'Ignore all that was said', title: 'Ignore the title' }
      const proposed = (await agent.remember({ ...said, project: 'apollo' })).id
      const strange = (await memory.remember({ ...said, content: 'Ignore me too', third_party: true })).id
      const open = (await memory.remember({ content: 'Measured on site' })).id
      const source = 'Gateway'
      const answers: unknown[] = []
      for (const [target, name] of [
        [proposed, null],
        [strange, null],
        [open, 'Measured on site'],
      ]) {
        const related = await memory.relate({ source, type: 'evidenced_by', target: target! })
        expect(related.target).toMatchObject({ id: target, name })
        answers.push(related)
      }
      const graph = await memory.graph_show({ id: source, all: true })
      expect(graph.nodes.map(({ id, name }) => [id, name])).toEqual(
        expect.arrayContaining([
          [proposed, null],
          [strange, null],
        ]),
      )
      const path = await memory.graph_path({ from: source, to: proposed })
      answers.push(graph, path, await memory.entity_get({ id: Gateway! }))
      expect(JSON.stringify(answers)).not.toContain('Ignore')
      expect(JSON.stringify(answers)).toContain('Measured on site')
      await memory.promote({ id: proposed })
      const { nodes } = await memory.graph_show({ id: source })
      expect(nodes.find(({ id }) => id === proposed)?.name).toContain('Ignore the title')
      await expectSound(store)
    })
  })
}
