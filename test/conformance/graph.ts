import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { namesOf, refusalOf, related, sentencesOf, station } from '../kit/things.ts'

export function graphing(engine: TestEngine): void {
  describe('graph', () => {
    it('what an entity contains, and what that contains', async () => {
      await using store = await engine.open()
      await station(store)
      const graph = await store.memory.graph_contents({ id: 'Site' })
      expect(namesOf(graph)).toEqual(expect.arrayContaining(['Rack A', 'Rack B', 'Switch', 'Fan']))
      expect(graph.nodes).toHaveLength(5)
      expect(graph.nodes.map(({ distance }) => distance)).toEqual([0, 1, 1, 2, 2])
      expect(sentencesOf(graph)).toEqual([
        'Rack A / contains / Fan',
        'Rack A / contains / Switch',
        'Site / contains / Rack A',
        'Site / contains / Rack B',
      ])
      expect(graph).toMatchObject({ cut: null, notices: [] })
      expect((await store.memory.graph_contents({ id: 'Fan' })).nodes).toHaveLength(1)
    })

    it('where an entity is used', async () => {
      await using store = await engine.open()
      await station(store)
      expect(sentencesOf(await store.memory.graph_usage({ id: 'Switch', depth: 1 }))).toEqual(
        expect.arrayContaining(['Rack A / contains / Switch', 'Telemetry / depends_on / Switch']),
      )
      const whole = await store.memory.graph_usage({ id: 'Switch' })
      expect(namesOf(whole).sort()).toEqual(['Archive', 'Rack A', 'Router', 'Site', 'Telemetry'])
      // Not what the rack contains beside it, nor what its decisions rest on.
      expect(sentencesOf(whole)).toHaveLength(5)
      expect(namesOf(await store.memory.graph_usage({ id: 'Air is dry' }))).toEqual(['Cool by air'])
    })

    it('what interfaces with an entity, whichever of the two was named first', async () => {
      await using store = await engine.open()
      await station(store)
      for (const [id, other] of [
        ['Switch', 'Router'],
        ['Router', 'Switch'],
      ])
        expect(namesOf(await store.memory.graph_interfaces({ id: id! }))).toEqual([other])
      await related(store.memory, ['Router / interfaces_with / Fan'])
      const near = await store.memory.graph_interfaces({ id: 'Switch' })
      expect(near).toMatchObject({ cut: 'depth', notices: [expect.stringContaining('--depth')] })
      expect(namesOf(near)).toEqual(['Router'])
      expect(namesOf(await store.memory.graph_interfaces({ id: 'Switch', depth: 2 }))).toEqual([
        'Router',
        'Fan',
      ])
    })

    it('which decisions affect an entity, also through what contains it', async () => {
      await using store = await engine.open()
      const ids = await station(store)
      const decisions = async (id: string) => {
        const { nodes } = await store.memory.graph_decisions({ id })
        return nodes.flatMap(({ name, type }) => (type === 'decision' ? [name] : [])).sort()
      }
      expect(await decisions('Switch')).toEqual(['Buy used', 'Cool by air', 'One switch a rack'])
      expect(await decisions('Rack A')).toEqual(['Buy used', 'Cool by air'])
      expect(await decisions('Rack B')).toEqual(['Buy used'])
      expect(await decisions('Router')).toEqual([])
      const graph = await store.memory.graph_decisions({ id: 'Switch' })
      // The wholes through which they come, and nothing else: no requirement.
      expect(sentencesOf(graph)).toEqual([
        'Rack A / affected_by_decision / Cool by air',
        'Rack A / contains / Switch',
        'Site / constrained_by / Buy used',
        'Site / contains / Rack A',
        'Switch / affected_by_decision / One switch a rack',
      ])
      await store.memory.supersede({ id: ids['Cool by air']!, by: ids['Buy used']! })
      expect(await decisions('Rack A')).toEqual(['Buy used'])
    })

    it('on which assumptions an entity is based, through decisions, also on what contains it', async () => {
      await using store = await engine.open()
      await station(store)
      const { memory } = store
      const graph = await memory.graph_assumptions({ id: 'Switch' })
      // The site is constrained by a decision that rests on nothing, and the rack's own assumptions are the rack's.
      expect(sentencesOf(graph)).toEqual([
        'Cool by air / based_on_assumption / Air is dry',
        'One switch a rack / based_on_assumption / Two users at most',
        'Rack A / affected_by_decision / Cool by air',
        'Rack A / contains / Switch',
        'Switch / affected_by_decision / One switch a rack',
        'Switch / based_on_assumption / Parts are sold on',
      ])
      expect(graph).toMatchObject({ cut: null, notices: [] })
      expect(graph.nodes.map(({ name, distance }) => `${distance} ${name}`)).toEqual([
        '0 Switch',
        '1 Rack A',
        '1 One switch a rack',
        '1 Parts are sold on',
        '2 Cool by air',
        '2 Two users at most',
        '3 Air is dry',
      ])
      const fan = await memory.graph_assumptions({ id: 'Fan' })
      expect(namesOf(fan)).toEqual(['Rack A', 'Cool by air', 'Air is dry'])
      const near = await memory.graph_assumptions({ id: 'Switch', depth: 2 })
      expect(near).toMatchObject({ cut: 'depth' })
      expect(sentencesOf(near)).toEqual([
        'One switch a rack / based_on_assumption / Two users at most',
        'Switch / affected_by_decision / One switch a rack',
        'Switch / based_on_assumption / Parts are sold on',
      ])
      const few = await memory.graph_assumptions({ id: 'Switch', limit: 5 })
      expect(few).toMatchObject({ cut: 'nodes' })
      expect(few.nodes.length).toBeLessThanOrEqual(5)
      await related(memory, [
        'Rack A / based_on_assumption / Parts are sold on',
        'Site / based_on_assumption / Two users at most',
      ])
      expect(namesOf(await memory.graph_assumptions({ id: 'Fan' }))).toEqual(namesOf(fan))
      await related(memory, [
        'Rack A / affected_by_decision / Buy used',
        'Air is dry / based_on_assumption / Two users at most',
      ])
      expect(sentencesOf(await memory.graph_assumptions({ id: 'Rack A' }))).toEqual([
        'Air is dry / based_on_assumption / Two users at most',
        'Cool by air / based_on_assumption / Air is dry',
        'Rack A / affected_by_decision / Cool by air',
        'Rack A / based_on_assumption / Parts are sold on',
      ])
    })

    it('what is no longer, or not yet agreed, counts only when it is asked for', async () => {
      await using store = await engine.open({ actor: 'person' })
      const ids = await station(store)
      const { memory, clock } = store
      const inside = async (all = false) => namesOf(await memory.graph_contents({ id: 'Rack A', all })).sort()
      await memory.forget({ id: ids.Fan! })
      await memory.entity_create({ type: 'component', name: 'Lamp', project: 'station', candidate: true })
      await memory.entity_create({
        type: 'component',
        name: 'Door',
        project: 'station',
        valid_until: '2026-02-01',
      })
      await memory.entity_create({ type: 'component', name: 'Bolt', project: 'station' })
      await related(memory, ['Rack A / contains / Lamp', 'Rack A / contains / Door'])
      await memory.relate({ source: 'Rack A', type: 'contains', target: 'Bolt', valid_until: '2026-02-01' })
      expect(await inside()).toEqual(['Bolt', 'Door', 'Switch'])
      clock.advance(60 * 24 * 60 * 60 * 1000)
      expect(await inside()).toEqual(['Switch'])
      expect(await inside(true)).toEqual(['Bolt', 'Door', 'Fan', 'Lamp', 'Switch'])
      await memory.unrelate({ source: 'Rack A', type: 'contains', target: 'Switch' })
      expect(await inside()).toEqual([])
      const graph = await memory.graph_contents({ id: 'Rack A', all: true })
      expect(graph.edges.find(({ target }) => target === ids.Switch)).toMatchObject({ status: 'retired' })
      expect(graph.nodes.find(({ id }) => id === ids.Fan)).toMatchObject({ state: 'retired' })
    })
  })
  lacking(engine)
}

