import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder, newStore, run } from './cli-process.ts'

/** An account that permissions bind: root reads and writes everything. */
const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {}

function giveToNobody(...paths: string[]): void {
  if (nobody.uid !== undefined) for (const path of paths) chownSync(path, nobody.uid, nobody.uid)
}

async function mustRefuse(store: string, code: number, says: string): Promise<void> {
  for (const args of [['recall', 'port'], ['remember', 'a fact'], ['status']]) {
    const ended = await run([...args, '--store', store])
    expect.soft(ended, args[0]).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
    expect.soft(ended.stderr, args[0]).toMatch(/^heirloom: [^\n]+\n$/)
  }
}

test('a folder is no store', async () => {
  const folder = newFolder()
  await mustRefuse(folder, 3, 'is a folder. Name a file in it')
  expect(readdirSync(folder)).toEqual([])
})

test('a file of other bytes is no store and keeps them', async () => {
  const file = join(newFolder(), 'noise.db')
  const noise = randomBytes(5000)
  writeFileSync(file, noise)
  await mustRefuse(file, 3, 'is not a SQLite database')
  expect(readFileSync(file)).toEqual(noise)
})

test('another program’s database is no store and keeps its bytes', async () => {
  const folder = newFolder()
  const file = join(folder, 'other.db')
  const other = new Database(file)
  other.exec('create table things (name text)')
  other.close()
  const before = readFileSync(file)
  await mustRefuse(file, 3, "another program's database")
  expect(readFileSync(file)).toEqual(before)
  expect(readdirSync(folder)).toEqual(['other.db'])
})

test('reading makes no store; writing makes one, but no folder', async () => {
  const folder = newFolder()
  const read = await run(['recall', 'port', '--store', join(folder, 'new.db')])
  expect(read).toMatchObject({ code: 3, stderr: expect.stringContaining('heirloom init --store') })
  const write = await run(['remember', 'a fact', '--store', join(folder, 'missing', 'new.db')])
  expect(write).toMatchObject({ code: 1, stderr: expect.stringContaining('does not exist. Make it first') })
  expect(readdirSync(folder)).toEqual([])
})

test('a store of a newer build is refused and keeps its bytes', async () => {
  const { store, heirloom } = newStore()
  await heirloom(['remember', 'a fact'])
  const database = new Database(store)
  database.pragma('user_version = 9999')
  database.pragma('wal_checkpoint(truncate)')
  database.close()
  const before = readFileSync(store)
  await mustRefuse(store, 3, '9999')
  expect(readFileSync(store)).toEqual(before)
})

test('a store that may not be read is told', async () => {
  const { folder, store, heirloom } = newStore()
  await heirloom(['remember', 'a fact'])
  chmodSync(folder, 0o755)
  giveToNobody(folder, store)
  chmodSync(store, 0o000)
  for (const args of [
    ['recall', 'fact'],
    ['remember', 'another'],
  ]) {
    const ended = await heirloom(args, nobody)
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`${store} cannot be opened`),
    })
  }
})

test('a store that may not be written to is told', async () => {
  const { folder, store, heirloom } = newStore()
  await heirloom(['remember', 'a fact'])
  giveToNobody(folder, store)
  chmodSync(store, 0o444)
  chmodSync(folder, 0o555)
  const before = readFileSync(store)
  const ended = await heirloom(['remember', 'another'], nobody)
  chmodSync(folder, 0o755)
  expect(ended).toMatchObject({ stdout: '', stderr: expect.stringMatching(/cannot be (written to|opened)/) })
  expect([1, 3]).toContain(ended.code)
  expect(readFileSync(store)).toEqual(before)
})

test('a full disk is told, and what was stored before is there', async context => {
  const disk = join(newFolder(), 'disk')
  mkdirSync(disk)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
  if (mounted.status !== 0) return context.skip('a small disk can only be mounted as root')
  onTestFinished(() => void execFileSync('umount', ['-l', disk]))
  const store = join(disk, 'memories.db')
  expect((await run(['remember', 'the first one', '--store', store])).code).toBe(0)
  const notes = Array.from(
    { length: 40 },
    (_, number) => `# Part ${number}\n\n${randomBytes(9000).toString('base64')}\n`,
  )
  const ended = await run(['ingest', '-', '--name', 'notes.md', '--store', store], {
    stdin: notes.join('\n'),
  })
  expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is full') })
  const found = JSON.parse((await run(['list', '--json', '--store', store])).stdout)
  expect(found).toMatchObject({ total: 1, results: [{ content: 'the first one' }] })
})

test('an address that is none, or a server that is not there, is told without the password', async () => {
  await mustRefuse('postgres://[bad', 2, 'store: not a URL')
  await mustRefuse('mysql://localhost/a', 2, '"mysql:" is not known')
  await mustRefuse('postgres://ada:secret@127.0.0.1:1/team', 1, 'cannot be reached')
  const { stderr } = await run(['status', '--store', 'postgres://ada:secret@127.0.0.1:1/team'])
  expect(stderr).toContain('postgres://ada:***@127.0.0.1:1/team')
  expect(await run(['status', '--store', 'postgres://127.0.0.1/team?schema=no-such;'])).toMatchObject({
    code: 2,
  })
  expect(await run(['status', '--store', ''])).toMatchObject({ code: 2 })
})

test('a broken journal and a damaged index are problems found', async () => {
  const { store, heirloom } = newStore()
  await heirloom(['remember', 'a fact'])
  const database = new Database(store)
  database.exec("update journal set operation = 'forged'")
  database.close()
  const journal = await heirloom(['journal', '--verify'])
  expect(journal).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('✗ The chain is broken at entry 1'),
  })
  const doctor = await heirloom(['doctor'])
  expect(doctor).toMatchObject({ code: 4, stdout: expect.stringContaining('✗ journal') })
  expect(doctor.stdout).toContain('1 problem found.')
})

test('PostgreSQL in process answers as SQLite does, and init twice is a no-op', async () => {
  const store = `pglite:${join(newFolder(), 'cluster')}`
  expect((await run(['init', '--store', store])).stdout).toContain('Made the store')
  expect((await run(['init', '--store', store])).stdout).toContain('Nothing to do')
  const kept = await run(['remember', 'The staging API listens on port 8080', '--store', store])
  expect(kept).toMatchObject({ code: 0, stdout: expect.stringContaining('Remembered') })
  const found = await run(['recall', 'staging port', '--store', store])
  expect(found.stdout).toContain('1  The staging API listens on port 8080')
})

test('the package as it is built has the thread of ONNX models', async () => {
  const { folder, heirloom } = newStore()
  const ended = await heirloom(['space', 'add', `transformers:${folder}`], {
    env: { HEIRLOOM_TEST_TRANSFORMERS: '' },
  })
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('Install it beside heirloom') })
})
