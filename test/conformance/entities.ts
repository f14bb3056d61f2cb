import { describe, expect, it } from 'vitest'
import { ENTITY_LIMITS } from '../../src/model/entity.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf, related, things } from '../kit/things.ts'

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

export function naming(engine: TestEngine): void {
  describe('entities', () => {
    it('are made with all that is said of them, and shown so', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const said = {
        type: 'component',
        name: '  Gigabit \n switch ',
        aliases: 'GS-24, switch, gigabit SWITCH, gs_24',
        description: 'It joins the racks.',
        properties: '{"ports": 24, "maker": {"name": "Lumen"}}',
        project: 'Optics Lab',
        confidence: 0.9,
        valid_from: '2026-01-01',
        valid_until: '2027-01-01',
      }
      const made = await memory.entity_create({ ...said, note: 'agreed' } as never)
      const at = '2026-01-01T00:00:00.000Z'
      const shown = {
        type: 'component',
        name: 'Gigabit switch',
        // Each form of a name once, and none that is the name itself.
        aliases: ['GS-24', 'switch'],
        description: 'It joins the racks.',
        properties: { ports: 24, maker: { name: 'Lumen' } },
        project: 'optics-lab',
        status: 'active',
        trust: 'stated',
        confidence: 0.9,
        valid_from: at,
        valid_until: '2027-01-01T00:00:00.000Z',
        recorded_at: at,
        updated_at: at,
        revision: 1,
        version: 1,
        visibility: 'private',
        shared_with_groups: [],
        superseded_by: null,
      }
      expect(made).toMatchObject({ ...shown, conflict: null, notices: [] })
      expect(await memory.entity_get({ id: made.id })).toMatchObject({
        ...shown,
        relationships: [],
        memories: { total: 0, results: [] },
        graduated_memories: [],
        contested: null,
        notices: [],
      })
      const { entries } = await memory.journal({ subject_id: made.id })
      expect(entries).toMatchObject([
        { operation: 'entity_create', note: 'agreed', before: null, after: shown },
      ])
      await expectSound(store)
    })

    it('are believed by the channel they come through, and wait where somebody must look at them', async () => {
      await using store = await engine.open({ actor: 'agent' })
      const { memory } = store
      await memory.remember({ content: 'x', project: 'open' })
      await memory.remember({ content: 'y', project: 'closed' })
      await store.raw(`update projects set settings = '{"review":"agents"}' where name = 'closed'`)
      const entering: [object, string, string][] = [
        [{}, 'active', 'inferred'],
        [{ candidate: true }, 'candidate', 'inferred'],
        [{ third_party: true }, 'candidate', 'untrusted'],
        [{ project: 'open' }, 'active', 'inferred'],
        [{ project: 'closed' }, 'candidate', 'inferred'],
      ]
      for (const [index, [also, status, trust]] of entering.entries()) {
        const made = await memory.entity_create({ type: 'system', name: `system ${index}`, ...also })
        expect(made, JSON.stringify(also)).toMatchObject({ status, trust })
        expect(made.notices.join().includes('heirloom review')).toBe(status === 'candidate')
      }
      await expectSound(store)
    })

    it('have one name a type and project, whatever its spelling', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.entity_create({
        type: 'component',
        name: 'Gigabit switch',
        project: 'apollo',
      })
      for (const name of ['gigabit switch', 'GIGABIT_SWITCH', 'Gigabit-Switch']) {
        const refused = await refusalOf(memory.entity_create({ type: 'component', name, project: 'Apollo' }))
        expect(refused).toMatchObject({ code: 'DUPLICATE' })
        expect(refused.message).toContain(id)
        expect(refused.message).toContain('Gigabit switch')
      }
      for (const other of [{ type: 'service' }, { project: 'hermes' }, { project: undefined }]) {
        const said = { type: 'component', name: 'Gigabit switch', project: 'apollo', ...other }
        await memory.entity_create(
          Object.fromEntries(Object.entries(said).filter(([, v]) => v !== undefined)) as never,
        )
      }
      await memory.forget({ id })
      expect(
        (await memory.entity_create({ type: 'component', name: 'gigabit switch', project: 'apollo' })).id,
      ).not.toBe(id)
      expect(await refusalOf(memory.restore({ id }))).toMatchObject({ code: 'DUPLICATE' })
      await expectSound(store)
    })

    it('refuse what is no name, no type and no object, and what is too much', async () => {
      await using store = await engine.open()
      const { memory } = store
      const before = await digestOf(memory)
      const wrong: [object, RegExp][] = [
        [{ name: ' ' }, /name: must not be empty/],
        [{ name: 'x'.repeat(201) }, /name: at most 200/],
        [{ type: 'Big Thing' }, /type: a type is/],
        [{ type: '' }, /type: a type is/],
        [{ properties: '[1, 2]' }, /properties: a JSON object/],
        [{ properties: '"text"' }, /properties: a JSON object/],
        [{ properties: 'no json' }, /properties: a JSON object/],
        [{ properties: 12 }, /properties: a JSON object/],
        [{ properties: null }, /properties: a JSON object/],
        [{ properties: { text: 'x'.repeat(ENTITY_LIMITS.propertiesBytes) } }, /at most 8 KiB/],
        [{ properties: { text: 'a\0b' } }, /NUL/],
        [{ properties: { ' ': 1 } }, /a property has a name/],
        [{ properties: { Port: 1, a: 2, ' port': 3 } }, /"Port" and " port" are one property, given twice/],
        [{ aliases: Array.from({ length: 33 }, (_, index) => `a${index}`) }, /at most 32/],
        [{ description: 'ä'.repeat(ENTITY_LIMITS.descriptionBytes / 2 + 1) }, /at most 16 KiB/],
        [{ valid_from: '2026-02-01', valid_until: '2026-01-01' }, /valid_until/],
        [{ confidence: 2 }, /confidence/],
        [{ colour: 'red' }, /unknown argument "colour"/],
      ]
      for (const [also, message] of wrong) {
        const refused = await refusalOf(
          memory.entity_create({ type: 'component', name: 'x', ...also } as never),
        )
        expect(refused, JSON.stringify(also).slice(0, 80)).toMatchObject({ code: 'INVALID_INPUT' })
        expect(refused.message).toMatch(message)
      }
      expect(await digestOf(memory)).toBe(before)
    })

    it('are found by their id, their name and their aliases; several of one name are told apart by project or id', async () => {
      await using store = await engine.open()
      const { memory } = store
      const a = await memory.entity_create({
        type: 'component',
        name: 'Switch',
        aliases: 'GS',
        project: 'apollo',
      } as never)
      const b = await memory.entity_create({ type: 'component', name: 'Switch', project: 'hermes' })
      expect((await memory.entity_get({ id: 'gs' })).id).toBe(a.id)
      expect((await memory.entity_get({ id: a.id.toUpperCase() })).id).toBe(a.id)
      expect((await memory.entity_get({ id: 'switch', project: 'hermes' })).id).toBe(b.id)
      const several = await refusalOf(memory.entity_get({ id: 'switch' }))
      expect(several.code).toBe('INVALID_INPUT')
      for (const part of [a.id, b.id, 'apollo', 'hermes']) expect(several.message).toContain(part)
      const none = await refusalOf(memory.entity_get({ id: 'switchboard' }))
      expect(none).toMatchObject({ code: 'NOT_FOUND' })
      expect(none.message).toContain('Did you mean “Switch”')
      expect(await refusalOf(memory.entity_get({ id: UNKNOWN }))).toMatchObject({ code: 'NOT_FOUND' })
      expect(await refusalOf(memory.entity_get({ id: 'switch', project: 'nowhere' }))).toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    it('tell what they are related to, what mentions them and what they came of', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const ids = await things(memory, 'component', ['Rack', 'Switch', 'Lamp'])
      await related(memory, [
        'Switch / part_of / Rack',
        'Switch / depends_on / Lamp',
        'Lamp / interfaces_with / Switch',
      ])
      for (let index = 0; index < 12; index++)
        await memory.remember({ content: `The switch hums, case ${index}` })
      await memory.remember({ content: 'A switchboard is another thing' })
      const shown = await memory.entity_get({ id: 'Switch' })
      expect(
        shown.relationships.map(({ type, direction, ends }) => [
          type,
          direction,
          ends.map(({ end }) => end.name),
        ]),
      ).toEqual([
        ['contains', 'to', ['Rack']],
        ['interfaces_with', ids.Switch! < ids.Lamp! ? 'from' : 'to', ['Lamp']],
        ['depends_on', 'from', ['Lamp']],
      ])
      expect(shown.memories.total).toBe(12)
      expect(shown.memories.results).toHaveLength(10)
      expect(shown.memories.results[0]).toMatchObject({
        kind: 'memory',
        name: 'The switch hums, case 11',
        state: 'active',
      })
      await memory.forget({ id: ids.Lamp! })
      const later = await memory.entity_get({ id: 'Switch' })
      expect(later.relationships.find(({ type }) => type === 'depends_on')?.ends).toMatchObject([
        { end: { id: ids.Lamp, name: 'Lamp', state: 'retired' } },
      ])
    })
  })
  finding(engine)
}

