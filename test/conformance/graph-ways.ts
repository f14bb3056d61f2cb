import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { namesOf, refusalOf, related, sentencesOf, station, things } from '../kit/things.ts'

export function wayfinding(engine: TestEngine): void {
  showing(engine)
  finding(engine)
}

function showing(engine: TestEngine): void {
  describe('graph: show', () => {
    it('shows both directions, what evidences it, and goes around no circle', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const ids = await things(memory, 'component', ['a', 'b', 'c', 'd'])
      await related(memory, [
        'a / depends_on / b',
        'b / depends_on / c',
        'c / depends_on / a',
        'd / contains / a',
      ])
      const note = (await memory.remember({ content: 'seen' })).id
      await related(memory, [`a / evidenced_by / ${note}`, 'a / updated_by_session / session:s-1'])
      const graph = await memory.graph_show({ id: 'a' })
      expect(graph.nodes.map(({ name, distance }) => [name, distance])).toHaveLength(6)
      expect(graph.edges).toHaveLength(6)
      expect(graph.nodes.find(({ id }) => id === note)).toMatchObject({
        kind: 'memory',
        name: 'seen',
        distance: 1,
      })
      expect(graph.nodes.find(({ kind }) => kind === 'session')).toMatchObject({ id: 's-1' })
      expect(namesOf(await memory.graph_show({ id: note, depth: 1 }))).toEqual(['a'])
      expect(sentencesOf(await memory.graph_show({ id: 'a', types: ['part_of'] }))).toEqual([
        'd / contains / a',
      ])
      expect(await refusalOf(memory.graph_show({ id: 'a', types: ['beside'] }))).toMatchObject({
        code: 'INVALID_INPUT',
      })
      expect(await refusalOf(memory.graph_show({ id: 'nobody' }))).toMatchObject({ code: 'NOT_FOUND' })
      const { mermaid = '' } = await memory.graph_show({ id: 'a', types: ['contains'], mermaid: true })
      expect(mermaid.split('\n')).toEqual([
        'flowchart TD',
        '  n0["a<br/>component"]',
        '  n1["d<br/>component"]',
        '  n1 -->|contains| n0',
      ])
      expect(ids.a).toBe(graph.id)
    })

    it('says where its limits cut', async () => {
      await using store = await engine.open()
      const { memory } = store
      await things(memory, 'component', ['hub', ...Array.from({ length: 12 }, (_, index) => `part ${index}`)])
      await related(
        memory,
        Array.from({ length: 12 }, (_, index) => `hub / contains / part ${index}`),
      )
      const cut = await memory.graph_contents({ id: 'hub', limit: 5 })
      expect(cut).toMatchObject({ cut: 'nodes', notices: [expect.stringContaining('--limit')] })
      expect(cut.nodes).toHaveLength(5)
      expect(cut.edges).toHaveLength(4)
      const exact = await memory.graph_contents({ id: 'hub', limit: 13 })
      expect(exact).toMatchObject({ cut: null, notices: [] })
      expect(exact.nodes).toHaveLength(13)
      await related(
        memory,
        Array.from({ length: 11 }, (_, index) => `part ${index + 1} / depends_on / part ${index}`),
      )
      const shallow = await memory.graph_show({ id: 'part 0', types: ['depends_on'], depth: 3 })
      expect(shallow).toMatchObject({ cut: 'depth' })
      expect(namesOf(shallow)).toEqual(['part 1', 'part 2', 'part 3'])
      expect((await memory.graph_show({ id: 'part 0', types: ['depends_on'], depth: 11 })).cut).toBeNull()
      for (const wrong of [{ depth: 0 }, { depth: 51 }, { limit: 0 }, { limit: 2001 }])
        expect(await refusalOf(memory.graph_show({ id: 'hub', ...wrong }))).toMatchObject({
          code: 'INVALID_INPUT',
        })
    })

    it('shows nothing of what is somebody else’s', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { secret } = await things(memory, 'component', ['open', 'secret', 'beyond'])
      await related(memory, ['open / depends_on / secret', 'secret / depends_on / beyond'])
      await otherOwner(store, 'entities', secret!)
      expect(namesOf(await memory.graph_show({ id: 'open', all: true }))).toEqual([])
      const { relationships } = await memory.entity_get({ id: 'open' })
      expect(relationships).toMatchObject([{ ends: [{ end: { id: secret, name: null, state: 'hidden' } }] }])
      expect(await refusalOf(memory.entity_get({ id: secret! }))).toMatchObject({ code: 'NOT_FOUND' })
      const changes = await memory.graph_changes({ id: 'open', since: '2025-01-01' })
      expect(JSON.stringify(changes)).not.toContain('“secret”')
      expect(changes.neighbours).toEqual([])
      expect(await memory.graph_path({ from: 'open', to: 'beyond' })).toMatchObject({
        length: null,
        nodes: [],
      })
    })
  })
}

