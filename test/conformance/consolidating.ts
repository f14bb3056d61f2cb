import { describe, expect, it } from 'vitest'
import { erase, openBeneath } from '../kit/beneath.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { insertLinks, insertMemories, linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'

async function remembered({ memory }: TestStore, ...contents: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const content of contents) ids.push((await memory.remember({ content, project: 'apollo' })).id)
  return ids
}

const words = (count: number) => Array.from({ length: count }, (_, index) => `herons number ${index}`)

export function consolidating(engine: TestEngine): void {
  describe('consolidate', () => {
    it('writes one memory that is linked to all it was made from, which stay', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const from = await remembered(store, ...words(100))
      const made = await memory.consolidate({ from, content: 'Many herons', tags: ['birds'], kind: 'fact' })
      expect(made).toMatchObject({
        kind: 'fact',
        project: 'apollo',
        trust: 'stated',
        superseded: [],
        notices: [],
      })
      expect(made.from).toEqual(from.toSorted())
      expect(await memory.get({ id: made.id })).toMatchObject({
        content: 'Many herons',
        tags: ['birds'],
        status: 'active',
        origin: 'consolidated from 100 memories',
      })
      const rows = await linkRows(store)
      expect(new Set(rows.map(row => `${row.target_id} ${row.type}`))).toEqual(
        new Set([`${made.id} consolidated_from`]),
      )
      expect(rows.map(row => row.source_ref)).toEqual(from.toSorted())
      expect((await memory.list({ project: 'apollo', limit: 1 })).total).toBe(101)
      await expectSound(store)
    })

    it('takes the sources out of recall when told to, and restore brings each back', async () => {
      await using store = await engine.open()
      const { memory } = store
      const from = await remembered(store, ...words(3))
      const made = await memory.consolidate({ from, content: 'All herons', supersede: true })
      expect(made.superseded).toEqual(from)
      const recalled = async () =>
        (await memory.recall({ query: 'herons' })).results.map(found => found.id).sort()
      expect(await recalled()).toEqual([made.id])
      for (const id of from)
        expect(await memory.get({ id })).toMatchObject({ status: 'superseded', superseded_by: made.id })
      expect((await linkRows(store)).map(row => row.type).sort()).toEqual([
        ...Array(3).fill('consolidated_from'),
        ...Array(3).fill('superseded_by'),
      ])
      await expectSound(store)
      for (const id of from) await memory.restore({ id })
      expect(await recalled()).toEqual([...from, made.id].sort())
      expect((await linkRows(store)).map(row => [row.target_id, row.type])).toEqual(
        from.map(() => [made.id, 'consolidated_from']),
      )
      await expectSound(store)
    })

    it('may say just what one of the sources says, once that steps back', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [a = '', b = ''] = await remembered(store, 'herons fly', 'a heron flies')
      const call = { from: [a, b], content: 'herons fly' }
      const error = await memory.consolidate(call).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'DUPLICATE', message: expect.stringContaining(a) })
      expect(await linkRows(store)).toEqual([])
      const made = await memory.consolidate({ ...call, supersede: true })
      expect((await memory.get({ id: made.id })).content).toBe('herons fly')
      await expectSound(store)
    })

    it('counts a source that is named twice once', async () => {
      await using store = await engine.open()
      const [a = '', b = ''] = await remembered(store, 'a', 'b')
      const made = await store.memory.consolidate({
        from: `${a}, ${b},${a.toUpperCase()}` as never,
        content: 'c',
      })
      expect(made.from).toEqual([a, b])
      expect(await linkRows(store)).toHaveLength(2)
    })

    it('takes what waits for review only when a person has let it out', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { id } = await memory.remember({ content: 'the moon is a lamp', third_party: true })
      const from = [...(await remembered(store, 'the sun is a star')), id]
      const call = { from, content: 'lamps and stars', supersede: true }
      const error = await memory.consolidate(call).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      expect(String(error)).toMatch(new RegExp(`it is candidate.*heirloom promote ${id}`))
      await memory.promote({ id })
      expect(await memory.consolidate(call)).toMatchObject({ trust: 'stated', project: null })
      await expectSound(store)
    })

    it('refuses a source that is not active, or none, and writes nothing', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [a = '', b = ''] = await remembered(store, 'a', 'b')
      await memory.forget({ id: b })
      const before = await memory.digest({})
      const call = { content: 'c', supersede: true, project: 'brand-new' }
      const error = await memory.consolidate({ ...call, from: [a, b] }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      expect(String(error)).toMatch(new RegExp(`${b}: it is retired.*heirloom restore ${b}`))
      const unknown = '01900000-0000-7000-8000-00000000ffff'
      await expect(memory.consolidate({ ...call, from: [a, unknown] })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      for (const from of [[], ['x'], Array(101).fill(a)])
        await expect(memory.consolidate({ ...call, from })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(memory.consolidate({ ...call, content: ' ', from: [a] })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
      expect(await memory.digest({})).toEqual(before)
      await expectSound(store)
    })

    it('is done once under one key', async () => {
      await using store = await engine.open()
      const from = await remembered(store, 'a', 'b')
      const call = { from, content: 'c', supersede: true, idempotency_key: 'k' }
      const made = await store.memory.consolidate(call)
      expect(await store.memory.consolidate(call)).toEqual(made)
    })
  })
  telling(engine)
}

function telling(engine: TestEngine): void {
  describe('lineage in one line', () => {
    it('comes with get and recall, and is null for what was remembered here', async () => {
      await using store = await openBeneath(engine)
      const { memory } = store
      const { id: a } = await memory.remember({ content: 'herons of the north', title: 'North' })
      const { id: b } = await memory.remember({ content: 'herons of the south' })
      const { id: c } = await memory.consolidate({ from: [a, b], content: 'herons of all parts' })
      const { id: d } = await memory.share({ id: a, to: 'project:birds' })
      await memory.link({ target: d, type: 'derived_from', source: b })
      const { superseded_by: e } = await memory.supersede({ id: b, content: 'herons of the far south' })
      const expected: Record<string, string | null> = {
        [a]: null,
        [c]: 'consolidated from 2 memories',
        [d]: `shared from ${a} (North)`,
        [e]: null,
      }
      for (const [id, origin] of Object.entries(expected))
        expect((await memory.get({ id })).origin).toBe(origin)
      expect((await memory.get({ id: b })).origin).toBe(null)
      const recalled = await memory.recall({ query: 'herons', limit: 50 })
      // Of two that say the same, recall shows one.
      const inBirds = await memory.recall({ query: 'herons', project: 'birds' })
      const lines = [...recalled.results, ...inBirds.results].map(({ id, origin }) => [id, origin] as const)
      expect(Object.fromEntries(lines)).toEqual(expected)
      await erase(store, a)
      expect((await memory.get({ id: d })).origin).toBe(`shared from ${a} (North, erased)`)
    })

    it('is told of each of many, however many sources the others have', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id: many } = await memory.remember({ content: 'herons of many sources' })
      const { id: few } = await memory.remember({ content: 'herons of one source' })
      const ids = await insertMemories(store, many, 1200)
      const type = 'derived_from'
      await insertLinks(
        store,
        ids.map(source => ({ target: many, type, source })),
      )
      await insertLinks(store, [{ target: few, type, source: many }])
      const { results } = await memory.recall({ query: 'herons of sources' })
      expect(results.find(found => found.id === few)?.origin).toBe(`derived from ${many}`)
      expect(results.find(found => found.id === many)?.origin).toBe('derived from 1200 memories')
    })
  })
}
