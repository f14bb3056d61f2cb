import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming, entityWith, openConflicts, updated, valuesOf } from '../kit/slots.ts'

export function contradictingProperties(engine: TestEngine): void {
  describe('conflicts with a property of an entity', () => {
    it('open with the property, by name or alias, and close with it', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory } = store
      const said = (await memory.remember(claiming('8080', { subject: 'API gateway' }))).id
      const also = (await memory.remember(claiming('9090', { subject: 'front door' }))).id
      expect(await openConflicts(memory)).toEqual([])
      const entity = await entityWith(store, { name: 'API Gateway', properties: { port: 8080 } })
      expect(await openConflicts(memory)).toEqual([])
      // Two subjects become one.
      await updated(store, entity, { aliases: ['front door'] })
      const [open] = await openConflicts(memory)
      expect(open?.members.map(({ kind, id, value }) => [kind, id, value]).sort()).toEqual(
        [
          ['entity', entity, '8080'],
          ['memory', also, '9090'],
          ['memory', said, '8080'],
        ].sort(),
      )
      const { members } = await memory.conflict({ id: open?.id ?? '' })
      expect(members.find(({ kind }) => kind === 'entity')).toMatchObject({
        entity: { name: 'API Gateway', property: 'port' },
        claims_it: true,
        status: 'active',
      })
      await updated(store, entity, { aliases: [] })
      expect(await openConflicts(memory)).toEqual([])
      await updated(store, entity, { properties: { port: 7070 } })
      expect(valuesOf((await openConflicts(memory))[0] ?? null)).toEqual(['7070', '8080'])
      await updated(store, entity, { properties: { Port: '8,080' } })
      expect(await openConflicts(memory)).toEqual([])
      await expectSound(store)
    })

    it('are found by the operations on entities, and by a merge that makes two subjects one', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.remember(claiming('8080', { subject: 'API gateway' }))
      const about = { type: 'service', project: 'apollo' }
      const made = await memory.entity_create({ ...about, name: 'API Gateway', properties: { port: 9090 } })
      expect(valuesOf(made.conflict)).toEqual(['8080', '9090'])
      const same = await memory.entity_update({ id: made.id, set: ['port=8080'] })
      expect(same.conflict).toBeNull()
      expect(await openConflicts(memory)).toEqual([])
      const other = await memory.entity_create({ ...about, name: 'Front door' })
      await memory.remember(claiming('7070', { subject: 'front door' }))
      expect(await openConflicts(memory)).toEqual([])
      const before = (await memory.digest({})).digest
      const { receipt } = await memory.entity_merge({ id: other.id, into: made.id })
      expect(valuesOf((await openConflicts(memory))[0] ?? null)).toEqual(['7070', '8080', '8080'])
      await memory.undo({ receipt: receipt ?? '' })
      expect((await memory.digest({})).digest).toBe(before)
      expect(await openConflicts(memory)).toEqual([])
      await expectSound(store)
    })

    it('the entity wins: the memory is superseded, and a relationship leads to it', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory } = store
      const entity = await entityWith(store, { name: 'gateway', properties: { port: 8080 } })
      const { id, conflict } = await memory.remember(claiming('9090'))
      const before = (await memory.digest({})).digest
      const resolved = await memory.resolve({ id: conflict?.id ?? '', winner: entity })
      expect(resolved).toMatchObject({ winner: entity, superseded: [id], changed: [] })
      expect(await memory.get({ id })).toMatchObject({ status: 'superseded', superseded_by: null })
      expect(
        await store.raw(
          'select type, source_kind, source_id, target_kind, target_id, status from relationships',
        ),
      ).toEqual([
        {
          type: 'summarized_in',
          source_kind: 'memory',
          source_id: id,
          target_kind: 'entity',
          target_id: entity,
          status: 'active',
        },
      ])
      await memory.undo({ receipt: resolved.receipt ?? '' })
      expect((await memory.digest({})).digest).toBe(before)
      await expectSound(store)
    })

    it('the memory wins: the entity lives on, and its property takes the value', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory } = store
      const entity = await entityWith(store, { name: 'gateway', properties: { port: 8080, owner: 'Ada' } })
      const { id, conflict } = await memory.remember(claiming('9090'))
      const before = (await memory.digest({})).digest
      store.clock.advance(1000)
      const resolved = await memory.resolve({ id: conflict?.id ?? '', winner: id })
      expect(resolved).toMatchObject({ superseded: [], changed: [{ id: entity, property: 'port' }] })
      const [row] = await store.raw(`select properties, revision, version, status from entities`)
      expect({ ...row, properties: JSON.parse(String(row?.properties)) }).toEqual({
        properties: { port: 9090, owner: 'Ada' },
        revision: 2,
        version: 2,
        status: 'active',
      })
      expect(await openConflicts(memory)).toEqual([])
      // What each claimed stays to be seen, with what it came to say.
      const { members } = await memory.conflict({ id: conflict?.id ?? '' })
      const recorded_at = (await memory.entity_get({ id: entity })).recorded_at
      expect(members.find(member => member.id === entity)).toMatchObject({
        value: '8080',
        value_now: '9090',
        trust: 'stated',
        said_at: recorded_at,
        claims_it: true,
      })
      expect(members.find(member => member.id === id)).toMatchObject({ value: '9090', value_now: null })
      const [listed] = (await memory.conflicts({ status: 'resolved' })).conflicts
      expect(valuesOf(listed ?? null)).toEqual(valuesOf({ members }))
      await memory.undo({ receipt: resolved.receipt ?? '' })
      expect((await memory.digest({})).digest).toBe(before)
      await expectSound(store)
    })

    it('mean one thing in every spelling and project once a name comes, and their words when it goes', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.entity_create({ type: 'site', name: 'Front door', project: 'hermes' })
      const [{ id: hermes = '' } = {}] = await store.raw(`select id from entities`)
      for (const project of ['apollo', 'hermes', undefined])
        for (const subject of ['front door', 'Front  Door', 'FRONT DOOR'])
          for (const attribute of ['port', 'owner'])
            await memory.remember({
              content: `${subject} ${attribute} ${project}`,
              slot: { subject, attribute, value: '1' },
              ...(project === undefined ? {} : { project }),
            })
      const meant = async () => {
        const rows = await store.raw(
          `select project, slot_subject, count(*) as count from claims group by project, slot_subject order by project`,
        )
        return rows.map(row => [row.project, row.slot_subject, Number(row.count)])
      }
      const before = [
        ['', 'front door', 6],
        ['apollo', 'front door', 6],
        ['hermes', hermes, 6],
      ]
      expect(await meant()).toEqual(before)
      const { id } = await memory.entity_create({ type: 'service', name: 'Gate', aliases: ['front door'] })
      expect(await meant()).toEqual([
        ['', id, 6],
        ['apollo', id, 6],
        ['hermes', hermes, 6],
      ])
      await expectSound(store)
      await memory.entity_update({ id, aliases: [] })
      expect(await meant()).toEqual(before)
      await expectSound(store)
    })

    it('the entity is believed no more than the value that it takes, and than who decided', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const agent = actingAs('agent', store)
      const cases = [
        { name: 'gateway', said: agent, decides: store.memory, trust: 'stated', becomes: 'inferred' },
        { name: 'tower', said: store.memory, decides: store.memory, trust: 'stated', becomes: 'stated' },
        { name: 'lamp', said: agent, decides: agent, trust: 'observed', becomes: 'inferred' },
      ] as const
      for (const { name, said, decides, trust, becomes } of cases) {
        const entity = await entityWith(store, { name, trust, properties: { port: 8080 } })
        const { id, conflict } = await said.remember(
          claiming('9090', { subject: name, content: `the ${name}: 9090` }),
        )
        await decides.resolve({ id: conflict?.id ?? '', winner: id })
        expect(await store.memory.entity_get({ id: entity })).toMatchObject({
          trust: becomes,
          properties: { port: 9090 },
        })
      }
      await expectSound(store)
    })

    it('the memory cannot win where the entity has no room for its value', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory } = store
      const properties = { port: 1, notes: 'x'.repeat(8150) }
      const entity = await entityWith(store, { name: 'gateway', properties })
      const { id, conflict } = await memory.remember(claiming('9'.repeat(100)))
      const before = (await memory.digest({})).digest
      const resolving = memory.resolve({ id: conflict?.id ?? '', winner: id })
      await expect(resolving).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(resolving).rejects.toThrow(`entity update ${entity} --unset`)
      expect((await memory.digest({})).digest).toBe(before)
      await memory.entity_update({ id: entity, unset: ['notes'] })
      await memory.resolve({ id: conflict?.id ?? '', winner: id })
      expect(await openConflicts(memory)).toEqual([])
      await expectSound(store)
    })

    it('end where the property has two spellings from before that was refused, and one is left', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory } = store
      const entity = await entityWith(store, { properties: { Port: 2, port: 1, tier: 'low' } })
      const said = await memory.remember(claiming('3'))
      expect(valuesOf(said.conflict)).toEqual(['1', '3'])
      const before = (await memory.digest({})).digest
      const resolved = await memory.resolve({ id: said.conflict!.id, winner: said.id })
      expect(resolved.changed).toEqual([{ id: entity, property: 'port' }])
      expect((await memory.entity_get({ id: entity })).properties).toEqual({ port: 3, tier: 'low' })
      expect(await openConflicts(memory)).toEqual([])
      await memory.undo({ receipt: resolved.receipt! })
      expect((await memory.digest({})).digest).toBe(before)
      await expectSound(store)
    })

    it('tell which of two spellings to take away where the entity is changed otherwise', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory } = store
      const entity = await entityWith(store, { properties: { Age: 2, age: 1, port: 1 } })
      const said = await memory.remember(claiming('3'))
      const way = `"Age" and "age" are one property, given twice. Give it once`
      const unset = `heirloom entity update ${entity} --unset Age`
      const floor = await memory.remember(claiming('5', { attribute: 'floor' }))
      const calls = [
        () => memory.entity_update({ id: entity, set: ['tier=2'] }),
        () => memory.graduate({ id: floor.id, into: entity }),
      ]
      for (const call of calls) await expect(call()).rejects.toThrow(`properties: ${way}: ${unset}`)
      await expect(memory.resolve({ id: said.conflict!.id, winner: said.id })).rejects.toThrow(
        `${way}. Make room first: ${unset}`,
      )
      const done = await memory.entity_update({ id: entity, unset: ['Age'], set: ['tier=2'] })
      expect(done.properties).toEqual({ port: 1, age: 1, tier: 2 })
      await expectSound(store)
    })
  })
}
