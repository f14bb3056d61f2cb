import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { filePlace } from '../kit/places.ts'
import { digestBesideLinks, digestOf, expectOnlyLinksToSuccessors } from '../kit/schema-states.ts'
import { newStore, ROOT, run } from './cli-process.ts'

const FIXTURES = join(ROOT, 'test', 'fixtures', 'stores')
const NEWEST = readdirSync(FIXTURES).filter(name => name.endsWith('.db')).length

const keys = (value: object) => Object.keys(value).sort()

const SNAPSHOT_KEYS = [
  'id',
  'kind',
  'created_at',
  'tag',
  'reason',
  'digest',
  'full',
  'schema_version',
  'memories',
  'parts',
  'bytes',
  'stored_bytes',
]

/** The program on a copy of the store that the build of that schema version made. */
function oldStore(version: number) {
  const made = newStore()
  copyFileSync(join(FIXTURES, `${String(version).padStart(4, '0')}.db`), made.store)
  return made
}

async function filled() {
  const made = newStore()
  for (const text of ['Staging listens on port 8080', 'Deploys run on Tuesdays'])
    await made.heirloom(['remember', text])
  // The full digest covers vectors: none shall come in the background while digests are compared.
  await made.heirloom(['embed', '--drain'])
  return made
}

/** Those between are tried by the tests of migrations, without a process for each call. */
describe.each([1, NEWEST - 1])('a store of schema %i', version => {
  test('shows the steps with their SQL, and keeps its bytes', async () => {
    const { store, heirloom, json } = oldStore(version)
    const before = readFileSync(store)
    const plan = await json(['migrate', '--plan'])
    expect(keys(plan)).toEqual(
      [
        'store',
        'engine',
        'from',
        'to',
        'steps',
        'applied',
        'rehearsal',
        'snapshot',
        'digest',
        'memories',
        'rebuilt',
        'receipt',
        'notices',
      ].sort(),
    )
    expect(plan).toMatchObject({ store, engine: 'sqlite', from: version, to: NEWEST, applied: false })
    expect(plan.steps.map((step: { version: number }) => step.version)).toEqual(
      Array.from({ length: NEWEST - version }, (_, index) => version + 1 + index),
    )
    for (const step of plan.steps) {
      expect(keys(step)).toEqual(['version', 'name', 'summary', 'strategy', 'floor', 'sql', 'seconds'].sort())
      expect(step).toMatchObject({ seconds: null, sql: expect.stringMatching(/\b(table|index)\b/) })
    }
    const shown = await heirloom(['migrate', '--plan'])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    for (const { sql } of plan.steps) expect(shown.stdout).toContain(sql.split('\n')[0])
    expect(shown.stdout).toContain('Nothing was written')
    expect(readFileSync(store)).toEqual(before)
    expect(existsSync(`${store}.snapshots`)).toBe(false)
  })

  test('is tried on a copy, which proves the digest and leaves the store alone', async () => {
    const { folder, store, json } = oldStore(version)
    const before = readFileSync(store)
    const tried = await json(['migrate', '--on-copy'])
    expect(tried).toMatchObject({ applied: false, rehearsal: true, receipt: null, snapshot: null })
    expect(tried.digest.after).toBe(tried.digest.before)
    expect(tried.memories).toBeGreaterThan(0)
    for (const { seconds } of tried.steps) expect(seconds).toBeGreaterThanOrEqual(0)
    expect(readFileSync(store)).toEqual(before)
    expect(readdirSync(folder).filter(name => /rehearsal|snapshots/.test(name))).toEqual([])
  })

  test('is moved with a receipt, and its snapshot brings the old one back', async () => {
    const { folder, store, heirloom, json } = oldStore(version)
    const planned = await json(['migrate', '--on-copy'])
    const moved = await json(['migrate'])
    expect(moved).toMatchObject({ applied: true, from: version, to: NEWEST, digest: planned.digest })
    expect(moved.snapshot.folder).toBe(`${store}.snapshots`)
    expect(moved.digest.after).toBe(moved.digest.before)
    // Whoever opens it first adds its links.
    await json(['digest'])
    // The first schema that keeps links has others, too.
    if (version < 5) {
      expect(await digestBesideLinks(filePlace(store))).toBe(moved.digest.after)
      await expectOnlyLinksToSuccessors(filePlace(store))
    } else expect(await digestOf(filePlace(store))).toBe(moved.digest.after)
    expect((await json(['doctor'])).ok).toBe(true)
    const [receipt] = (await json(['runs', moved.receipt])).runs
    expect(receipt).toMatchObject({ kind: 'migrate', status: 'done', snapshot: moved.snapshot.id })
    expect(receipt.receipt.digest).toEqual(moved.digest)

    expect((await heirloom(['snapshot', 'verify', moved.snapshot.id])).code).toBe(0)
    const back = join(folder, 'back.db')
    const restored = await json(['snapshot', 'restore', moved.snapshot.id, '--to', back])
    expect(restored).toMatchObject({ kind: 'file', schema_version: version, digest: moved.digest.before })
    const again = await json(['migrate', '--plan', '--store', back])
    expect(again).toMatchObject({ from: version, to: NEWEST })

    const second = await heirloom(['migrate'])
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') })
  })
})

