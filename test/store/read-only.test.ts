/** Stores that this user may only read, or not reach. As root the children are nobody, whom permissions bind. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { temporaryFolder } from '../kit/engines.ts'

const MAIN = join(import.meta.dirname, '../../dist/main.js')
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

const root = temporaryFolder()
let count = 0
let folder = ''
let store = ''

function heirloom(args: readonly string[], at = store) {
  const script = `import(${JSON.stringify(MAIN)}).then(({ main }) => main(process.argv.slice(1)))`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['-e', script, '--', '--store', at, ...args],
    { encoding: 'utf8', cwd: root, ...nobody },
  )
  return { code: status, stdout, stderr }
}

beforeEach(async () => {
  chmodSync(root, 0o755)
  folder = join(root, `${++count}`)
  mkdirSync(folder)
  store = join(folder, 'memories.db')
  const memory = await openHeirloom({ store, mode: 'initialise' })
  await memory.remember({ content: 'A fact about wombats' })
  await memory.close()
  chmodSync(store, 0o444)
})

describe('a store that may only be read', () => {
  it('is read, and doctor says what it could not check', () => {
    chmodSync(folder, 0o777)
    const before = readFileSync(store)
    const doctor = heirloom(['doctor'])
    expect(doctor).toMatchObject({ code: 0, stderr: '' })
    expect(doctor.stdout).toMatch(/✓ database.*not checked: .*read-only here/)
    expect(doctor.stdout).toContain('All is well.')
    for (const args of [['recall', 'wombats'], ['list'], ['status']]) {
      expect(heirloom(args)).toMatchObject({ code: 0, stderr: '' })
    }
    expect(heirloom(['status']).stdout).toContain('The store may only be read here')
    expect(heirloom(['recall', 'wombats']).stdout).toContain('A fact about wombats')
    expect(heirloom(['remember', 'another']).stderr).toContain('cannot be written to')
    expect(readFileSync(store)).toEqual(before)
  })

  it('in a folder that may only be read is told why that is not enough', () => {
    chmodSync(folder, 0o555)
    for (const args of [['doctor'], ['status'], ['list'], ['recall', 'wombats'], ['remember', 'another']]) {
      const { code, stdout, stderr } = heirloom(args)
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      expect(stderr).toContain(`may not write to ${folder}`)
      expect(stderr).toMatch(/memories\.db-shm and memories\.db-wal.*Copy the store/)
    }
    chmodSync(folder, 0o755)
  })
})

describe('a path that leads nowhere', () => {
  const paths: readonly [string, () => string, RegExp][] = [
    ['through a folder that may not be entered', () => join(closed(), 'a.db'), /may not look into a folder/],
    ['through a file', () => join(store, 'a.db'), /is a file and not a folder/],
    ['in a circle', () => join(circle(), 'a.db'), /in a circle/],
    ['too far', () => join(folder, `${'a'.repeat(300)}.db`), /too long/],
  ]
  it.each(paths)('%s is told with its remedy', (_what, path, reason) => {
    const there = path()
    for (const args of [['status'], ['remember', 'a fact']]) {
      const { stdout, stderr } = heirloom(args, there)
      expect(stdout).toBe('')
      expect(stderr).toContain(`${there} cannot be reached`)
      expect(stderr).toMatch(reason)
      expect(stderr).toMatch(/--store/)
    }
  })
})

function closed(): string {
  const path = join(folder, 'closed')
  mkdirSync(path, { mode: 0o700 })
  if (nobody.uid === undefined) chmodSync(path, 0o000)
  return path
}

function circle(): string {
  const path = join(folder, 'circle')
  symlinkSync('circle', path)
  return path
}
