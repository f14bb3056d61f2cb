import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type DiffOptions, diffSnapshots } from '../../../src/evolve/snapshot/diff.ts'
import { IS_THOROUGH, temporaryFolder } from '../../kit/engines.ts'
import { fill, flipped, onPglite, open, partPath, rememberMany, type Subject, tamper } from './kit.ts'

const folder = temporaryFolder()
const openPglite = onPglite()

function live({ engine }: Subject, options: Omit<DiffOptions, 'after'>) {
  return engine.read(async db =>
    diffSnapshots({ ...options, after: { db, present: await engine.tableNames(db) } }),
  )
}

const ENGINES = [['SQLite', () => open()] as const, ...(IS_THOROUGH ? [['PGlite', openPglite] as const] : [])]

it.each(ENGINES)('counts and names what changed: %s', async (name, opened) => {
  await using store = await opened()
  const dir = join(folder, name)
  const ids = await rememberMany(store, 200)
  await store.memory.remember({ content: 'one of Übung', project: 'Übung' })
  const { id: before } = await store.snapshot(dir)
  expect(await live(store, { folder: dir, before })).toEqual([])

  await store.memory.revise({ id: ids[10]!, content: 'said in another way' })
  const added = await rememberMany(store, 25)
  await store.memory.remember({ content: 'one of apollo', project: 'apollo' })
  const since = await live(store, { folder: dir, before })
  const byTable = Object.fromEntries(since.map(diff => [diff.table, diff]))
  expect(byTable.memories).toMatchObject({ added: 26, removed: 0, changed: 1 })
  expect(byTable.memories?.ids.changed).toEqual([ids[10]])
  expect(byTable.memories?.ids.added).toEqual(added.slice(0, 20))
  expect(byTable.memory_revisions).toMatchObject({ added: 1, ids: { added: [`${ids[10]} 1`] } })
  expect(byTable.projects).toMatchObject({ added: 1, removed: 0, changed: 0, ids: { added: ['apollo'] } })
  expect(byTable.users).toBeUndefined()

  const { id: after } = await store.snapshot(dir)
  expect(await diffSnapshots({ folder: dir, before, after })).toEqual(since)
  const back = await diffSnapshots({ folder: dir, before: after, after: before })
  expect(back.find(({ table }) => table === 'memories')).toMatchObject({ added: 0, removed: 26, changed: 1 })
})

it('finds nothing between a store and its twin on the other engine', async () => {
  await using store = await open()
  await using twin = await openPglite()
  await fill(store)
  const dir = join(folder, 'twins')
  const { id } = await store.snapshot(dir)
  await twin.restore({ folder: dir, id })
  expect(await live(twin, { folder: dir, before: id })).toEqual([])
})

it('does not read parts that both have, and names a damaged one that it must read', async () => {
  await using store = await open()
  const dir = join(folder, 'shared')
  await rememberMany(store, 300)
  const first = await store.snapshot(dir)
  await rememberMany(store, 3)
  const second = await store.snapshot(dir)
  const both = new Set(second.parts.map(({ hash }) => hash))
  const shared = first.parts.filter(({ hash }) => both.has(hash))
  const own = first.parts.filter(({ hash }) => !both.has(hash))
  for (const part of shared) tamper(partPath(dir, part), bytes => flipped(bytes, 99))
  const options = { folder: dir, before: first.id, after: second.id }
  expect((await diffSnapshots(options)).find(({ table }) => table === 'memories')?.added).toBe(3)
  tamper(partPath(dir, own[0]!), bytes => flipped(bytes, 99))
  await expect(diffSnapshots(options)).rejects.toMatchObject({
    code: 'SNAPSHOT_DAMAGED',
    message: expect.stringContaining(own[0]!.hash),
  })
})
