/** Stores that somebody spoilt, and places that a store cannot be kept in. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openHeirloom } from '../../../src/heirloom.ts'
import { buildFolder, bundle } from '../../kit/builds.ts'
import { openReal } from '../../kit/child.ts'
import { IS_THOROUGH, temporaryFolder } from '../../kit/engines.ts'
import { settle } from '../../kit/index-states.ts'
import { expectSound } from '../../kit/invariants.ts'
import { openInChild } from '../../kit/lock-child.ts'
import { filePlace, filePlaces, pglitePlaces } from '../../kit/places.ts'
import {
  digestBesideLinks,
  expectOnlyLinksToSuccessors,
  refusal,
  stampedVersions,
} from '../../kit/schema-states.ts'
import { badInputCases } from './bad-input-cases.ts'

const FIXTURE = join(import.meta.dirname, '../../fixtures/stores/0001.db')

const kit = filePlaces()
const folder = temporaryFolder()
const built = buildFolder()
let main = ''

beforeAll(async () => {
  main = await bundle('src/surfaces/main.ts', { folder: built })
  chmodSync(built, 0o755)
  chmodSync(folder, 0o755)
})

badInputCases(kit)
if (IS_THOROUGH) badInputCases(pglitePlaces())

function heirloom(store: string, args: readonly string[], own: { uid?: number; gid?: number } = {}) {
  const script = `import(${JSON.stringify(main)}).then(({ main }) => main(process.argv.slice(1)))`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['-e', script, '--', '--store', store, ...args],
    { encoding: 'utf8', cwd: '/', env: { PATH: process.env.PATH ?? '', NO_COLOR: '1' }, ...own },
  )
  return { status, stdout, stderr }
}

describe('a file that may only be read', () => {
  // Permissions bind everybody but root.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

  it('and is old is not migrated, and keeps its bytes', () => {
    const own = join(folder, 'read-only')
    mkdirSync(own)
    chmodSync(own, 0o777)
    const store = join(own, 'old.db')
    copyFileSync(FIXTURE, store)
    chmodSync(store, 0o444)
    const { status, stderr } = heirloom(store, ['recall', 'staging'], nobody)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/cannot be written to/)
    expect(readFileSync(store)).toEqual(readFileSync(FIXTURE))
  })

  it('and whose index is not whole is read as it is', async () => {
    const own = join(folder, 'unfinished')
    mkdirSync(own)
    const store = join(own, 'store.db')
    copyFileSync(FIXTURE, store)
    const place = filePlace(store)
    await (await place.change())[Symbol.asyncDispose]()
    await place.script("update artefacts set digest = 'other' where name = 'keyword'")
    await settle(place)
    for (const end of ['.lock', '.lock.json']) rmSync(`${store}${end}`, { force: true })
    chmodSync(own, 0o777)
    chmodSync(store, 0o444)
    const before = readFileSync(store)
    expect(heirloom(store, ['list'], nobody)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('From pier seven'),
    })
    expect(heirloom(store, ['recall', 'staging'], nobody)).toMatchObject({ status: 0 })
    expect(readFileSync(store)).toEqual(before)
  })
})

describe('a path that vanished', () => {
  it('is told before anything is made', async () => {
    const store = join(folder, 'gone', 'store.db')
    expect(await refusal(openHeirloom({ store }))).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await refusal(openHeirloom({ store, mode: 'existing' }))).toMatchObject({
      code: 'NOT_INITIALISED',
    })
  })

  it('while the store was about to be rebuilt is told', async () => {
    const own = join(folder, 'vanishing')
    mkdirSync(own)
    copyFileSync(FIXTURE, join(own, 'store.db'))
    const engine = await filePlace(join(own, 'store.db')).connect()
    expect(await engine.survey()).toMatchObject({ kind: 'versioned', version: 1 })
    rmSync(own, { recursive: true })
    const taken = engine.exclusively('a test', async () => undefined)
    expect(await refusal(taken)).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await engine.close()
  })
})

describe('a disk that fills during migrate', () => {
  const disk = join(folder, 'disk')

  function mount(kilobytes: number): boolean {
    mkdirSync(disk, { recursive: true })
    const options = ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk]
    return spawnSync('mount', options).status === 0
  }

  it('leaves the store as it was, whenever it fills', async context => {
    if (!mount(64)) context.skip('only root may mount the small disk that this fills')
    spawnSync('umount', [disk])
    let [full, done] = [0, 0]
    await using untouched = await kit.fixture(1)
    const digest = await digestBesideLinks(untouched)
    for (let kilobytes = 304; done === 0; kilobytes += IS_THOROUGH ? 48 : 112) {
      mount(kilobytes)
      try {
        const store = join(disk, 'store.db')
        copyFileSync(FIXTURE, store)
        const place = filePlace(store)
        // A process of its own, so that one that a full disk kills takes nothing along.
        const { code, errors } = await openInChild(store, join(folder, 'kept'))
        if (code === 0) done++
        else {
          full++
          expect(errors).toContain('STORE_FULL')
          spawnSync('mount', ['-o', 'remount,size=8m', disk])
          expect(await stampedVersions(place, kit)).toMatchObject({ steps: expect.arrayContaining([1]) })
          expect(await digestBesideLinks(place)).toBe(digest)
          await using opened = await openReal(store)
          expect(await digestBesideLinks(place)).toBe(digest)
          await expectOnlyLinksToSuccessors(place)
          await expectSound(opened)
        }
      } finally {
        spawnSync('umount', [disk])
      }
    }
    expect(full).toBeGreaterThan(2)
  })
})