test('migrate stops at the version that is asked for, and refuses one that cannot be reached', async () => {
  const { heirloom, json } = oldStore(1)
  expect(await json(['migrate', '--to', '2'])).toMatchObject({ applied: true, from: 1, to: 2, receipt: null })
  expect(await json(['migrate', '--to', '2'])).toMatchObject({ applied: false, steps: [] })
  expect(await heirloom(['migrate', '--to', '1'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('steps only go forward'),
  })
  expect(await heirloom(['migrate', '--to', '99'])).toMatchObject({ code: 2 })
  expect(await json(['migrate'])).toMatchObject({ applied: true, from: 2, to: NEWEST })
})

test('a receipt for people says how to go back, and that way leads back', async () => {
  const { folder, heirloom } = oldStore(1)
  const { stdout } = await heirloom(['migrate'])
  const [, words = ''] = /go back +heirloom (.*) --to <a new place>/.exec(stdout) ?? []
  const back = await heirloom([...words.split(' '), '--to', join(folder, 'back.db')])
  expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining('schema 1') })
})

test('where there is no store, nothing is migrated or copied, and nothing is made', async () => {
  const { folder, heirloom } = newStore()
  for (const args of [['migrate'], ['migrate', '--plan'], ['snapshot', 'create']]) {
    const ended = await heirloom(args)
    expect(ended, args.join(' ')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('heirloom init --store'),
    })
  }
  expect(readdirSync(folder)).toEqual([])
})

test('a newcomer takes, lists, checks, compares and brings back', async () => {
  const { folder, store, heirloom, json } = await filled()
  const made = await json(['snapshot', 'create', '--tag', 'first', '--reason', 'before a try'])
  expect(keys(made)).toEqual(['store', 'folder', ...SNAPSHOT_KEYS].sort())
  expect(made).toMatchObject({ store, folder: `${store}.snapshots`, kind: 'rows', memories: 2, tag: 'first' })
  expect(made.digest).toBe((await json(['digest'])).digest)

  const { id: added } = await json(['remember', 'The VPN needs a token'])
  const diff = await json(['snapshot', 'diff', made.id])
  expect(diff.tables[0]).toEqual({
    table: 'memories',
    added: 1,
    removed: 0,
    changed: 0,
    ids: { added: [added], removed: [], changed: [] },
  })
  const second = await json(['snapshot', 'create'])
  expect((await json(['snapshot', 'diff', made.id, second.id])).tables).toEqual(diff.tables)
  expect((await heirloom(['snapshot', 'diff', second.id])).stdout).toContain('Nothing changed')

  const listed = await json(['snapshot', 'list'])
  expect(listed.snapshots.map(({ id }: { id: string }) => id)).toEqual([second.id, made.id])
  expect(keys(listed.snapshots[0])).toEqual(['status', ...SNAPSHOT_KEYS].sort())
  expect((await heirloom(['snapshot', 'list'])).stdout).toContain('first · before a try')
  expect(await json(['snapshot', 'verify', made.id])).toEqual({
    id: made.id,
    folder: made.folder,
    ok: true,
    problems: [],
    digest: made.digest,
  })

  const to = join(folder, 'restored.db')
  const restored = await json(['snapshot', 'restore', made.id, '--to', to])
  expect(restored).toEqual({
    id: made.id,
    to,
    kind: 'rows',
    schema_version: made.schema_version,
    set_aside: null,
    memories: 2,
    digest: made.digest,
    receipt: expect.any(String),
    notices: [],
  })
  expect((await json(['digest', '--store', to])).full).toBe(made.full)
  expect((await json(['doctor', '--store', to])).ok).toBe(true)
})

