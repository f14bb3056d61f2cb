import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type TestEngine, type TestStore, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { full, MARKDOWN, NOTES } from '../kit/samples.ts'

async function live({ memory }: TestStore): Promise<void> {
  await memory.remember(full())
  for (const content of NOTES) await memory.remember({ content })
  await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
}

export function keepingCopies(engine: TestEngine): void {
  const folder = temporaryFolder()
  let count = 0
  const newDir = () => join(folder, `${++count}`)

  describe('snapshots', () => {
    it('bring back the store of their moment, in a new place, with a receipt', async () => {
      await using source = await engine.open()
      await using target = await engine.open()
      const dir = newDir()
      await live(source)
      const before = await source.memory.digest({})
      const made = await source.memory.snapshot_create({ dir, tag: 'first', reason: 'to go back to' })
      const { total } = (await source.memory.status({})).memories
      expect(made).toMatchObject({ kind: 'rows', digest: before.digest, full: before.full, memories: total })
      const { results } = await source.memory.recall({ query: 'lamp at dusk' })

      const { id: added } = await source.memory.remember({ content: 'said after the snapshot' })
      const { from, same, tables } = await source.memory.snapshot_diff({ from: made.id, dir })
      expect({ from, same }).toEqual({ from: made.id, same: false })
      expect(tables.find(({ table }) => table === 'memories')).toMatchObject({
        added: 1,
        removed: 0,
        changed: 0,
        ids: { added: [added], removed: [], changed: [] },
      })

      const restored = await target.memory.snapshot_restore({ id: made.id, dir, to: target.address })
      expect(restored).toMatchObject({ id: made.id, memories: total, digest: before.digest })
      expect(await target.memory.digest({})).toEqual(before)
      expect((await target.memory.recall({ query: 'lamp at dusk' })).results).toEqual(results)
      expect((await target.memory.snapshot_diff({ from: made.id, dir })).same).toBe(true)
      const { runs, errors } = await target.memory.runs({ id: restored.receipt! })
      expect(errors).toEqual([])
      expect(runs).toMatchObject([
        { kind: 'restore', status: 'done', snapshot: made.id, counts: { memories: total } },
      ])
      await expectSound(target)
      await expectSound(source)
    })

    it('replace what a store holds only when told to', async () => {
      await using store = await engine.open()
      const { memory, address } = store
      const dir = newDir()
      await live(store)
      const before = await memory.digest({})
      const { id } = await memory.snapshot_create({ dir })
      await memory.remember({ content: 'said after the snapshot' })
      const later = await memory.digest({})
      await expect(memory.snapshot_restore({ id, dir, to: address })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      expect(await memory.digest({})).toEqual(later)
      await memory.snapshot_restore({ id, dir, to: address, replace: true })
      expect(await memory.digest({})).toEqual(before)
      expect((await memory.recall({ query: 'said after the snapshot' })).results).toEqual([])
      expect((await memory.remember({ content: 'said after going back' })).outcome).toBe('remembered')
      await expectSound(store)
    })

    it('that are damaged are told, and restore nothing', async () => {
      await using source = await engine.open()
      await using target = await engine.open()
      const dir = newDir()
      await live(source)
      const { id } = await source.memory.snapshot_create({ dir })
      expect(await source.memory.snapshot_verify({ id, dir })).toMatchObject({ ok: true, problems: [] })
      const part = readdirSync(join(dir, 'parts')).sort()[0]!
      appendFileSync(join(dir, 'parts', part), 'x')
      const { ok, problems } = await source.memory.snapshot_verify({ id, dir })
      expect({ ok, problems }).toEqual({ ok: false, problems: [expect.stringContaining(part)] })
      const empty = await target.memory.digest({})
      await expect(target.memory.snapshot_restore({ id, dir, to: target.address })).rejects.toMatchObject({
        code: 'SNAPSHOT_DAMAGED',
        message: expect.stringContaining(part),
      })
      expect(await target.memory.digest({})).toEqual(empty)
    })

    it('are listed newest first, and pruned only when told to', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const dir = newDir()
      const ids: string[] = []
      for (let day = 0; day < 4; day++) {
        await memory.remember({ content: `said on day ${day}` })
        ids.unshift((await memory.snapshot_create({ dir })).id)
        clock.advance(24 * 3_600_000)
      }
      const listed = async () => (await memory.snapshot_list({ dir })).snapshots.map(({ id }) => id)
      expect(await listed()).toEqual(ids)
      const plan = await memory.snapshot_prune({ dir, keep_daily: 2 })
      expect(plan).toMatchObject({ applied: false, keep: [{ id: ids[0] }, { id: ids[1] }] })
      expect(plan.remove.map(({ id }) => id)).toEqual(ids.slice(2))
      expect(await listed()).toEqual(ids)
      const done = await memory.snapshot_prune({ dir, keep_daily: 2, apply: true })
      expect(done).toMatchObject({ applied: true, remove: plan.remove })
      expect(await listed()).toEqual(ids.slice(0, 2))
      for (const id of ids.slice(0, 2)) {
        expect((await memory.snapshot_verify({ id, dir })).problems).toEqual([])
      }
      await expect(memory.snapshot_prune({ dir, apply: true })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
    })

    it('are not begun for a call that is cancelled beforehand', async () => {
      await using store = await engine.open()
      const dir = newDir()
      const signal = AbortSignal.abort()
      await expect(store.memory.snapshot_create({ dir }, { signal })).rejects.toMatchObject({
        code: 'ABORTED',
      })
      expect((await store.memory.snapshot_list({ dir })).snapshots).toEqual([])
    })
  })

  it('a store of this schema has nothing to migrate, and tells of no runs', async () => {
    await using store = await engine.open()
    await store.memory.remember({ content: 'a fact' })
    const { from, to, steps, applied, rebuilt } = await store.memory.migrate({})
    expect({ steps, applied, rebuilt }).toEqual({ steps: [], applied: false, rebuilt: [] })
    expect(from).toBe(to)
    expect(await store.memory.runs({})).toEqual({ runs: [], errors: null, truncated: false })
    const id = '01900000-0000-7000-8000-0000000000ff'
    await expect(store.memory.runs({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
}
