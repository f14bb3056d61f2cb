import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf, related, sentencesOf, things } from '../kit/things.ts'

/** Two entities that are one, among others. */
async function doubles({ memory }: TestStore) {
  const switched = await memory.entity_create({
    type: 'component',
    name: 'GS-24',
    aliases: ['switch', 'the grey one'],
    description: 'Grey.',
    properties: { ports: 24, Colour: 'grey', Maker: ' lumen ' },
    project: 'apollo',
  })
  const gigabit = await memory.entity_create({
    type: 'component',
    name: 'Gigabit switch',
    aliases: ['the grey one'],
    properties: { ports: 48, maker: 'Lumen' },
    project: 'apollo',
  })
  await things(memory, 'component', ['Rack', 'Fan', 'Site'], { project: 'apollo' })
  await related(memory, [
    'GS-24 / part_of / Rack',
    'GS-24 / contains / Fan',
    'GS-24 / interfaces_with / Site',
    'GS-24 / depends_on / Gigabit switch',
    'Rack / contains / Gigabit switch',
  ])
  return { source: switched.id, target: gigabit.id }
}

export function merging(engine: TestEngine): void {
  describe('entities: merge', () => {
    it('is planned without a change, and then done as planned', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      const { source, target } = await doubles(store)
      const before = await digestOf(memory)
      const plan = await memory.entity_merge({ id: 'gs-24', into: 'gigabit switch', plan: true })
      expect(await digestOf(memory)).toBe(before)
      expect(plan).toMatchObject({
        outcome: 'planned',
        receipt: null,
        source: { id: source, name: 'GS-24' },
        target: { id: target, name: 'Gigabit switch' },
        aliases_gained: ['GS-24', 'switch'],
        description_gained: true,
        properties_gained: [{ property: 'Colour', value: 'grey' }],
        properties_overruled: [{ property: 'ports', kept: 48, dropped: 24 }],
        notices: [],
      })
      const sentences = (all: typeof plan.relationships_moved) =>
        all.map(({ type, source: from, target: to }) => `${from.name} ${type} ${to.name}`).sort()
      const moved = sentences(plan.relationships_moved)
      expect(moved).toHaveLength(2)
      expect(moved[0]).toBe('GS-24 contains Fan')
      expect(moved[1]).toContain('interfaces_with')
      expect(plan.relationships_dropped.map(({ type, why }) => [type, why]).sort()).toEqual([
        ['contains', 'twin'],
        ['depends_on', 'loop'],
      ])
      clock.advance(1000)
      const merged = await memory.entity_merge({ id: source, into: target, note: 'one thing' })
      expect(merged).toMatchObject({ ...plan, outcome: 'merged', receipt: expect.any(String) })
      expect(await memory.entity_get({ id: source })).toMatchObject({
        status: 'superseded',
        superseded_by: target,
      })
      const kept = await memory.entity_get({ id: 'the grey one' })
      expect(kept).toMatchObject({
        id: target,
        aliases: ['the grey one', 'GS-24', 'switch'],
        description: 'Grey.',
        properties: { ports: 48, maker: 'Lumen', Colour: 'grey' },
        revision: 2,
      })
      expect(sentencesOf(await memory.graph_show({ id: target, depth: 1 }))).toEqual(
        expect.arrayContaining(['Gigabit switch / contains / Fan', 'Rack / contains / Gigabit switch']),
      )
      const { entries } = await memory.journal({ operation: 'entity_merge', limit: 100 })
      expect(entries.map(({ subject_kind }) => subject_kind).sort()).toEqual([
        'entity',
        'entity',
        'relationship',
        'relationship',
        'relationship',
        'relationship',
      ])
      await expectSound(store)
      const undone = await memory.undo({ receipt: merged.receipt! })
      expect(await digestOf(memory)).toBe(before)
      expect((await memory.entity_get({ id: 'gs-24' })).id).toBe(source)
      await memory.undo({ receipt: undone.receipt! })
      expect((await memory.entity_get({ id: 'gs-24' })).id).toBe(target)
      await expectSound(store)
    })

    it('can prefer what the one that goes has', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { source, target } = await doubles(store)
      const merged = await memory.entity_merge({ id: source, into: target, prefer: 'source' })
      expect(merged.properties_overruled).toEqual([{ property: 'ports', kept: 24, dropped: 48 }])
      expect((await memory.entity_get({ id: target })).properties).toEqual({
        ports: 24,
        maker: 'Lumen',
        Colour: 'grey',
      })
      await expectSound(store)
    })

    it('takes what is claimed of either along: what was settled apart contradicts itself then', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const a = await memory.entity_create({ type: 'service', name: 'gateway' })
      const b = await memory.entity_create({ type: 'service', name: 'edge proxy' })
      const claim = (subject: string, value: string) =>
        memory.remember({ content: `${subject}: port ${value}`, slot: { subject, attribute: 'port', value } })
      expect((await claim('gateway', '8080')).conflict).toBeNull()
      expect((await claim('edge proxy', '9090')).conflict).toBeNull()
      const before = await digestOf(memory)
      const merged = await memory.entity_merge({ id: b.id, into: a.id })
      const { conflicts } = await memory.conflicts({})
      expect(conflicts).toHaveLength(1)
      expect(conflicts[0]?.members.map(({ value }) => value).sort()).toEqual(['8080', '9090'])
      await expectSound(store)
      await memory.undo({ receipt: merged.receipt! })
      expect((await memory.conflicts({})).conflicts).toEqual([])
      expect(await digestOf(memory)).toBe(before)
      await expectSound(store)
    })

    it('moves mentions along with the names', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { source, target } = await doubles(store)
      const { id } = await memory.remember({ content: 'The GS-24 hums', project: 'apollo' })
      const mentioned = async () => (await memory.get({ id })).mentions.map(one => one.id)
      expect(await mentioned()).toEqual([source])
      const { receipt } = await memory.entity_merge({ id: source, into: target })
      expect(await mentioned()).toEqual([target])
      await memory.undo({ receipt: receipt! })
      expect(await mentioned()).toEqual([source])
    })

    it('keeps the graduated memories of both', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.remember({ content: 'The gate is green' })
      const graduated = await memory.graduate({ id, type: 'component', name: 'Gate' })
      const { Door: door } = await things(memory, 'component', ['Door'])
      await memory.entity_merge({ id: 'gate', into: 'door' })
      expect((await memory.get({ id })).graduated_to_entity_id).toBe(graduated.entity.id)
      expect((await memory.entity_get({ id: door! })).relationships).toMatchObject([
        { type: 'evidenced_by', direction: 'from', ends: [{ end: { id } }] },
      ])
      await expectSound(store)
    })

    it('refuses what is one already, of another type, not agreed, or would contain itself', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { a, b, c } = await things(memory, 'component', ['a', 'b', 'c'])
      const { s } = await things(memory, 'service', ['s'])
      const before = await digestOf(memory)
      for (const into of [a!, 'A'])
        expect(await refusalOf(memory.entity_merge({ id: 'a', into }))).toMatchObject({
          code: 'INVALID_INPUT',
        })
      const types = await refusalOf(memory.entity_merge({ id: s!, into: a! }))
      expect(types.code).toBe('INVALID_INPUT')
      for (const word of ['service', 'component', '--force']) expect(types.message).toContain(word)
      expect(await refusalOf(memory.entity_merge({ id: 'nobody', into: 'a' }))).toMatchObject({
        code: 'NOT_FOUND',
      })
      expect(await digestOf(memory)).toBe(before)
      await related(memory, ['a / contains / c', 'c / contains / b'])
      const circle = await refusalOf(memory.entity_merge({ id: b!, into: a! }))
      expect(circle.code).toBe('INVALID_INPUT')
      expect(circle.message).toContain('Nothing can contain itself')
      expect((await memory.entity_get({ id: b! })).status).toBe('active')
      await memory.forget({ id: c! })
      expect(await refusalOf(memory.entity_merge({ id: c!, into: a! }))).toMatchObject({
        code: 'ILLEGAL_TRANSITION',
      })
      const candidate = await memory.entity_create({ type: 'component', name: 'd', candidate: true })
      expect((await refusalOf(memory.entity_merge({ id: 'a', into: candidate.id }))).message).toContain(
        'heirloom promote',
      )
      expect(await memory.entity_merge({ id: s!, into: a!, force: true })).toMatchObject({
        outcome: 'merged',
      })
      await expectSound(store)
    })

    it('foresees in the plan that one would contain itself, whichever is the whole', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { a, b } = await things(memory, 'component', ['a', 'b', 'c', 'd'])
      await related(memory, ['a / contains / c', 'c / contains / d', 'd / contains / b', 'a / contains / b'])
      for (const [id, into] of [
        [a!, b!],
        [b!, a!],
      ] as const) {
        const before = await digestOf(memory)
        const planned = await refusalOf(memory.entity_merge({ id, into, plan: true }))
        expect(planned.code).toBe('INVALID_INPUT')
        expect(planned.message).toContain('itself: “a” contains “c” contains “d” contains “b”')
        expect(await refusalOf(memory.entity_merge({ id, into }))).toEqual(planned)
        expect(await digestOf(memory)).toBe(before)
      }
      // What leads from the one to the other straight away ends with the merge.
      await memory.unrelate({ source: 'c', type: 'contains', target: 'd' })
      const plan = await memory.entity_merge({ id: b!, into: a!, plan: true })
      expect(plan.relationships_dropped).toMatchObject([{ type: 'contains', why: 'loop' }])
      expect((await memory.entity_merge({ id: b!, into: a! })).outcome).toBe('merged')
      await expectSound(store)
    })

    it('of two projects is told', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await things(memory, 'component', ['a'], { project: 'apollo' })
      await things(memory, 'component', ['b'], { project: 'hermes' })
      const { notices } = await memory.entity_merge({ id: 'a', into: 'b' })
      expect(notices.join()).toMatch(/apollo and hermes/)
    })

    it('leaves what was taken away with what it was said of', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { a, b } = await things(memory, 'component', ['a', 'b', 'c'])
      const [first = ''] = await related(memory, ['a / contains / c'])
      await memory.unrelate({ source: first })
      await memory.entity_merge({ id: a!, into: b! })
      expect(await store.raw(`select source_id, status from relationships`)).toMatchObject([
        { source_id: a, status: 'retired' },
      ])
      await memory.restore({ id: first })
      await expectSound(store)
    })
  })
}