test('a store that holds something is replaced only when that is said', async () => {
  const { store, heirloom, json } = await filled()
  for (const kind of ['rows', 'file']) {
    const made = await json(['snapshot', 'create', '--kind', kind])
    await heirloom(['remember', `said after the snapshot of ${kind}`])
    const restore = ['snapshot', 'restore', made.id, '--to', store]
    const refused = await heirloom(restore)
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--replace') })
    expect((await json(['digest'])).digest).not.toBe(made.digest)
    expect(await heirloom([...restore, '--replace'])).toMatchObject({ code: 0, stderr: '' })
    expect((await json(['digest'])).full).toBe(made.full)
    expect((await json(['runs', '--limit', '1'])).runs[0]).toMatchObject({
      kind: 'restore',
      snapshot: made.id,
    })
  }
})

test('the copy of a file goes to a file alone, also in place of a store that this build cannot open', async () => {
  const { store, heirloom, json } = await filled()
  const { id, digest } = await json(['snapshot', 'create', '--kind', 'file'])
  const refused = await heirloom(['snapshot', 'restore', id, '--to', 'postgres://127.0.0.1:1/team'])
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Restore it to a path') })
  const database = new Database(store)
  database.pragma('user_version = 9999')
  database.close()
  expect(await heirloom(['snapshot', 'create'])).toMatchObject({ code: 3 })
  await heirloom(['snapshot', 'restore', id, '--to', store, '--replace'])
  expect((await json(['digest'])).digest).toBe(digest)
})

test('another program’s file is never replaced', async () => {
  const { folder, json, heirloom } = await filled()
  const { id } = await json(['snapshot', 'create', '--kind', 'file'])
  const other = join(folder, 'other.db')
  const database = new Database(other)
  database.exec('create table things (name text)')
  database.close()
  const noise = join(folder, 'noise.db')
  writeFileSync(noise, 'not a database, but somebody’s notes'.repeat(40))
  for (const file of [other, noise]) {
    const before = readFileSync(file)
    const ended = await heirloom(['snapshot', 'restore', id, '--to', file, '--replace'])
    expect(ended).toMatchObject({ code: 3, stdout: '' })
    expect(readFileSync(file)).toEqual(before)
  }
})

test('a damaged part is named by verify with exit 4, and restore makes nothing of it', async () => {
  const { folder, store, heirloom, json } = await filled()
  for (const kind of ['rows', 'file']) {
    const { id } = await json(['snapshot', 'create', '--kind', kind])
    const parts = join(`${store}.snapshots`, 'parts')
    const part = readdirSync(parts).find(name => name.endsWith(kind === 'rows' ? '.gz' : '.db'))!
    appendFileSync(join(parts, part), 'x')
    const verified = await heirloom(['snapshot', 'verify', id])
    expect(verified).toMatchObject({ code: 4, stdout: expect.stringContaining(part) })
    const machine = await run(['snapshot', 'verify', id, '--json', '--store', store])
    expect(machine.code).toBe(4)
    expect(JSON.parse(machine.stdout)).toMatchObject({ ok: false, digest: null })
    const to = join(folder, 'restored.db')
    for (const more of [[], ['--replace']]) {
      const ended = await heirloom(['snapshot', 'restore', id, '--to', to, ...more])
      expect(ended).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining(part) })
      expect(existsSync(to)).toBe(false)
    }
  }
})

