import { describe, expect, it } from 'vitest'
import { erase, openBeneath } from '../kit/beneath.ts'
import { type TestEngine, type TestStore, temporaryFolder } from '../kit/engines.ts'
import { giveAway, linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'

type Found = Awaited<ReturnType<TestStore['memory']['lineage']>>

async function remembered({ memory }: TestStore, ...contents: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const content of contents) ids.push((await memory.remember({ content })).id)
  return ids
}

/** Each as "target type source", with letters for ids. */
function edgesOf({ edges }: Found, names: Readonly<Record<string, string>>): string[] {
  const letter = new Map(Object.entries(names).map(([name, id]) => [id, name]))
  const nameOf = (id: string) => letter.get(id) ?? id
  return edges.map(({ source, type, target }) => `${nameOf(target)} ${type} ${nameOf(source)}`).sort()
}

function distances({ nodes }: Found, names: Readonly<Record<string, string>>): Record<string, number> {
  const found = new Map(nodes.map(node => [node.id, node.distance]))
  const known = Object.entries(names).filter(([, id]) => found.has(id))
  return Object.fromEntries(known.map(([name, id]) => [name, found.get(id)!]))
}

const statesOf = ({ nodes }: Found) => Object.fromEntries(nodes.map(({ id, state }) => [id, state]))

