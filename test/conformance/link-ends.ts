import { describe, expect, it } from 'vitest'
import { erase, openBeneath, write } from '../kit/beneath.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { ANY_STATUS, MARKDOWN } from '../kit/samples.ts'

/** A source, a target that came from it, and one that comes from the target. */
async function threeInARow({ memory }: TestStore) {
  const first = (await memory.remember({ content: 'first', title: 'The first' })).id
  const middle = (await memory.remember({ content: 'middle', title: 'The middle' })).id
  const last = (await memory.remember({ content: 'last' })).id
  await memory.link({ target: middle, type: 'derived_from', source: first })
  await memory.link({ target: last, type: 'summarizes', source: middle })
  return { first, middle, last }
}

/** Who comes from whom, in words. */
async function sentences(store: TestStore): Promise<string[]> {
  const rows = await linkRows(store)
  return rows.map(row => `${row.target_id} ${row.type} ${row.source_ref}`).sort()
}

async function passages({ memory }: TestStore): Promise<Map<string | null, string>> {
  const { results } = await memory.list({ ...ANY_STATUS, kind: ['passage'], limit: 100 })
  return new Map(results.map(found => [found.label, found.id]))
}

export function keepingLinks(engine: TestEngine): void {
  describe('links whose ends change', () => {
    it('follow what their source says while it lives', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const { first, middle } = await threeInARow(store)
      const before = await linkRows(store)
      clock.advance(1000)
      await memory.revise({ id: first, content: 'first, said better', title: 'Number one' })
      const { content_hash } = await memory.get({ id: first })
      const row = (await linkRows(store)).find(link => link.target_id === middle)
      expect(row).toMatchObject({ source_hash: content_hash, source_label: 'Number one', source_id: first })
      expect((await linkRows(store)).filter(link => link.target_id !== middle)).toEqual(
        before.filter(link => link.target_id !== middle),
      )
      await memory.revise({ id: first, clear: ['title'] })
      expect((await linkRows(store)).find(link => link.target_id === middle)?.source_label).toBe(null)
      await expectSound(store)
    })

    it('stay when their target is revised, retired or brought back', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { middle } = await threeInARow(store)
      const before = await linkRows(store)
      await memory.revise({ id: middle, tags: ['changed'] })
      await memory.invalidate({ id: middle })
      await memory.forget({ id: middle })
      await memory.restore({ id: middle })
      await memory.restore({ id: middle })
      expect(await linkRows(store)).toEqual(before)
      await expectSound(store)
    })

    it('outlive their source, with what it was and when it went', async () => {
      await using store = await openBeneath(engine)
      const { memory, clock } = store
      const { first, middle } = await threeInARow(store)
      const { content_hash } = await memory.get({ id: first })
      clock.advance(60_000)
      await erase(store, first)
      const gone = '2026-01-01T00:01:00.000Z'
      expect((await linkRows(store)).find(row => row.target_id === middle)).toMatchObject({
        source_ref: first,
        source_id: null,
        source_tenant_id: null,
        source_hash: content_hash,
        source_label: 'The first',
        source_deleted_at: gone,
      })
      const told = { id: first, state: 'erased', label: 'The first', summary: null, deleted_at: gone }
      expect((await memory.links({ id: middle })).sources).toMatchObject([told])
      const { id, state, fan_out } = await memory.links({ id: first })
      expect({ id, state }).toEqual({ id: first, state: 'erased' })
      expect(fan_out).toMatchObject([{ id: middle, state: 'live' }])
      await expect(memory.get({ id: first })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await memory.get({ id: middle })).origin).toBe(`derived from ${first} (The first, erased)`)
      // Nothing that happens later touches what was kept.
      const kept = (await linkRows(store)).find(row => row.target_id === middle)
      clock.advance(60_000)
      await memory.revise({ id: middle, content: 'middle, said better' })
      expect((await linkRows(store)).find(row => row.target_id === middle)).toEqual(kept)
    })

    it('call their source the same before and after it is gone', async () => {
      await using store = await openBeneath(engine)
      const { memory } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const source = (await passages(store)).get('Guide > Setup')!
      const { id: target } = await memory.remember({ content: 'a note about the beacon' })
      await memory.link({ target, type: 'derived_from', source })
      const label = async () => (await memory.links({ id: target })).sources[0]?.label
      const before = await label()
      await erase(store, source)
      expect(await label()).toBe(before)
    })

    it('go with their target, and are no more of what it came from', async () => {
      await using store = await openBeneath(engine)
      const { first, middle, last } = await threeInARow(store)
      await erase(store, middle)
      expect(await sentences(store)).toEqual([`${last} summarizes ${middle}`])
      expect((await store.memory.links({ id: first })).fan_out).toEqual([])
      expect((await store.memory.links({ id: middle })).sources).toEqual([])
      await erase(store, last)
      expect(await linkRows(store)).toEqual([])
      await expect(store.memory.links({ id: middle })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('change with the deletion or not at all', async () => {
      await using store = await openBeneath(engine)
      const { first, middle } = await threeInARow(store)
      const before = await linkRows(store)
      const { entries } = await store.memory.journal({ limit: 1 })
      const failing = write(store, async tx => {
        await tx.memories.remove(await tx.memories.mustGet(first))
        await tx.memories.remove(await tx.memories.mustGet(middle))
        throw new Error('the power went')
      })
      await expect(failing).rejects.toThrow('the power went')
      expect(await linkRows(store)).toEqual(before)
      expect((await store.memory.journal({ limit: 1 })).entries).toEqual(entries)
      await expectSound(store)
    })

    it('leave a store that is sound after deletions, and say so in the journal', async () => {
      await using store = await openBeneath(engine)
      const { first, middle } = await threeInARow(store)
      await erase(store, first, middle)
      const { entries } = await store.memory.journal({ limit: 2 })
      expect(entries.map(entry => [entry.operation, entry.subject_id, entry.after])).toEqual([
        ['erase', middle, null],
        ['erase', first, null],
      ])
      const { checks } = await store.memory.doctor({})
      expect(checks.filter(check => !check.ok && check.name !== 'disk space')).toEqual([])
    })
  })
  succeeding(engine)
  readAgain(engine)
}

