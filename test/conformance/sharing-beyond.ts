import { copyFileSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { erase, openBeneath } from '../kit/beneath.ts'
import { type TestEngine, temporaryFolder } from '../kit/engines.ts'
import { expectDoctorPleased, expectSound } from '../kit/invariants.ts'

const OLDER = join(import.meta.dirname, '../fixtures/stores/0004.db')

export function sharingBeyond(engine: TestEngine): void {
  const folder = temporaryFolder()
  let count = 0
  const newFile = () => join(folder, `${++count}.db`)
  /** Another store, whose ids are its own. */
  const other = async (file = newFile()) => ({
    file,
    memory: await openHeirloom({ store: file, actor: 'person', embedder: 'none' }),
  })

  describe('share into another store', () => {
    it('makes the copy there, whose link keeps id, hash and label of the source', async () => {
      await using store = await engine.open()
      const { file, memory: there } = await other()
      await using _closing = there
      const { id } = await store.memory.remember({
        content: 'a fact',
        title: 'Fact',
        project: 'apollo',
        tags: ['x'],
      })
      const shared = await store.memory.share({ id, to: file })
      expect(shared).toMatchObject({
        source: id,
        outcome: 'shared',
        project: 'apollo',
        store: file,
        notices: [],
      })
      expect(await there.get({ id: shared.id })).toMatchObject({
        content: 'a fact',
        project: 'apollo',
        tags: ['x', `shared-from=${id}`],
        origin: `shared from ${id} (Fact, elsewhere)`,
      })
      const far = { id, state: 'elsewhere', label: 'Fact', summary: null, deleted_at: null }
      expect((await there.links({ id: shared.id })).sources).toMatchObject([{ type: 'shared_from', ...far }])
      const { nodes, edges } = await there.lineage({ id: shared.id })
      expect(nodes).toMatchObject([
        { id: shared.id, state: 'live' },
        { id, state: 'elsewhere', label: 'Fact' },
      ])
      expect(edges).toMatchObject([{ type: 'shared_from', source: id, target: shared.id }])
      const { content_hash, owner_user_id } = await store.memory.get({ id })
      const { entries } = await there.journal({ limit: 1 })
      expect(entries[0]).toMatchObject({ subject_kind: 'link', operation: 'share', subject_id: shared.id })
      expect(entries[0]?.after).toMatchObject({
        source_ref: id,
        source_id: null,
        source_hash: content_hash,
        source_label: 'Fact',
        source_owner: owner_user_id,
        source_deleted_at: null,
      })
      const told = await store.memory.journal({ limit: 1 })
      expect(told.entries[0]).toMatchObject({
        operation: 'share',
        subject_id: id,
        after: { store: file, copy: shared.id },
      })
      expect((await store.memory.links({ id })).fan_out).toEqual([])
      await expectSound(store)
      await expectDoctorPleased(there)
    })

    it('answers with the copy there, whichever way the store is named', async () => {
      await using store = await engine.open()
      const { file, memory: there } = await other()
      await using _closing = there
      const { id } = await store.memory.remember({ content: 'port 8080' })
      const first = await store.memory.share({ id, to: `store:${file}` })
      const sequence = (await store.memory.journal({ limit: 1 })).entries[0]?.sequence
      for (const to of [
        file,
        `store:${file}`,
        `store: ${relative(process.cwd(), file)}`,
        `store:sqlite:${file}`,
      ])
        expect(await store.memory.share({ id, to })).toEqual({ ...first, outcome: 'already_shared' })
      expect((await store.memory.journal({ limit: 1 })).entries[0]?.sequence).toBe(sequence)
      await store.memory.revise({ id, content: 'port 9090' })
      const answer = await store.memory.share({ id, to: file })
      expect(answer).toMatchObject({ id: first.id, outcome: 'already_shared' })
      expect(answer.notices.join()).toContain('has changed')
      const again = await store.memory.share({ id, to: file, again: true })
      expect(again).toMatchObject({ outcome: 'shared' })
      expect((await there.get({ id: again.id })).content).toBe('port 9090')
      expect((await there.list({})).total).toBe(2)
    })

    it('is done and told once under one key', async () => {
      await using store = await engine.open()
      const { file, memory: there } = await other()
      await using _closing = there
      const { id } = await store.memory.remember({ content: 'a fact' })
      const call = { id, to: file, idempotency_key: 'k' }
      const first = await store.memory.share(call)
      expect(await store.memory.share(call)).toEqual(first)
      expect((await there.list({})).total).toBe(1)
      const { entries } = await store.memory.journal({ limit: 100 })
      expect(entries.filter(entry => entry.operation === 'share')).toHaveLength(1)
    })

    it('outlives the source, whose store tells what it shared', async () => {
      await using store = await openBeneath(engine)
      const { file, memory: there } = await other()
      await using _closing = there
      const { id } = await store.memory.remember({ content: 'a fact' })
      const { id: copy } = await store.memory.share({ id, to: file })
      await erase(store, id)
      expect(await there.get({ id: copy })).toMatchObject({ content: 'a fact', status: 'active' })
      expect((await there.lineage({ id: copy })).nodes[1]).toMatchObject({ id, state: 'elsewhere' })
      expect((await there.lineage({ id })).nodes).toMatchObject([{ id, state: 'elsewhere' }, { id: copy }])
    })

    it('goes on from copy to copy, each naming the one before it', async () => {
      await using store = await engine.open()
      const [two, three] = [await other(), await other()]
      await using there = two.memory
      await using beyond = three.memory
      const { id: a } = await store.memory.remember({ content: 'a fact' })
      const { id: b } = await store.memory.share({ id: a, to: two.file })
      const { id: c } = await there.share({ id: b, to: three.file })
      const { id: d } = await beyond.share({ id: c, to: 'project:deep' })
      expect((await beyond.get({ id: d })).tags).toEqual([`shared-from=${c}`])
      const { nodes } = await beyond.lineage({ id: d })
      expect(nodes.map(node => [node.id, node.state])).toEqual([
        [d, 'live'],
        [c, 'live'],
        [b, 'elsewhere'],
      ])
    })
  })

  describe('share into another store refuses', () => {
    it('what is not live or not there, and writes nothing', async () => {
      await using store = await engine.open()
      const { file, memory: there } = await other()
      await using _closing = there
      const { id } = await store.memory.remember({ content: 'a fact', project: 'apollo' })
      await store.memory.forget({ id })
      await expect(store.memory.share({ id, to: file })).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' })
      const unknown = '01900000-0000-7000-8000-00000000ffff'
      await expect(store.memory.share({ id: unknown, to: file })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await there.journal({})).entries).toEqual([])
    })

    it('a place where there is no store, and makes none', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'a fact' })
      const file = newFile()
      const error = await store.memory.share({ id, to: file }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({
        code: expect.stringMatching(/NOT_INITIALISED|STORE_UNAVAILABLE|NOT_FOUND/),
      })
      expect(existsSync(file)).toBe(false)
    })

    it('a store of another schema version, which stays as it is', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'a fact' })
      const file = newFile()
      copyFileSync(OLDER, file)
      const before = readFileSync(file)
      await expect(store.memory.share({ id, to: file })).rejects.toMatchObject({ code: 'SCHEMA_OUTDATED' })
      expect(readFileSync(file).equals(before)).toBe(true)
      expect(existsSync(`${file}.snapshots`)).toBe(false)
      expect((await store.memory.journal({ limit: 1 })).entries[0]?.operation).toBe('remember')
    })

    it('the store that it is in, by any of its names', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'a fact' })
      const { store: location } = await store.memory.status({})
      const names = [store.address, `store:${store.address}`, `store:${location}`]
      if (existsSync(location)) {
        const link = join(dirname(location), `${count}-link.db`)
        symlinkSync(location, link)
        names.push(link, relative(process.cwd(), location))
      }
      const before = await store.memory.digest({})
      for (const to of names) {
        const error = await store.memory.share({ id, to }).catch((caught: unknown) => caught)
        expect(error, to).toMatchObject({ code: 'DUPLICATE', message: expect.stringContaining('already') })
      }
      expect(await store.memory.digest({})).toEqual(before)
    })

    it('a store that has a copy of the whole of it', async () => {
      await using store = await engine.open()
      const file = newFile()
      const { id } = await store.memory.remember({ content: 'a fact' })
      const { id: snapshot } = await store.memory.snapshot_create({ dir: join(folder, `${++count}`) })
      await store.memory.snapshot_restore({ id: snapshot, dir: join(folder, `${count}`), to: file })
      await expect(store.memory.share({ id, to: file })).rejects.toMatchObject({
        code: 'DUPLICATE',
        message: expect.stringContaining(`${id} is in that store already`),
      })
    })

    it('one that is forgotten as soon as it is closed', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'a fact' })
      await expect(store.memory.share({ id, to: 'memory:' })).rejects.toMatchObject({
        code: expect.stringMatching(/./),
      })
    })

    it('what is no store', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'a fact' })
      const file = `${newFile()}.md`
      copyFileSync(join(import.meta.dirname, '../../README.md'), file)
      const error = await store.memory.share({ id, to: file }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: expect.stringMatching(/NOT_A_STORE|STORE_UNAVAILABLE/) })
      expect(readFileSync(file, 'utf8')).toMatch(/^#/)
    })
  })
}
