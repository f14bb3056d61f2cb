import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf, things } from '../kit/things.ts'

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

export function updatingEntities(engine: TestEngine): void {
  describe('entities: update', () => {
    it('changes what is given, counts a revision, and is taken back exactly', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      const { id } = await memory.entity_create({
        type: 'component',
        name: 'Switch',
        aliases: ['GS'],
        description: 'Old.',
        properties: { ports: 24, Maker: 'Lumen', note: 'x' },
      })
      const before = await digestOf(memory)
      clock.advance(1000)
      const updated = await memory.entity_update({
        id: 'gs',
        name: 'Big switch',
        add_aliases: ['BS', 'big-switch'],
        set: ['ports=48', 'maker=Glow, Inc.', 'free={"a": [1, 2]}', 'code=007'],
        unset: ['note'],
        clear: ['description'],
        project: 'apollo',
      })
      expect(updated).toMatchObject({
        id,
        outcome: 'updated',
        name: 'Big switch',
        aliases: ['GS', 'BS'],
        description: null,
        properties: { ports: 48, Maker: 'Glow, Inc.', free: { a: [1, 2] }, code: '007' },
        project: 'apollo',
        revision: 2,
        version: 2,
        updated_at: clock.now(),
      })
      expect(await memory.entity_update({ id, name: 'Big switch' })).toMatchObject({
        outcome: 'unchanged',
        receipt: null,
      })
      expect(await refusalOf(memory.entity_update({ id, set: ['ports=1', 'Ports=2'] }))).toMatchObject({
        code: 'INVALID_INPUT',
        message: 'set: "ports" and "Ports" are one property, given twice. Give it once.',
      })
      expect((await refusalOf(memory.entity_get({ id: 'Switch' }))).code).toBe('NOT_FOUND')
      await memory.undo({ receipt: updated.receipt! })
      expect(await digestOf(memory)).toBe(before)
      expect((await memory.entity_get({ id: 'Switch' })).properties).toEqual({
        ports: 24,
        Maker: 'Lumen',
        note: 'x',
      })
      await expectSound(store)
    })

    it('refuses the name of another one, a revision that is over, and what is no property', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { a, b } = await things(memory, 'component', ['a', 'b'])
      const taken = await refusalOf(memory.entity_update({ id: b!, name: 'A' }))
      expect(taken).toMatchObject({ code: 'DUPLICATE' })
      expect(taken.message).toContain(a)
      await memory.entity_update({ id: b!, set: ['x=1'] })
      expect(await refusalOf(memory.entity_update({ id: b!, set: ['x=2'], if_revision: 1 }))).toMatchObject({
        code: 'CONFLICT',
      })
      for (const wrong of [
        { set: ['x'] },
        { set: ['=1'] },
        { unset: ['y'] },
        { set: [`x=${'y'.repeat(9000)}`] },
        { id: UNKNOWN },
      ]) {
        const { code } = await refusalOf(memory.entity_update({ id: b!, ...wrong }))
        expect(code).toBe('id' in wrong ? 'NOT_FOUND' : 'INVALID_INPUT')
      }
      await memory.forget({ id: b! })
      expect(await refusalOf(memory.entity_update({ id: b!, set: ['x=3'] }))).toMatchObject({
        code: 'ILLEGAL_TRANSITION',
      })
      await expectSound(store)
    })

    it('is not for agents where people review, and lowers trust where an agent says it', async () => {
      await using store = await engine.open({ actor: 'agent' })
      const { memory } = store
      const { id } = await memory.entity_create({ type: 'component', name: 'Switch', project: 'closed' })
      await store.raw(`update entities set trust = 'stated'`)
      expect(await memory.entity_update({ id, add_aliases: ['GS'] })).toMatchObject({ trust: 'stated' })
      expect(await memory.entity_update({ id, set: ['ports=1'] })).toMatchObject({ trust: 'inferred' })
      await memory.remember({ content: 'y', project: 'closed' })
      await store.raw(`update projects set settings = '{"review":"agents"}' where name = 'closed'`)
      expect(await refusalOf(memory.entity_update({ id, set: ['ports=2'] }))).toMatchObject({
        code: 'ACCESS_DENIED',
      })
    })

    it('opens a conflict where a memory claims another value, and tells it', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.entity_create({
        type: 'service',
        name: 'gateway',
        properties: { port: 8080 },
      })
      const slot = { subject: 'gateway', attribute: 'port', value: '8080' }
      const said = await memory.remember({ content: 'gateway: 8080', slot })
      expect(said.conflict).toBeNull()
      const updated = await memory.entity_update({ id, set: ['port=9090'] })
      expect(updated.conflict?.members.map(({ value }) => value).sort()).toEqual(['8080', '9090'])
      expect(updated.notices.join()).toContain('heirloom resolve')
      expect((await memory.entity_get({ id })).contested).toBe(updated.conflict?.id)
      await memory.undo({ receipt: updated.receipt! })
      expect((await memory.entity_get({ id })).contested).toBeNull()
      await expectSound(store)
    })

    it('tells where a name leads to another entity of the project, too', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.entity_create({ type: 'person', name: 'Mercury' })
      const other = await memory.entity_create({ type: 'system', name: 'Probe', aliases: ['mercury'] })
      expect(other.notices.join()).toContain(`heirloom entity merge ${other.id} --into ${id}`)
    })

    it('leaves every earlier version to be read', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const { id } = await memory.entity_create({
        type: 'component',
        name: 'Switch',
        properties: { ports: 1 },
      })
      const times = [clock.now()]
      for (const ports of [2, 3]) {
        clock.advance(1000)
        await memory.entity_update({ id, set: [`ports=${ports}`], ...(ports === 3 ? { name: 'Hub' } : {}) })
        times.push(clock.now())
      }
      clock.advance(1000)
      const { receipt } = await memory.forget({ id })
      const shown = async (as_of: string) => {
        const { name, properties, status, version } = await memory.entity_get({ id, as_of })
        return [name, properties.ports, status, version]
      }
      expect(await shown(times[0]!)).toEqual(['Switch', 1, 'active', 1])
      expect(await shown(times[1]!)).toEqual(['Switch', 2, 'active', 2])
      expect(await shown(times[2]!)).toEqual(['Hub', 3, 'active', 3])
      expect(await shown(clock.now())).toEqual(['Hub', 3, 'retired', 4])
      expect((await memory.entity_get({ id, as_of: times[0]! })).notices.join()).toContain('present only')
      expect(await refusalOf(memory.entity_get({ id, as_of: '2025-12-31' }))).toMatchObject({
        code: 'NOT_FOUND',
      })
      clock.advance(1000)
      await memory.undo({ receipt: receipt! })
      expect(await shown(times[2]!)).toEqual(['Hub', 3, 'active', 3])
      await store.raw(`delete from journal_payloads where sequence = 2`)
      const erased = await refusalOf(memory.entity_get({ id, as_of: times[0]! }))
      expect(erased.message).toContain('erased')
    })
  })
}