test('the snapshots of a store that is lost are listed and brought back by its own address', async () => {
  const { store, heirloom, json } = await filled()
  const made = await json(['snapshot', 'create'])
  for (const end of ['', '-wal', '-shm']) rmSync(store + end, { force: true })
  expect((await json(['snapshot', 'list'])).snapshots).toMatchObject([{ id: made.id, status: 'ok' }])
  expect((await heirloom(['snapshot', 'verify', made.id])).code).toBe(0)
  await json(['snapshot', 'restore', made.id, '--to', store])
  expect((await json(['digest'])).full).toBe(made.full)
})

test('a snapshot that cannot be read is listed with its reason', async () => {
  const { store, heirloom, json } = await filled()
  const { id } = await json(['snapshot', 'create'])
  writeFileSync(join(`${store}.snapshots`, `${id}.json`), '{"torn')
  expect((await json(['snapshot', 'list'])).snapshots).toEqual([
    { id, status: 'damaged', problem: expect.stringContaining('torn') },
  ])
  expect((await heirloom(['snapshot', 'list'])).stdout).toContain('damaged: ')
  expect(await heirloom(['snapshot', 'restore', id, '--to', `${store}.2`])).toMatchObject({ code: 4 })
  expect((await heirloom(['snapshot', 'verify', '20260101-000000-00000000'])).stderr).toContain(`Near: ${id}`)
})

test('prune plans by rule, and removes only with --apply', async () => {
  const { heirloom, json } = await filled()
  const ids: string[] = []
  for (const tag of ['one', 'two', 'three']) {
    await heirloom(['remember', `a fact of round ${tag}`])
    ids.push((await json(['snapshot', 'create', '--tag', tag])).id)
  }
  expect(await heirloom(['snapshot', 'prune'])).toMatchObject({ code: 2 })
  const rule = ['snapshot', 'prune', '--keep-last', '1']
  const plan = await json(rule)
  expect(keys(plan)).toEqual(['applied', 'bytes_freed', 'folder', 'keep', 'parts_removed', 'remove'])
  expect(plan).toMatchObject({ applied: false, keep: [{ why: 'among the last 1' }] })
  expect(plan.remove).toHaveLength(2)
  expect((await heirloom(rule)).stdout).toContain('do it with --apply')
  expect((await json(['snapshot', 'list'])).snapshots).toHaveLength(3)
  expect(await json([...rule, '--apply'])).toMatchObject({ applied: true, remove: plan.remove })
  const { snapshots } = await json(['snapshot', 'list'])
  expect(snapshots).toHaveLength(1)
  expect((await heirloom(['snapshot', 'verify', snapshots[0].id])).code).toBe(0)
})

test('--dir puts snapshots elsewhere, also for a store that is in no file', async () => {
  const { folder, store, heirloom, json } = await filled()
  const dir = join(folder, 'copies')
  const made = await json(['snapshot', 'create', '--dir', dir])
  expect(made.folder).toBe(dir)
  expect((await json(['snapshot', 'list'])).snapshots).toEqual([])
  expect((await json(['snapshot', 'list', '--dir', dir])).snapshots).toMatchObject([{ id: made.id }])
  renameSync(dir, `${dir}.moved`)
  const to = `pglite:${join(folder, 'cluster')}`
  const restored = await heirloom(['snapshot', 'restore', made.id, '--dir', `${dir}.moved`, '--to', to])
  expect(restored).toMatchObject({ code: 0, stderr: '' })
  expect((await json(['digest', '--store', to])).full).toBe(made.full)
  expect(await heirloom(['snapshot', 'create', '--dir', store])).toMatchObject({ code: 2 })
  expect(await run(['snapshot', 'list', '--store', 'memory:'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--dir'),
  })
})
