import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { partName } from '../../../src/evolve/snapshot/folder.ts'
import type { Manifest } from '../../../src/evolve/snapshot/manifest.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import { openHeirloom } from '../../../src/heirloom.ts'
import { temporaryFolder } from '../../kit/engines.ts'
import { bytesIn, namesIn, open, partPath, rememberMany, type Subject, tamper } from './kit.ts'

const folder = temporaryFolder()

function newParts(before: Manifest, after: Manifest) {
  const known = new Set(before.parts.map(({ hash }) => hash))
  return after.parts.filter(({ hash }) => !known.has(hash))
}

/** The journal's chain: where one is the beginning of another, so is what was done. */
async function hashes({ engine }: Subject): Promise<string[]> {
  const rows = await engine.read(db => db.selectFrom('journal').select('hash').orderBy('sequence').execute())
  return rows.map(({ hash }) => hash)
}

it('takes at most a tenth again after one hundredth was appended', async () => {
  await using store = await open()
  const dir = join(folder, 'appended')
  await rememberMany(store, 2000)
  const first = await store.snapshot(dir)
  const whole = bytesIn(dir)
  await rememberMany(store, 20)
  const second = await store.snapshot(dir)
  expect((bytesIn(dir) - whole) / whole).toBeLessThan(0.1)
  expect(newParts(first, second).length).toBeLessThanOrEqual(6)
  expect(await verifySnapshot(dir, first.id)).toMatchObject({ ok: true })
  expect(await verifySnapshot(dir, second.id)).toMatchObject({ ok: true })
})

it('writes one part of a table again after one edit in the middle', async () => {
  await using store = await open()
  const dir = join(folder, 'edited')
  const ids = await rememberMany(store, 1000)
  const first = await store.snapshot(dir)
  await store.memory.revise({ id: ids[500]!, content: 'quite another text' })
  const second = await store.snapshot(dir)
  const parts = newParts(first, second).map(({ table }) => table)
  expect(parts.filter(table => table === 'memories')).toHaveLength(1)
  expect(parts.filter(table => table === 'users')).toHaveLength(0)
})

it('two snapshots of one state differ in their manifests alone', async () => {
  await using store = await open()
  const dir = join(folder, 'same')
  await rememberMany(store, 100)
  const first = await store.snapshot(dir)
  const files = namesIn(dir)
  const second = await store.snapshot(dir)
  expect(second.digest).toEqual(first.digest)
  expect(namesIn(dir)).toEqual([...files, `${second.id}.json`].sort())
})

it('writes a damaged part anew instead of relying on it, which heals earlier snapshots', async () => {
  await using store = await open()
  const dir = join(folder, 'healed')
  await rememberMany(store, 50)
  const first = await store.snapshot(dir)
  for (const part of first.parts) tamper(partPath(dir, part), bytes => bytes.subarray(0, bytes.length >> 1))
  expect(await verifySnapshot(dir, first.id)).toMatchObject({ ok: false })
  await store.snapshot(dir)
  expect(await verifySnapshot(dir, first.id)).toMatchObject({ ok: true })
})

it('keeps a part of the parts when a row is fat', async () => {
  await using store = await open()
  for (let n = 0; n < 80; n++) await store.memory.remember({ content: `${n} ${'long winded '.repeat(5000)}` })
  const { parts } = await store.snapshot(join(folder, 'fat'))
  const memories = parts.filter(({ table }) => table === 'memories')
  expect(memories.length).toBeGreaterThan(1)
  expect(Math.max(...parts.map(({ bytes }) => bytes))).toBeLessThan(4 * 1024 * 1024)
})

it('is one moment of the store while others write', async () => {
  const store = join(folder, 'busy.db')
  await using subject = await open({ store })
  await rememberMany(subject, 300)
  await using writer = await openHeirloom({ store, embedder: 'none' })
  const dir = join(folder, 'busy')
  let writing = true
  const written = (async () => {
    let count = 0
    while (writing) {
      await writer.remember({ content: `written meanwhile ${count++}`, tags: ['late'] })
      await new Promise(resolve => setImmediate(resolve))
    }
    return count
  })()
  const manifests = [await subject.snapshot(dir), await subject.snapshot(dir), await subject.snapshot(dir)]
  writing = false
  expect(await written).toBeGreaterThan(0)
  for (const { id, tables, digest } of manifests) {
    expect(await verifySnapshot(dir, id)).toEqual({ ok: true, problems: [], digest })
    // Each memory came with its entry: the moment lies between two transactions.
    expect(tables.memories?.rows).toBe(tables.journal?.rows)
    await using past = await open()
    await past.restore({ folder: dir, id })
    expect((await past.digest()).full).toBe(digest?.full)
    const chain = await hashes(past)
    expect(chain).toEqual((await hashes(subject)).slice(0, chain.length))
  }
})

it('copies the file on SQLite, equal to its store', async () => {
  await using store = await open({ store: join(folder, 'file.db') })
  await rememberMany(store, 30)
  const dir = join(folder, 'file')
  const digestOfFile = async (path: string) => {
    const copy = join(folder, 'looked-at.db')
    copyFileSync(path, copy)
    await using opened = await open({ store: copy })
    return opened.digest()
  }
  const manifest = await store.snapshot(dir, { kind: 'file', digestOfFile })
  expect(manifest.digest?.full).toBe((await store.digest()).full)
  expect(manifest.parts).toHaveLength(1)
  expect(namesIn(dir)).toEqual(
    [`${manifest.id}.json`, 'parts', partName(manifest.parts[0]!.hash, 'file')].sort(),
  )
  expect(await verifySnapshot(dir, manifest.id, { digestOfFile })).toMatchObject({ ok: true })
  const path = partPath(dir, manifest.parts[0]!, 'file')
  tamper(path, bytes => bytes.subarray(0, bytes.length - 4096))
  expect((await verifySnapshot(dir, manifest.id)).problems).toEqual([
    expect.stringMatching(/^part database parts.*is torn or altered: \d+ bytes of \d+$/),
  ])
})