function finding(engine: TestEngine): void {
  describe('entities: list', () => {
    it('narrows by type, project and state, page by page', async () => {
      await using store = await engine.open()
      const { memory } = store
      const own = await things(memory, 'component', ['a', 'b', 'c', 'd', 'e'], { project: 'apollo' })
      const others = await things(memory, 'service', ['a', 'f'])
      const names = async (input: Parameters<typeof memory.entity_list>[0]) =>
        (await memory.entity_list(input)).results.map(({ name }) => name)
      expect(await names({})).toEqual(['f', 'a', 'e', 'd', 'c', 'b', 'a'])
      expect(await names({ type: ['service'] })).toEqual(['f', 'a'])
      expect(await names({ type: 'service,component', project: 'apollo' } as never)).toEqual([
        'e',
        'd',
        'c',
        'b',
        'a',
      ])
      await memory.forget({ id: own.b! })
      await memory.invalidate({ id: others.f! })
      expect(await names({ project: 'apollo' })).toEqual(['e', 'd', 'c', 'a'])
      expect(await names({ status: ['retired', 'invalid'] })).toEqual(['f', 'b'])
      expect(await names({ status: ['active', 'retired'], type: ['component'] })).toEqual([
        'e',
        'd',
        'c',
        'b',
        'a',
      ])
      const unknown = await memory.entity_list({ project: 'nowhere' })
      expect(unknown).toMatchObject({
        results: [],
        notices: [expect.stringContaining('no project "nowhere"')],
      })
      const pages = [await memory.entity_list({ type: ['component'], limit: 3 })]
      while (pages.at(-1)!.cursor !== null)
        pages.push(await memory.entity_list({ type: ['component'], limit: 3, cursor: pages.at(-1)!.cursor! }))
      expect(pages.map(({ results }) => results.map(({ name }) => name).join(''))).toEqual(['edc', 'a'])
      expect(pages.map(({ truncated }) => truncated)).toEqual([true, false])
    })

    it('finds by name and alias first, then by how they begin, then by words', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.entity_create({
        type: 'component',
        name: 'Lamp post',
        description: 'It stands by the gate.',
      })
      await memory.entity_create({ type: 'component', name: 'Gate', aliases: ['Portal'] })
      await memory.entity_create({ type: 'component', name: 'Gateway', project: 'apollo' })
      await memory.remember({ content: 'The gate is green, a gate of gates' })
      const names = async (input: Parameters<typeof memory.entity_list>[0]) =>
        (await memory.entity_list(input)).results.map(({ name }) => name)
      expect(await names({ query: 'gate' })).toEqual(['Gate', 'Gateway', 'Lamp post'])
      expect(await names({ query: 'PORTAL' })).toEqual(['Gate'])
      expect(await names({ query: 'stands' })).toEqual(['Lamp post'])
      expect(await names({ query: 'gate', project: 'apollo' })).toEqual(['Gateway'])
      expect(await names({ query: 'gate', limit: 2 })).toEqual(['Gate', 'Gateway'])
      expect(await names({ prefix: 'ga' })).toEqual(['Gate', 'Gateway'])
      expect(await names({ prefix: 'port' })).toEqual(['Gate'])
      expect(await names({ query: 'heron' })).toEqual([])
      expect(await names({ query: '?!' })).toEqual([])
    })

    it('finds by words among many memories, and what is over when it is asked for', async () => {
      await using store = await engine.open()
      const { memory } = store
      for (let index = 0; index < 90; index++)
        await memory.remember({ content: `heron number ${index} of the pond` })
      const { id } = await memory.entity_create({
        type: 'system',
        name: 'Watch',
        description: 'Counts the heron.',
      })
      expect((await memory.entity_list({ query: 'heron' })).results).toMatchObject([{ id }])
      await memory.forget({ id })
      expect((await memory.entity_list({ query: 'heron' })).results).toEqual([])
      expect((await memory.entity_list({ query: 'heron', status: ['retired'] })).results).toMatchObject([
        { id },
      ])
      expect((await memory.entity_list({ query: 'watch', status: ['retired'] })).results).toMatchObject([
        { id },
      ])
      await expectSound(store)
    })
  })
}
