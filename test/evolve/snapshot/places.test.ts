import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderBeside, makeFolder, mustBeApart } from '../../../src/evolve/snapshot/folder.ts'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { temporaryFolder } from '../../kit/engines.ts'
import { open } from './kit.ts'

const folder = temporaryFolder()

it.each(['', '-wal', '-shm', '-journal', '.lock', '/below', '-wal/below', '.lock/deep/below'])(
  'refuses the store’s own file: <store>%s',
  async end => {
    const store = join(folder, 'own.db')
    await using subject = await open({ store })
    await expect(subject.snapshot(`${store}${end}`)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/belongs to the store's own file/),
    })
  },
)

it('refuses it through a link too, and any other file', async () => {
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'link'))
  const store = join(folder, 'real', 'linked.db')
  const code = 'INVALID_INPUT'
  await expect(mustBeApart(join(folder, 'link', 'linked.db-wal'), store)).rejects.toMatchObject({ code })
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  await using subject = await open({ store })
  await expect(subject.snapshot(file)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/is a file/),
  })
  await expect(subject.snapshot(join(file, 'below'))).rejects.toMatchObject({ code })
  await expect(subject.snapshot('')).rejects.toMatchObject({ code })
  expect((await subject.snapshot(folderBeside(store))).status).toBe('ok')
  expect(existsSync(`${store}.snapshots/parts`)).toBe(true)
})

it('knows what is beside a store', () => {
  expect(folderBeside('/a/b.db')).toBe('/a/b.db.snapshots')
  expect(folderBeside('pglite:/a/b')).toBe('/a/b.snapshots')
  for (const location of ['memory:', 'pglite:', 'postgres://host/db?schema=heirloom']) {
    expect(() => folderBeside(location)).toThrow(/--dir/)
  }
})

it('names near ones where an id is unknown', async () => {
  await using subject = await open()
  const dir = join(folder, 'near')
  await expect(verifySnapshot(dir, 'x')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/There are none there/),
  })
  expect(await listSnapshots(dir)).toEqual([])
  const { id } = await subject.snapshot(dir)
  expect(id).toMatch(/^20260101-000000-[0-9a-f]{8}$/)
  await expect(verifySnapshot(dir, id.slice(0, 12))).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(id),
  })
})

it('an engine without a file has no copy of one', async () => {
  await using subject = await open()
  const { engine } = subject
  expect(engine.copyFile).toBeNull()
  await expect(subject.snapshot(join(folder, 'none'), { kind: 'file' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  })
})

it.runIf(process.platform === 'linux')('gives up where no folder can be made', async () => {
  await using subject = await open({ store: join(folder, 'nowhere.db') })
  for (const place of ['/proc/snapshots', '/proc/snapshots/below']) {
    await expect(subject.snapshot(place)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  }
})

it('is made by several at once', async () => {
  for (let round = 0; round < 20; round++) {
    const place = join(folder, `round ${round}`, 'deep', 'deeper')
    await Promise.all(Array.from({ length: 5 }, () => makeFolder(place)))
    expect(statSync(join(place, 'parts')).isDirectory()).toBe(true)
  }
})

it.runIf(process.platform !== 'win32')(
  'is for nobody else to read, whatever the store’s rights are',
  async () => {
    const store = join(folder, 'rights.db')
    await using subject = await open({ store })
    await subject.memory.remember({ content: 'a secret' })
    for (const kind of ['rows', 'file'] as const) await subject.snapshot(`${store}.snapshots`, { kind })
    const paths = readdirSync(`${store}.snapshots`, { recursive: true, encoding: 'utf8' })
    expect(paths.length).toBeGreaterThan(4)
    for (const path of ['', ...paths]) {
      expect(statSync(join(`${store}.snapshots`, path)).mode & 0o077, path).toBe(0)
    }
  },
)

it('of a newer store that admits this build copies the file, and no rows that it might not know', async () => {
  const store = join(folder, 'newer.db')
  await using subject = await open({ store })
  await subject.engine.exclusively('a test', held =>
    held.write(async change => {
      await change.script(`insert into schema_history (version, name, checksum, floor, applied_at, applied_by)
        select max(version) + 1, 'later', 'x', max(version), '2026-01-01T00:00:00.000Z', 'a newer build'
        from schema_history`)
      await subject.engine.stamp(change, SCHEMA_VERSION + 1)
    }),
  )
  await expect(subject.snapshot(`${store}.snapshots`)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  expect(await subject.snapshot(`${store}.snapshots`, { kind: 'file' })).toMatchObject({
    schema_version: SCHEMA_VERSION + 1,
  })
})