export function tracing(engine: TestEngine): void {
  describe('lineage', () => {
    it('tells direct sources, what came of it, and the graph both ways', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [a = '', b = '', c = '', d = '', e = '', f = ''] = await remembered(store, ...'abcdef')
      const names = { a, b, c, d, e, f }
      for (const [target, type, source] of [
        [c, 'derived_from', a],
        [c, 'summarizes', b],
        [d, 'reflected_from', c],
        [e, 'derived_from', d],
        [f, 'derived_from', a],
      ] as const) {
        await memory.link({ target, type, source })
      }
      const found = await memory.lineage({ id: c })
      expect(found).toMatchObject({ id: c, sources: [a, b], fan_out: [d], cut: null, notices: [] })
      expect(distances(found, names)).toEqual({ a: -1, b: -1, c: 0, d: 1, e: 2 })
      expect(edgesOf(found, names)).toEqual([
        'c derived_from a',
        'c summarizes b',
        'd reflected_from c',
        'e derived_from d',
      ])
      expect(found.nodes[0]).toMatchObject({ id: c, state: 'live', kind: 'note', summary: 'c', label: null })
      expect(found.edges[0]?.linked_at).toBe('2026-01-01T00:00:00.000Z')
      expect(found.mermaid).toBe(undefined)
      const alone = (await memory.remember({ content: 'alone' })).id
      expect(await memory.lineage({ id: alone })).toMatchObject({
        sources: [],
        fan_out: [],
        edges: [],
        cut: null,
      })
    })

    it('shows a memory that is reached in two ways once, with every link', async () => {
      await using store = await engine.open()
      const [a = '', b = '', c = '', d = ''] = await remembered(store, ...'abcd')
      for (const [target, source] of [
        [b, a],
        [c, a],
        [d, b],
        [d, c],
      ] as const)
        await store.memory.link({ target, type: 'derived_from', source })
      await store.memory.link({ target: d, type: 'summarizes', source: a })
      const found = await store.memory.lineage({ id: d })
      expect(distances(found, { a, b, c, d })).toEqual({ a: -1, b: -1, c: -1, d: 0 })
      expect(found.nodes).toHaveLength(4)
      expect(edgesOf(found, { a, b, c, d })).toEqual([
        'b derived_from a',
        'c derived_from a',
        'd derived_from b',
        'd derived_from c',
        'd summarizes a',
      ])
    })

    it('goes around in no circle, and keeps every link of one', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [a = '', b = '', c = ''] = await remembered(store, ...'abc')
      await memory.link({ target: a, type: 'derived_from', source: b })
      await memory.link({ target: b, type: 'derived_from', source: a })
      for (const id of [a, b]) {
        const found = await memory.lineage({ id })
        expect(edgesOf(found, { a, b })).toEqual(['a derived_from b', 'b derived_from a'])
        expect(found).toMatchObject({ cut: null, sources: [id === a ? b : a], fan_out: [id === a ? b : a] })
        expect(found.nodes).toHaveLength(2)
      }
      await memory.unlink({ target: b, type: 'derived_from', source: a })
      await memory.link({ target: b, type: 'derived_from', source: c })
      await memory.link({ target: c, type: 'derived_from', source: a })
      const round = await memory.lineage({ id: b })
      expect(edgesOf(round, { a, b, c })).toEqual([
        'a derived_from b',
        'b derived_from c',
        'c derived_from a',
      ])
      expect(round).toMatchObject({ cut: null })
      await expectSound(store)
    })

    it('says the state of each: live, candidate, superseded, invalid, retired', async () => {
      await using store = await engine.open()
      const { memory, raw } = store
      const [root = '', ...ids] = await remembered(store, 'root', ...'abcde')
      for (const source of ids) await memory.link({ target: root, type: 'derived_from', source })
      const [live, candidate, superseded, invalid, retired] = ids as [string, string, string, string, string]
      await raw(`update memories set status = 'candidate' where id = '${candidate}'`)
      const { superseded_by } = await memory.supersede({ id: superseded, content: 'anew' })
      await memory.invalidate({ id: invalid })
      await memory.forget({ id: retired })
      expect(statesOf(await memory.lineage({ id: root }))).toEqual({
        [root]: 'live',
        [live]: 'live',
        [candidate]: 'candidate',
        [superseded]: 'superseded',
        [superseded_by]: 'live',
        [invalid]: 'invalid',
        [retired]: 'retired',
      })
    })

    it('of what was deleted still tells what came of it', async () => {
      await using store = await openBeneath(engine)
      const { memory } = store
      const a = (await memory.remember({ content: 'first', title: 'The first' })).id
      const [b = '', c = ''] = await remembered(store, 'b', 'c')
      await memory.link({ target: b, type: 'derived_from', source: a })
      await memory.link({ target: c, type: 'derived_from', source: b })
      await erase(store, a)
      const found = await memory.lineage({ id: a })
      expect(found).toMatchObject({ id: a, sources: [], fan_out: [b], cut: null })
      expect(distances(found, { a, b, c })).toEqual({ a: 0, b: 1, c: 2 })
      expect(found.nodes[0]).toEqual({
        id: a,
        state: 'erased',
        kind: null,
        project: null,
        label: 'The first',
        summary: null,
        distance: 0,
      })
      expect(statesOf(await memory.lineage({ id: c }))).toEqual({ [a]: 'erased', [b]: 'live', [c]: 'live' })
      // Without anything that tells of it, it is as if it had never been.
      await memory.unlink({ target: b, type: 'derived_from', source: a })
      await expect(memory.lineage({ id: a })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('of what is not there says so', async () => {
      await using store = await engine.open()
      const id = '01900000-0000-7000-8000-00000000ffff'
      const error = await store.memory.lineage({ id }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'NOT_FOUND' })
      expect(String(error)).toContain('heirloom list')
      for (const wrong of [{ id: 'x' }, { id, depth: 0 }, { id, nodes: 0 }, { id, depth: 20_001 }])
        await expect(store.memory.lineage(wrong)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    })
  })
  hiding(engine)
  drawing(engine)
}

function hiding(engine: TestEngine): void {
  const folder = temporaryFolder()

  describe('lineage of what is somebody else’s', () => {
    it('reveals that it is there and nothing more, and leads nowhere', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [beyond = '', above = '', middle = '', below = '', farther = ''] = await remembered(
        store,
        ...['beyond', 'above', 'middle', 'below', 'farther'].map(word => `the secret of ${word}`),
      )
      await memory.revise({ id: above, title: 'A secret title', project: 'secret-project' })
      const chain = [beyond, above, middle, below, farther]
      for (const [index, target] of chain.slice(1).entries())
        await memory.link({ target, type: 'derived_from', source: chain[index]! })
      for (const id of [above, below]) await giveAway(store, id)
      const found = await memory.lineage({ id: middle, mermaid: true })
      expect(statesOf(found)).toEqual({ [middle]: 'live', [above]: 'hidden', [below]: 'hidden' })
      const nothing = { state: 'hidden', kind: null, project: null, label: null, summary: null }
      for (const node of found.nodes.slice(1)) expect(node).toMatchObject(nothing)
      expect(found.cut).toBe(null)
      expect(found.edges).toHaveLength(2)
      const { sources, fan_out } = await memory.links({ id: middle })
      expect([...sources, ...fan_out]).toMatchObject([
        { id: above, ...nothing },
        { id: below, ...nothing },
      ])
      const { origin } = await memory.get({ id: middle })
      expect(origin).toBe(`derived from ${above} (hidden)`)
      expect(JSON.stringify([found, sources, fan_out, origin])).not.toMatch(
        /ecret (title|of (above|below))|secret-project/,
      )
    })

    it('is not told at all when it is asked for itself', async () => {
      await using store = await engine.open()
      const [a = '', b = ''] = await remembered(store, 'a', 'b')
      await store.memory.link({ target: b, type: 'derived_from', source: a })
      await giveAway(store, a)
      const calls = [
        () => store.memory.lineage({ id: a }),
        () => store.memory.links({ id: a }),
        () => store.memory.share({ id: a, to: 'project:x' }),
        () => store.memory.share({ id: a, to: `${folder}/x.db` }),
        () => store.memory.consolidate({ from: [a], content: 'c' }),
        () => store.memory.link({ target: b, type: 'summarizes', source: a }),
        () => store.memory.link({ target: a, type: 'summarizes', source: b }),
        () => store.memory.unlink({ target: a, type: 'derived_from', source: b }),
      ]
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      // What was said of it is this one's own to take back.
      await store.memory.unlink({ target: b, type: 'derived_from', source: a })
      expect(await linkRows(store)).toEqual([])
    })

    it('keeps its label also after it was deleted', async () => {
      await using store = await engine.open()
      const { memory, raw } = store
      const a = (await memory.remember({ content: 'a', title: 'A secret title' })).id
      const [b = ''] = await remembered(store, 'b')
      await memory.link({ target: b, type: 'derived_from', source: a })
      await giveAway(store, a)
      await raw(`update links set source_owner = '01900000-0000-7000-8000-0000000000ee', source_id = null,
        source_tenant_id = null, source_deleted_at = created_at`)
      const { nodes } = await memory.lineage({ id: b })
      expect(nodes[1]).toMatchObject({ id: a, label: null })
      expect((await memory.get({ id: b })).origin).not.toContain('secret')
    })
  })
}

function drawing(engine: TestEngine): void {
  it('lineage is drawn for Mermaid, whatever texts hold', async () => {
    await using store = await engine.open()
    const { memory } = store
    const title = `He said "x"]; <b>bold</b> & {curly} | \`tick\` #35; %%{init}%%`
    const { id: a } = await memory.remember({ content: 'a', title, project: 'apollo' })
    const { id: b } = await memory.remember({ content: 'end\nclick n0 "javascript:alert(1)"' })
    await memory.link({ target: b, type: 'derived_from', source: a })
    const { mermaid = '' } = await memory.lineage({ id: a, mermaid: true })
    const lines = mermaid.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toBe('flowchart TD')
    for (const [index, id] of [a, b].entries()) {
      const [, text = ''] = new RegExp(`^  n${index}\\["(.*)"\\]$`).exec(lines[index + 1]!) ?? []
      expect(text).toContain(id)
      expect(text.replaceAll('<br/>', '').replaceAll(/#\d+;/g, '')).not.toMatch(/["[\]<>{}|`#%&]/)
    }
    expect(lines[1]).toContain('#34;x#34;#93;; #60;b#62;bold')
    expect(lines[3]).toBe('  n0 -->|derived_from| n1')
  })
}
