import { describe, expect, it } from 'vitest'
import { LINK_TYPES, type LinkType } from '../../src/model/link.ts'
import { erase, openBeneath } from '../kit/beneath.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { insertLinks, linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'

/** How many sources each type allows a target; a further type is a further line. */
const CARDINALITIES: Readonly<Record<LinkType, 'one' | 'many'>> = {
  shared_from: 'one',
  superseded_by: 'one',
  consolidated_from: 'many',
  reflected_from: 'many',
  summarizes: 'many',
  derived_from: 'many',
}

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

/** Memories that say nothing alike. */
async function remembered({ memory }: TestStore, ...contents: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const content of contents) ids.push((await memory.remember({ content })).id)
  return ids
}

async function linkEntries({ memory }: TestStore) {
  const { entries } = await memory.journal({ limit: 100 })
  return entries.filter(entry => entry.subject_kind === 'link').toReversed()
}

export function linking(engine: TestEngine): void {
  describe('links', () => {
    it('say what came from what, at both ends', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [source = '', target = ''] = await remembered(store, 'the gate is green', 'the door is green')
      const at = '2026-01-01T00:00:00.000Z'
      const said = { target, type: 'derived_from', source }
      expect(await memory.link({ ...said, note: 'seen from afar' })).toEqual({
        ...said,
        outcome: 'linked',
        created_at: at,
        receipt: expect.any(String),
      })
      const ends = { type: 'derived_from', state: 'live', linked_at: at, deleted_at: null }
      expect(await memory.links({ id: target })).toMatchObject({
        id: target,
        sources: [{ ...ends, id: source, summary: 'the gate is green' }],
        fan_out: [],
        cursor: null,
        truncated: false,
      })
      expect(await memory.links({ id: source })).toMatchObject({
        sources: [],
        fan_out: [{ ...ends, id: target, summary: 'the door is green' }],
      })
      await expectSound(store)
    })

    it('that are there already are not made twice', async () => {
      await using store = await engine.open()
      const [source = '', target = ''] = await remembered(store, 'one', 'two')
      for (const type of LINK_TYPES) {
        expect((await store.memory.link({ target, type, source })).outcome).toBe('linked')
        store.clock.advance(1000)
        const again = await store.memory.link({ target, type, source })
        expect(again).toMatchObject({ outcome: 'already_linked' })
        expect((await linkRows(store)).find(row => row.type === type)?.created_at).toBe(again.created_at)
      }
      expect(await linkRows(store)).toHaveLength(LINK_TYPES.length)
      expect(await linkEntries(store)).toHaveLength(LINK_TYPES.length)
    })

    it('keep what the source was: hash, label, owner; and where the target is', async () => {
      await using store = await engine.open()
      const { memory } = store
      const source = await memory.remember({ content: 'one', title: 'First' })
      const target = await memory.remember({ content: 'two', project: 'apollo' })
      await memory.link({ target: target.id, type: 'summarizes', source: source.id })
      const { content_hash, owner_user_id } = await memory.get({ id: source.id })
      expect(await linkRows(store)).toMatchObject([
        {
          target_id: target.id,
          source_ref: source.id,
          source_id: source.id,
          source_hash: content_hash,
          source_label: 'First',
          source_owner: owner_user_id,
          source_deleted_at: null,
          target_partition: 'apollo/note',
        },
      ])
      await memory.revise({ id: target.id, project: 'hermes' })
      expect(await linkRows(store)).toMatchObject([{ target_partition: 'hermes/note' }])
      await expectSound(store)
    })

    it('of a type that is none are refused with the list of types', async () => {
      await using store = await engine.open()
      const [source = '', target = ''] = await remembered(store, 'one', 'two')
      for (const type of ['copied_from', 'toString', 'SHARED_FROM', '']) {
        const calls = [
          () => store.memory.link({ target, type, source }),
          () => store.memory.unlink({ target, type, source }),
          () => store.memory.links({ id: source, type }),
        ]
        for (const call of calls) {
          const error = await call().catch((caught: unknown) => caught)
          expect(error).toMatchObject({ code: 'INVALID_INPUT' })
          for (const known of LINK_TYPES) expect(String(error)).toContain(known)
        }
      }
      expect(await linkRows(store)).toEqual([])
    })

    it('of a memory to itself, or of one that is not there, are refused', async () => {
      await using store = await engine.open()
      const [id = ''] = await remembered(store, 'one')
      for (const type of LINK_TYPES) {
        const link = { target: id, type, source: id.toUpperCase() }
        const error = await store.memory.link(link).catch((caught: unknown) => caught)
        expect(error).toMatchObject({ code: 'INVALID_INPUT' })
        expect(String(error)).toContain('cannot come from itself')
      }
      const type = 'derived_from'
      for (const ends of [
        { target: id, source: UNKNOWN },
        { target: UNKNOWN, source: id },
      ]) {
        await expect(store.memory.link({ ...ends, type })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      }
      await expect(store.memory.links({ id: UNKNOWN })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(store.memory.link({ target: id, type, source: 'nonsense' })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
      expect(await linkRows(store)).toEqual([])
    })

    it('are known by a key, under which the first answer comes again', async () => {
      await using store = await engine.open()
      const [source = '', target = ''] = await remembered(store, 'one', 'two')
      const call = { target, type: 'derived_from', source, idempotency_key: 'k' }
      const first = await store.memory.link(call)
      expect(await store.memory.link(call)).toEqual(first)
      await expect(store.memory.link({ ...call, type: 'summarizes' })).rejects.toMatchObject({
        message: expect.stringContaining('key'),
      })
      expect(await linkRows(store)).toHaveLength(1)
    })
  })
  cardinalities(engine)
  unlinking(engine)
  paging(engine)
}

function cardinalities(engine: TestEngine): void {
  describe('links: how many sources a type takes', () => {
    it('is said of every type', () => {
      expect(Object.keys(CARDINALITIES)).toEqual(LINK_TYPES)
    })

    for (const [type, cardinality] of Object.entries(CARDINALITIES)) {
      it(`${type} takes ${cardinality}`, async () => {
        await using store = await engine.open()
        const [target = '', first = '', second = ''] = await remembered(store, 'target', 'first', 'second')
        await store.memory.link({ target, type, source: first })
        const another = store.memory.link({ target, type, source: second })
        if (cardinality === 'many') {
          expect((await another).outcome).toBe('linked')
        } else {
          const error = await another.catch((caught: unknown) => caught)
          expect(error).toMatchObject({ code: 'CONFLICT' })
          expect(String(error)).toContain(`heirloom unlink ${target} ${type} ${first}`)
          await store.memory.unlink({ target, type, source: first })
          expect((await store.memory.link({ target, type, source: second })).outcome).toBe('linked')
        }
        // One source of several targets is no matter of the type.
        expect((await store.memory.link({ target: first, type, source: second })).outcome).toBe('linked')
        await expectSound(store)
      })

      it(`${type}: the tables hold to it, whoever writes`, async () => {
        await using store = await engine.open()
        const [target = '', first = '', second = ''] = await remembered(store, 'target', 'first', 'second')
        await store.memory.link({ target, type, source: first })
        const past = insertLinks(store, [{ target, type, source: second }])
        if (cardinality === 'many') await past
        else await expect(past).rejects.toThrow(/unique/i)
        await expect(insertLinks(store, [{ target, type, source: first }])).rejects.toThrow(/unique/i)
        expect(await linkRows(store)).toHaveLength(cardinality === 'many' ? 2 : 1)
      })
    }
  })
}

function unlinking(engine: TestEngine): void {
  describe('links: unlink', () => {
    it('takes back one link, and tells of one that is not there', async () => {
      await using store = await engine.open()
      const [source = '', target = ''] = await remembered(store, 'one', 'two')
      await store.memory.link({ target, type: 'derived_from', source })
      await store.memory.link({ target, type: 'summarizes', source })
      const wanted = { target, type: 'derived_from', source }
      expect(await store.memory.unlink({ ...wanted, source: source.toUpperCase() })).toEqual({
        ...wanted,
        outcome: 'unlinked',
        receipt: expect.any(String),
      })
      expect(await linkRows(store)).toMatchObject([{ type: 'summarizes' }])
      for (const missing of [wanted, { ...wanted, source: 'nobody' }, { ...wanted, target: source }]) {
        const error = await store.memory.unlink(missing).catch((caught: unknown) => caught)
        expect(error).toMatchObject({ code: 'NOT_FOUND' })
        expect(String(error)).toContain(`heirloom links ${missing.target}`)
      }
      await expectSound(store)
    })

    it('refuses to take away what the state of a memory says', async () => {
      await using store = await engine.open()
      const [old = '', by = ''] = await remembered(store, 'old', 'new')
      await store.memory.supersede({ id: old, by })
      const call = store.memory.unlink({ target: old, type: 'superseded_by', source: by })
      const error = await call.catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      expect(String(error)).toContain(`heirloom restore ${old}`)
      expect(await linkRows(store)).toHaveLength(1)
    })

    it('forgets a source that is gone, as any other', async () => {
      await using store = await openBeneath(engine)
      const [source = '', target = ''] = await remembered(store, 'one', 'two')
      await store.memory.link({ target, type: 'shared_from', source })
      await erase(store, source)
      await store.memory.unlink({ target, type: 'shared_from', source })
      expect(await linkRows(store)).toEqual([])
    })

    it('is journalled, as linking is, with what the link said', async () => {
      await using store = await engine.open()
      const [source = '', target = ''] = await remembered(store, 'one', 'two')
      await store.memory.link({ target, type: 'derived_from', source, note: 'why' })
      await store.memory.unlink({ target, type: 'derived_from', source, note: 'why not' })
      const said = { type: 'derived_from', source_ref: source, source_id: source, source_deleted_at: null }
      expect(await linkEntries(store)).toMatchObject([
        { operation: 'link', subject_id: target, note: 'why', before: null, after: said },
        { operation: 'unlink', subject_id: target, note: 'why not', before: said, after: null },
      ])
      await expectSound(store)
    })

    it('is found in the journal by its kind', async () => {
      await using store = await engine.open()
      const [source = '', target = ''] = await remembered(store, 'one', 'two')
      await store.memory.link({ target, type: 'derived_from', source })
      const { entries } = await store.memory.journal({ subject_kind: 'link' as never })
      expect(entries).toMatchObject([{ subject_kind: 'link', subject_id: target }])
    })
  })
}

function paging(engine: TestEngine): void {
  it('links of 45 copies come in pages, each once', async () => {
    await using store = await engine.open()
    const { memory } = store
    const [id = '', other = ''] = await remembered(store, 'one', 'two')
    const copies: string[] = []
    for (let number = 0; number < 45; number++)
      copies.push((await memory.share({ id, to: `project:place${number}x${number}` })).id)
    await memory.link({ target: other, type: 'derived_from', source: id })
    const pages = [await memory.links({ id })]
    for (let { cursor } = pages[0]!; cursor !== null; cursor = pages.at(-1)!.cursor)
      pages.push(await memory.links({ id, cursor }))
    expect(pages.map(page => [page.fan_out.length, page.truncated])).toEqual([
      [20, true],
      [20, true],
      [6, false],
    ])
    const found = pages.flatMap(page => page.fan_out.map(link => link.id))
    expect(found.toSorted()).toEqual([...copies, other].toSorted())
    const shared = await memory.links({ id, type: 'shared_from', limit: 45 })
    expect(shared).toMatchObject({ truncated: false, cursor: null })
    expect(shared.fan_out.map(link => link.id).toSorted()).toEqual(copies.toSorted())
    const typed = await memory.links({ id, type: 'shared_from', limit: 40 })
    const rest = await memory.links({ id, cursor: typed.cursor! })
    expect(rest.fan_out.map(link => link.type)).toEqual(Array(5).fill('shared_from'))
    const { cursor } = pages[0]!
    for (const wrong of [
      { id: other, cursor },
      { id, type: 'shared_from', cursor },
      { id, cursor: 'x' },
    ]) {
      await expect(memory.links(wrong as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    }
    await expectSound(store)
  })
}
