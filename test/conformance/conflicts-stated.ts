import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming, openConflicts, valuesOf } from '../kit/slots.ts'

/** A store where a person said 8080 of a port and an agent 9090. */
async function contested(engine: TestEngine) {
  const store = await openBeneath(engine, { actor: 'person' })
  const agent = actingAs('agent', store)
  const { id: stated } = await store.memory.remember(claiming('8080'))
  store.clock.advance(1000)
  const { id: own, conflict } = await agent.remember(claiming('9090'))
  return Object.assign(store, { agent, stated, own, conflict: conflict?.id ?? '' })
}

const slot = { subject: 'gateway', attribute: 'port' }

export function keepingWhatIsStated(engine: TestEngine): void {
  describe('what a person has said in an open conflict', () => {
    it('is taken out of it or changed there by no agent, whichever way', async () => {
      await using store = await contested(engine)
      const { agent, stated: id, own, memory } = store
      const { id: thing } = await memory.entity_create({ type: 'service', name: 'ledger', project: 'apollo' })
      const { id: old } = await memory.remember({ content: 'an old note', project: 'apollo' })
      const before = (await memory.digest({})).full
      const ways: Readonly<Record<string, () => Promise<unknown>>> = {
        forget: () => agent.forget({ id }),
        invalidate: () => agent.invalidate({ id }),
        supersede: () => agent.supersede({ id, content: 'The port is another' }),
        'supersede by': () => agent.supersede({ id, by: own }),
        consolidate: () => agent.consolidate({ from: [id, old], content: 'both', supersede: true }),
        'another value': () => agent.revise({ id, slot: { ...slot, value: '9090' } }),
        'a third value': () => agent.revise({ id, slot: { ...slot, value: '7070' } }),
        'another attribute': () => agent.revise({ id, slot: { ...slot, attribute: 'age', value: '1' } }),
        'no slot': () => agent.revise({ id, clear: ['slot'] }),
        // It would be believed less, so that the agent might settle it.
        'another text': () => agent.revise({ id, content: 'The gateway: 8080' }),
        'another project': () => agent.revise({ id, project: 'beta' }),
        'an end': () => agent.revise({ id, valid_until: '2026-02-01' }),
        'somebody else’s': () => agent.revise({ id, third_party: true }),
        graduate: () => agent.graduate({ id, into: thing }),
      }
      for (const [way, attempt] of Object.entries(ways)) {
        await expect(attempt(), way).rejects.toMatchObject({
          code: 'ACCESS_DENIED',
          message: expect.stringContaining(
            `A person said ${id}, which is contested: a person settles it. Ask the user to run: heirloom resolve ${store.conflict} --winner`,
          ),
        })
      }
      expect((await memory.digest({})).full).toBe(before)
      await expectSound(store)
    })

    it('stays what an agent may describe, contradict further, and agree with', async () => {
      await using store = await contested(engine)
      const { agent, stated: id, own, memory } = store
      await agent.revise({ id, title: 'The port', tags: ['net'] })
      expect((await agent.remember(claiming('7070'))).conflict?.id).toBe(store.conflict)
      await agent.revise({ id: own, slot: { ...slot, value: '6060' } })
      const [open] = await openConflicts(memory)
      expect(valuesOf(open ?? null)).toEqual(['6060', '7070', '8080'])
      // What agents said is theirs to take back, and ends it.
      for (const member of open?.members ?? []) if (member.id !== id) await agent.forget({ id: member.id })
      expect(await openConflicts(memory)).toEqual([])
      // Nothing contradicts it any more.
      await agent.forget({ id })
      await expectSound(store)
    })

    it('is kept from agents also while claims are made anew, whether they are there already or not', async () => {
      await using store = await contested(engine)
      const { agent, stated: id, own, memory, raw } = store
      const made = { type: 'service', name: 'ledger', project: 'apollo', properties: { age: 1 } }
      const { id: ledger } = await memory.entity_create(made)
      await agent.remember(claiming('2', { subject: 'ledger', attribute: 'age' }))
      await raw(`update artefacts set needs_rebuild = 1 where name = 'claims'`)
      const ways: Readonly<Record<string, () => Promise<unknown>>> = {
        forget: () => agent.forget({ id }),
        'another value': () => agent.revise({ id, slot: { ...slot, value: '9090' } }),
        'no slot': () => agent.revise({ id, clear: ['slot'] }),
        'another project': () => agent.revise({ id, project: 'beta' }),
        'another property': () => agent.entity_update({ id: ledger, set: ['age=2'] }),
        'forget its entity': () => agent.forget({ id: ledger }),
      }
      for (const emptied of [false, true]) {
        if (emptied) await raw('delete from claims')
        for (const [way, attempt] of Object.entries(ways))
          await expect(attempt(), way).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
      }
      await agent.revise({ id, title: 'The port' })
      await agent.entity_update({ id: ledger, add_aliases: ['books'] })
      await agent.revise({ id: own, slot: { ...slot, value: '6060' } })
      // What has no conflict, and what a person changes, is kept from nobody.
      const { id: free } = await memory.remember(claiming('1', { attribute: 'weight' }))
      await agent.forget({ id: free })
      await memory.forget({ id })
    })

    it('is a person’s to change, and nobody’s when it has expired', async () => {
      await using store = await contested(engine)
      const { agent, stated, memory } = store
      await memory.forget({ id: stated })
      expect(await openConflicts(memory)).toEqual([])
      const until = { attribute: 'age', valid_until: '2026-01-02' }
      const { id } = await memory.remember(claiming('1', until))
      await agent.remember(claiming('2', { attribute: 'age' }))
      await agent.remember(claiming('3', { attribute: 'age' }))
      await expect(agent.forget({ id })).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
      store.clock.advance(48 * 60 * 60 * 1000)
      await agent.forget({ id })
      expect(await openConflicts(memory)).toHaveLength(1)
      await expectSound(store)
    })

    it('keeps agents from naming a winner no longer than it is claimed, and from keeping all for good', async () => {
      for (const end of ['retired', 'expired'] as const) {
        await using store = await openBeneath(engine, { actor: 'person' })
        const agent = actingAs('agent', store)
        const { memory, raw } = store
        const until = end === 'expired' ? { valid_until: '2026-01-02' } : {}
        const { id: stated } = await memory.remember(claiming('8080', until))
        const { id: winner } = await agent.remember(claiming('9090'))
        const id = (await agent.remember(claiming('7070'))).conflict?.id ?? ''
        const denied = {
          code: 'ACCESS_DENIED',
          message: expect.stringContaining(`A person said ${stated}, `),
        }
        await expect(agent.resolve({ id, winner })).rejects.toMatchObject(denied)
        if (end === 'retired') await memory.forget({ id: stated })
        else store.clock.advance(48 * 60 * 60 * 1000)
        for (const decision of [{ keep_both: true }, { dismiss: true }])
          await expect(agent.resolve({ id, ...decision, because: 'x' })).rejects.toMatchObject({
            code: 'ACCESS_DENIED',
            message: expect.stringContaining('would not be asked again'),
          })
        await raw(`update artefacts set needs_rebuild = 1 where name = 'claims'`)
        await expect(agent.resolve({ id, winner })).rejects.toMatchObject(denied)
        await raw(`update artefacts set needs_rebuild = 0 where name = 'claims'`)
        expect(await agent.resolve({ id, winner })).toMatchObject({ resolved_by: 'agent' })
        await expectSound(store)
      }
    })

    it('may be a property: no agent updates, merges, renames or forgets its entity', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const agent = actingAs('agent', store)
      const { memory } = store
      const project = 'apollo'
      const made = { type: 'service', name: 'gateway', project, properties: { port: 8080, tier: 1 } }
      const { id } = await memory.entity_create(made)
      const { id: other } = await memory.entity_create({ type: 'service', name: 'proxy', project })
      const { conflict } = await agent.remember(claiming('9090'))
      const before = (await memory.digest({})).full
      const ways: Readonly<Record<string, () => Promise<unknown>>> = {
        'another value': () => agent.entity_update({ id, set: ['port=9090'] }),
        'no value': () => agent.entity_update({ id, unset: ['port'] }),
        'another property': () => agent.entity_update({ id, set: ['tier=2'] }),
        'merge it': () => agent.entity_merge({ id, into: other }),
        forget: () => agent.forget({ id }),
      }
      for (const [way, attempt] of Object.entries(ways)) {
        await expect(attempt(), way).rejects.toMatchObject({
          code: 'ACCESS_DENIED',
          message: expect.stringContaining(`heirloom resolve ${conflict?.id}`),
        })
      }
      expect((await memory.digest({})).full).toBe(before)
      await agent.entity_update({ id, add_aliases: ['edge'] })
      expect(await openConflicts(memory)).toHaveLength(1)
      await expectSound(store)
    })

    it('follows its subject where that comes to mean something else, and does not fall out of the conflict', async () => {
      await using store = await contested(engine)
      const { agent, memory, stated } = store
      // Both claims are about the entity from here on.
      const { id } = await agent.entity_create({ type: 'service', name: 'gateway', project: 'apollo' })
      expect((await openConflicts(memory)).map(({ id }) => id)).toEqual([store.conflict])
      await agent.entity_update({ id, name: 'front door' })
      expect((await memory.get({ id: stated })).contested).toBe(store.conflict)
      await agent.entity_update({ id, set: ['port=7070'], aliases: ['gateway'] })
      expect(valuesOf((await openConflicts(memory))[0] ?? null)).toEqual(['7070', '8080', '9090'])
      // What a person has said of it contradicts nothing but the entity, while that has the name.
      const made = { type: 'service', name: 'ledger', aliases: ['books'], properties: { age: 1 } }
      const { id: ledger } = await agent.entity_create({ ...made, project: 'apollo' })
      const { conflict } = await memory.remember(claiming('2', { subject: 'books', attribute: 'age' }))
      await expect(agent.entity_update({ id: ledger, clear: ['aliases'] })).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        message: expect.stringContaining(`heirloom resolve ${conflict?.id}`),
      })
      await memory.entity_update({ id: ledger, clear: ['aliases'] })
      expect((await memory.conflict({ id: conflict?.id ?? '' })).status).toBe('closed')
      await expectSound(store)
    })

    it('is not held against the agent that takes back what it did', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const agent = actingAs('agent', store)
      const { memory } = store
      const { id } = await memory.remember(claiming('8080'))
      const { receipt } = await agent.forget({ id })
      await agent.remember(claiming('9090'))
      const back = await agent.restore({ id })
      expect(valuesOf(back.conflict)).toEqual(['8080', '9090'])
      await agent.undo({ receipt: back.receipt ?? '' })
      expect(await openConflicts(memory)).toEqual([])
      await agent.undo({ receipt: receipt ?? '' })
      expect(await openConflicts(memory)).toHaveLength(1)
      await expectSound(store)
    })
  })
}
