import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import { temporaryFolder } from '../../kit/engines.ts'
import { fill, namesIn, onPglite, open, rememberMany, type Subject } from './kit.ts'

const folder = temporaryFolder()
const openPglite = onPglite()
let count = 0
const fresh = () => join(folder, `${++count}.snapshots`)

const WAYS: readonly [string, () => Promise<Subject>, () => Promise<Subject>][] = [
  ['SQLite to SQLite', () => open(), () => open({ store: join(folder, `${++count}.db`) })],
  ['SQLite to PGlite', () => open(), openPglite],
  ['PGlite to SQLite', openPglite, () => open()],
  ['PGlite to PGlite', openPglite, openPglite],
]

it.each(WAYS)('comes back with the same digests: %s', async (_name, from, to) => {
  await using source = await from()
  await using target = await to()
  await fill(source)
  const dir = fresh()
  const { id, digest, tables } = await source.snapshot(dir, { tag: 'first', reason: 'a test' })
  const before = await source.digest()
  expect(digest).toEqual({ state: before.state, full: before.full })
  expect(tables).toEqual(before.tables)
  expect(await verifySnapshot(dir, id)).toEqual({ ok: true, problems: [], digest })

  await target.restore({ folder: dir, id })
  expect(await target.digest()).toEqual(before)
  expect((await target.memory.list({ tags: ['note'] })).total).toBe(7)
  expect((await target.memory.journal({ verify: true })).verification?.ok).toBe(true)
  const again = await target.snapshot(fresh())
  expect(again.digest).toEqual(digest)
  expect(again.parts.map(({ hash }) => hash)).toEqual(
    (await source.snapshot(dir)).parts.map(({ hash }) => hash),
  )
})

it('replaces what is there only when told to, and then all of it', async () => {
  await using source = await open()
  await using target = await openPglite()
  await fill(source)
  await rememberMany(target, 3)
  const { id, digest } = await source.snapshot(fresh())
  const dir = join(folder, `${count}.snapshots`)
  const before = await target.digest()
  await expect(target.restore({ folder: dir, id })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/holds 3 memories, 3 journal entries.*--replace/),
  })
  expect(await target.digest()).toEqual(before)
  await target.restore({ folder: dir, id, replace: true })
  expect(await target.digest()).toMatchObject(digest ?? {})
})

it('goes back to an earlier moment of the same store', async () => {
  await using store = await open({ store: join(folder, 'back.db') })
  const [first] = await rememberMany(store, 5)
  const dir = fresh()
  const { id, digest } = await store.snapshot(dir)
  await store.memory.revise({ id: first!, content: 'said anew' })
  await rememberMany(store, 7)
  await store.restore({ folder: dir, id, replace: true })
  expect(await store.digest()).toMatchObject(digest ?? {})
  await store.memory.remember({ content: 'life goes on' })
  expect((await store.memory.journal({ verify: true })).verification?.ok).toBe(true)
})

it('changes nothing when cancelled, on either side', async () => {
  await using source = await open()
  await using target = await open()
  await rememberMany(source, 60)
  const dir = fresh()
  const stop = new AbortController()
  const progress = () => stop.abort()
  const options = { signal: stop.signal, progress }
  await expect(source.snapshot(dir, options)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(namesIn(dir).filter(name => /\.(json|making|tmp)$/.test(name))).toEqual([])
  const { id } = await source.snapshot(dir)
  const before = await target.digest()
  await expect(target.restore({ folder: dir, id, ...options })).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await target.digest()).toEqual(before)
})

it('an empty store has a snapshot too', async () => {
  await using source = await open()
  await using target = await openPglite()
  const dir = fresh()
  const { id } = await source.snapshot(dir)
  await target.restore({ folder: dir, id })
  expect(await target.digest()).toEqual(await source.digest())
})

it('tells its progress', async () => {
  await using store = await open()
  await rememberMany(store, 5)
  const seen: string[] = []
  await store.snapshot(fresh(), {
    progress: ({ done, total, item }) => {
      expect(done).toBeLessThanOrEqual(total)
      seen.push(item)
    },
  })
  expect(new Set(seen)).toEqual(
    new Set(['tenants', 'users', 'memories', 'journal', 'journal_payloads', 'reading the snapshot back']),
  )
})