function finding(engine: TestEngine): void {
  describe('graph: ways and changes', () => {
    it('finds the shortest way, either way round', async () => {
      await using store = await engine.open({ actor: 'person' })
      const ids = await station(store)
      const { memory } = store
      const way = async (from: string, to: string, also = {}) => {
        const { nodes, length } = await memory.graph_path({ from, to, ...also })
        return [nodes.map(({ name }) => name).join(' > '), length]
      }
      expect(await way('Archive', 'Fan')).toEqual(['Archive > Telemetry > Switch > Rack A > Fan', 4])
      expect(await way('Fan', 'Archive')).toEqual(['Fan > Rack A > Switch > Telemetry > Archive', 4])
      expect(await way('Switch', 'Switch')).toEqual(['Switch', 0])
      expect(await way('Archive', 'Air is dry')).toEqual([
        'Archive > Telemetry > Switch > Rack A > Cool by air > Air is dry',
        5,
      ])
      expect(await way('Archive', 'Site', { types: ['depends_on', 'part_of'] })).toEqual([
        'Archive > Telemetry > Switch > Rack A > Site',
        4,
      ])
      const path = await memory.graph_path({ from: 'Archive', to: 'Switch', mermaid: true })
      expect(path.edges).toMatchObject([
        { type: 'depends_on', source: ids.Archive, target: ids.Telemetry },
        { type: 'depends_on', source: ids.Telemetry, target: ids.Switch },
      ])
      expect(path.mermaid).toContain('flowchart TD')
      await memory.relate({ source: 'Archive', type: 'depends_on', target: 'Fan' })
      expect(await way('Archive', 'Fan')).toEqual(['Archive > Fan', 1])
    })

    it('says why there is none', async () => {
      await using store = await engine.open({ actor: 'person' })
      const ids = await station(store)
      const { memory } = store
      const none = await memory.graph_path({ from: 'Archive', to: 'The rack is full' })
      expect(none).toMatchObject({ length: null, nodes: [], edges: [], cut: null })
      expect(none.notices.join()).toContain('no way')
      const deep = await memory.graph_path({ from: 'Archive', to: 'Fan', depth: 3 })
      expect(deep).toMatchObject({
        length: null,
        cut: 'depth',
        notices: [expect.stringContaining('--depth')],
      })
      expect((await memory.graph_path({ from: 'Archive', to: 'Fan', depth: 4 })).length).toBe(4)
      const narrow = await memory.graph_path({ from: 'Archive', to: 'Air is dry', limit: 4 })
      expect(narrow).toMatchObject({
        length: null,
        cut: 'nodes',
        notices: [expect.stringContaining('--limit')],
      })
      await memory.forget({ id: ids.Telemetry! })
      expect(await memory.graph_path({ from: 'Archive', to: 'Fan' })).toMatchObject({
        length: null,
        cut: null,
      })
      expect((await memory.graph_path({ from: 'Archive', to: 'Fan', all: true })).length).toBe(4)
    })

    it('tells what changed around an entity since a time', async () => {
      await using store = await engine.open({ actor: 'person' })
      const ids = await station(store)
      const { memory, clock } = store
      clock.advance(60_000)
      const since = clock.now()
      const told = async () => {
        const { entries } = await memory.graph_changes({ id: 'Switch', since })
        return entries.map(({ operation, about }) => [operation, about])
      }
      expect(await told()).toEqual([])
      await memory.entity_update({ id: 'Switch', set: ['ports=24'] })
      await memory.entity_update({ id: 'Router', set: ['ports=4'], note: 'counted' })
      // Two away, and beside it: not around it.
      await memory.entity_update({ id: 'Archive', set: ['x=1'] })
      await memory.entity_update({ id: 'Fan', set: ['x=1'] })
      await memory.unrelate({ source: 'Telemetry', type: 'depends_on', target: 'Switch' })
      await memory.forget({ id: ids['Rack A']! })
      expect(await told()).toEqual([
        ['forget', 'component “Rack A”'],
        ['unrelate', '“Telemetry” depends_on “Switch”'],
        ['entity_update', 'component “Router”'],
        ['entity_update', 'component “Switch”'],
      ])
      const cut = await memory.graph_changes({ id: 'Switch', since, limit: 3 })
      expect(cut.entries).toHaveLength(3)
      expect(cut.truncated).toBe(true)
      expect(
        (await memory.graph_changes({ id: 'Switch', since: '2025-01-01', limit: 100 })).entries.length,
      ).toBeGreaterThan(10)
      expect(await refusalOf(memory.graph_changes({ id: 'Switch', since: 'lately' }))).toMatchObject({
        code: 'INVALID_INPUT',
      })
    })
  })
}

/** Another user's from now on. */
async function otherOwner({ raw }: TestStore, table: string, id: string): Promise<void> {
  const other = '01900000-0000-7000-8000-0000000000ee'
  const [user = {}] = await raw('select * from users')
  const columns = Object.keys(user)
  const own: Record<string, string> = { id: `'${other}'`, handle: `'somebody-else'` }
  const values = columns.map(column => own[column] ?? column).join(', ')
  await raw(`insert into users (${columns.join(', ')}) select ${values} from users`)
  await raw(`update ${table} set owner_user_id = '${other}' where id = '${id}'`)
}