function lacking(engine: TestEngine): void {
  describe('graph: what is lacking', () => {
    const namesIn = ({ results }: { results: readonly { name: string | null }[] }) =>
      results.map(({ name }) => name).sort()

    it('requirements that nothing satisfies', async () => {
      await using store = await engine.open({ actor: 'person' })
      const ids = await station(store)
      const { memory } = store
      expect(await memory.graph_orphans({})).toMatchObject({ looked_at: 3, cursor: null, truncated: false })
      expect(namesIn(await memory.graph_orphans({}))).toEqual(['Log each pass'])
      // What satisfied it is gone, or was only proposed.
      await memory.forget({ id: ids.Fan! })
      await memory.relate({ source: 'Router', type: 'satisfies', target: 'Log each pass', candidate: true })
      expect(namesIn(await memory.graph_orphans({ project: 'station' }))).toEqual([
        'Log each pass',
        'Stay below 30 C',
      ])
      await memory.unrelate({ source: 'Switch', type: 'satisfies', target: 'Serve two users' })
      expect(namesIn(await memory.graph_orphans({}))).toHaveLength(3)
      const pages = [await memory.graph_orphans({ limit: 2 })]
      pages.push(await memory.graph_orphans({ limit: 2, cursor: pages[0]!.cursor! }))
      expect(pages.map(({ results }) => results.length)).toEqual([2, 1])
      expect(pages.map(({ truncated }) => truncated)).toEqual([true, false])
      expect(namesIn({ results: pages.flatMap(({ results }) => results) })).toHaveLength(3)
      expect(await refusalOf(memory.graph_orphans({ project: 'nowhere' }))).toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    it('claims without evidence', async () => {
      await using store = await engine.open({ actor: 'person' })
      await station(store)
      const { memory } = store
      const lacks = async () => namesIn(await memory.graph_unsupported({}))
      expect(await lacks()).toEqual(['The rack is full', 'The switch is fast'])
      const { id } = await memory.remember({ content: 'it took 3 ms' })
      await related(memory, [`The switch is fast / evidenced_by / ${id}`])
      expect(await lacks()).toEqual(['The rack is full'])
      await memory.forget({ id })
      expect(await lacks()).toEqual(['The rack is full', 'The switch is fast'])
      const other = await memory.remember({ content: 'the rack is full, as I saw' })
      const { evidence } = await memory.graduate({ id: other.id, into: 'The rack is full' })
      await memory.unrelate({ source: evidence })
      expect(await lacks()).toEqual(['The switch is fast'])
    })

    it('decisions that rest on what is contested, or does not hold any more', async () => {
      await using store = await engine.open({ actor: 'person' })
      const ids = await station(store)
      const { memory, clock } = store
      const shaky = async () => {
        const { results } = await memory.graph_shaky({})
        return results
          .map(({ name, assumptions }) => [name, assumptions.map(one => [one.name, one.why])])
          .sort()
      }
      expect(await shaky()).toEqual([])
      const { receipt } = await memory.invalidate({ id: ids['Air is dry']! })
      expect(await shaky()).toEqual([['Cool by air', [['Air is dry', 'invalid']]]])
      await related(memory, [
        'Buy used / based_on_assumption / Parts are sold on',
        `Parts are sold on / based_on_assumption / ${ids['Air is dry']}`,
      ])
      expect((await memory.graph_shaky({})).results).toMatchObject([
        { name: 'Buy used', assumptions: [{ name: 'Air is dry', through: [ids['Parts are sold on']] }] },
        { name: 'Cool by air', assumptions: [{ through: [] }] },
      ])
      await memory.undo({ receipt: receipt! })
      expect(await shaky()).toEqual([])
      await memory.entity_update({ id: 'Two users at most', set: ['users=2'] })
      const slot = { subject: 'Two users at most', attribute: 'users', value: '5' }
      const { conflict } = await memory.remember({ content: 'there are 5 users', slot, project: 'station' })
      expect((await memory.graph_shaky({})).results).toMatchObject([
        { name: 'One switch a rack', assumptions: [{ why: 'contested', conflict: conflict!.id }] },
      ])
      await memory.resolve({ id: conflict!.id, dismiss: true, because: 'it is settled' })
      expect(await shaky()).toEqual([])
      await memory.entity_update({ id: 'Air is dry', valid_until: '2026-02-01' })
      await memory.forget({ id: ids['Two users at most']! })
      clock.advance(60 * 24 * 60 * 60 * 1000)
      expect(await shaky()).toEqual([
        ['Buy used', [['Air is dry', 'expired']]],
        ['Cool by air', [['Air is dry', 'expired']]],
        ['One switch a rack', [['Two users at most', 'retired']]],
      ])
    })
  })
}