function succeeding(engine: TestEngine): void {
  describe('links to a successor', () => {
    it('come with supersede and go with restore; the others stay', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { first, middle, last } = await threeInARow(store)
      const others = await sentences(store)
      const { superseded_by } = await memory.supersede({ id: middle, content: 'middle, anew' })
      const successor = `${middle} superseded_by ${superseded_by}`
      expect(await sentences(store)).toEqual([...others, successor].sort())
      expect((await memory.links({ id: middle })).sources.map(link => [link.type, link.id])).toEqual([
        ['derived_from', first],
        ['superseded_by', superseded_by],
      ])
      await memory.restore({ id: middle })
      expect(await sentences(store)).toEqual(others)
      await memory.supersede({ id: middle, by: last })
      expect(await sentences(store)).toEqual([...others, `${middle} superseded_by ${last}`].sort())
      await expectSound(store)
    })

    it('stay when what was superseded is forgotten and brought back', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'old' })
      const { superseded_by } = await memory.supersede({ id, content: 'new' })
      const said = [`${id} superseded_by ${superseded_by}`]
      await memory.forget({ id })
      expect(await sentences(store)).toEqual(said)
      await memory.restore({ id })
      expect(await sentences(store)).toEqual(said)
      await memory.restore({ id })
      expect(await sentences(store)).toEqual([])
      await expectSound(store)
    })

    it('form a chain, each with its own', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id: one } = await memory.remember({ content: 'version 1' })
      const { superseded_by: two } = await memory.supersede({ id: one, content: 'version 2' })
      const { superseded_by: three } = await memory.supersede({ id: two, content: 'version 3' })
      expect(await sentences(store)).toEqual([`${one} superseded_by ${two}`, `${two} superseded_by ${three}`])
      await memory.restore({ id: one })
      expect(await sentences(store)).toEqual([`${two} superseded_by ${three}`])
    })

    it('tell of one that was deleted until what it replaced is restored', async () => {
      await using store = await openBeneath(engine)
      const { memory } = store
      const { id } = await memory.remember({ content: 'old' })
      const { superseded_by } = await memory.supersede({ id, content: 'new' })
      await erase(store, superseded_by)
      expect((await memory.links({ id })).sources).toMatchObject([{ id: superseded_by, state: 'erased' }])
      await memory.restore({ id })
      expect(await memory.get({ id })).toMatchObject({ status: 'active', superseded_by: null })
      expect(await linkRows(store)).toEqual([])
    })

    it('that somebody made by hand are no obstacle to the same succession', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'old' })
      const by = (await memory.remember({ content: 'new' })).id
      await memory.link({ target: id, type: 'superseded_by', source: by })
      await memory.supersede({ id, by })
      expect(await sentences(store)).toEqual([`${id} superseded_by ${by}`])
      await expectSound(store)
    })
  })
}

function readAgain(engine: TestEngine): void {
  describe('links of passages', () => {
    it('stay through every reading of their document', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
      const ids = await passages(store)
      const of = (heading: string) => ids.get(`Guide > ${heading}`)!
      const note = (await memory.remember({ content: 'a note about the lamp' })).id
      for (const heading of ['Setup', 'Usage', 'Trouble'])
        await memory.link({ target: note, type: 'derived_from', source: of(heading) })
      await memory.link({ target: of('Trouble'), type: 'summarizes', source: of('Setup') })
      const before = await linkRows(store)
      const texts = [
        MARKDOWN.replace('Opening', 'First'),
        MARKDOWN.replace('at dusk', 'at dawn').replace(/## Setup[^#]+/, ''),
        `# Before\n\nSomething new.\n\n${MARKDOWN}`,
        MARKDOWN,
      ]
      for (const text of texts) {
        clock.advance(1000)
        await memory.ingest({ text, name: 'guide.md' })
        expect(await sentences(store)).toEqual(
          before.map(row => `${row.target_id} ${row.type} ${row.source_ref}`).sort(),
        )
        for (const { source_ref, source_hash } of await linkRows(store))
          expect((await memory.get({ id: String(source_ref) })).content_hash).toBe(source_hash)
      }
      // The text is what it was; so is every link.
      expect(await linkRows(store)).toEqual(before)
      await expectSound(store)
    })
  })
}
