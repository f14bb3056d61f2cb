import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manifestPath } from '../../../src/evolve/snapshot/folder.ts'
import { type Candidate, type KeepRules, planKeeping } from '../../../src/evolve/snapshot/keep.ts'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import { pruneSnapshots } from '../../../src/evolve/snapshot/prune.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import { temporaryFolder } from '../../kit/engines.ts'
import { bytesIn, flipped, namesIn, open, partPath, rememberMany, type Subject, tamper } from './kit.ts'

const folder = temporaryFolder()

const DATES = [
  '2025-11-30T23:59:59.999Z',
  '2025-12-29T00:00:00.000Z', // Monday
  '2026-01-04T23:59:59.999Z', // Sunday of the same week
  '2026-01-05T00:00:00.000Z', // Monday
  '2026-01-05T12:00:00.000Z',
  '2026-01-05T18:00:00.000Z',
  '2026-01-06T01:00:00.000Z',
]

const candidates = DATES.map(
  (created_at, n): Candidate => ({ id: `s${n}`, created_at, tag: n === 1 ? 'kept' : null, problem: null }),
)

describe('rules', () => {
  const TABLE: readonly [KeepRules, string][] = [
    [{ keep_last: 1 }, 's6'],
    [{ keep_last: 3 }, 's6 s5 s4'],
    [{ keep_last: 99 }, 's6 s5 s4 s3 s2 s1 s0'],
    [{ keep_daily: 1 }, 's6'],
    [{ keep_daily: 2 }, 's6 s5'],
    [{ keep_daily: 4 }, 's6 s5 s2 s1'],
    [{ keep_weekly: 2 }, 's6 s2'],
    [{ keep_weekly: 3 }, 's6 s2 s0'],
    [{ keep_monthly: 2 }, 's6 s1'],
    [{ keep_monthly: 12 }, 's6 s1 s0'],
    [{ keep_last: 2, keep_monthly: 3 }, 's6 s5 s1 s0'],
    [{ keep_tagged: true }, 's6 s1'],
    [{ keep_last: 0, keep_daily: 1 }, 's6'],
  ]

  it.each(TABLE)('%j keeps %s', (rules, kept) => {
    const plan = planKeeping(candidates, rules)
    expect(plan.keep.map(({ id }) => id).join(' ')).toBe(kept)
    expect([...plan.keep, ...plan.remove]).toHaveLength(DATES.length)
  })

  it('says why', () => {
    expect(planKeeping(candidates, { keep_last: 1, keep_daily: 1, keep_tagged: true })).toMatchObject({
      keep: [
        { id: 's6', why: 'among the last 1, day 2026-01-06' },
        { id: 's1', why: 'tagged kept' },
      ],
      remove: [{ id: 's5', why: 'no rule keeps it' }, {}, {}, {}, {}],
    })
  })

  it.each([[{}], [{ keep_last: 0 }], [{ keep_last: -1 }], [{ keep_daily: 1.5 }], [{ keep_tagged: false }]])(
    '%j is refused',
    rules => {
      expect(() => planKeeping(candidates, rules)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    },
  )

  it('fills no place with a damaged one, and removes it once a newer one is good', () => {
    const damaged = candidates.map((one, n) => (n === 6 || n === 4 ? { ...one, problem: 'torn' } : one))
    const plan = planKeeping(damaged, { keep_last: 2 })
    expect(plan.keep.map(({ id }) => id)).toEqual(['s6', 's5', 's3'])
    expect(plan.remove.find(({ id }) => id === 's4')?.why).toBe('damaged: torn')
  })

  it('refuses where none is good, whatever the rules', () => {
    const damaged = candidates.map(one => ({ ...one, problem: 'torn' }))
    expect(() => planKeeping(damaged, { keep_last: 9 })).toThrow(/none of these snapshots is sound/)
  })
})

async function takeThree(store: Subject, dir: string): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < 3; n++) {
    await rememberMany(store, 50)
    store.clock.advance(86_400_000)
    ids.push((await store.snapshot(dir)).id)
  }
  return ids
}

describe('pruning', () => {
  it('plans first, and then frees what it said', async () => {
    await using store = await open()
    const dir = join(folder, 'planned')
    const [one, two, three] = await takeThree(store, dir)
    const files = namesIn(dir)
    const bytes = bytesIn(dir)
    const options = { now: store.clock.now, apply: false }
    const plan = await pruneSnapshots(dir, { keep_last: 1 }, options)
    expect(plan).toMatchObject({ applied: false, keep: [{ id: three }], remove: [{ id: two }, { id: one }] })
    expect(namesIn(dir)).toEqual(files)
    const done = await pruneSnapshots(dir, { keep_last: 1 }, { ...options, apply: true })
    expect(done).toEqual({ ...plan, applied: true })
    expect(done.parts_removed).toBeGreaterThan(0)
    expect(bytesIn(dir)).toBe(bytes - done.bytes_freed)
    expect(await verifySnapshot(dir, three!)).toMatchObject({ ok: true })
    expect(await pruneSnapshots(dir, { keep_last: 1 }, { ...options, apply: true })).toMatchObject({
      remove: [],
      parts_removed: 0,
      bytes_freed: 0,
    })
  })

  it('keeps the last good one where newer ones are damaged', async () => {
    await using store = await open()
    const dir = join(folder, 'damaged')
    const [one, two, three] = await takeThree(store, dir)
    const listed = await listSnapshots(dir)
    const [first, second] = listed.map(found => (found.status === 'ok' ? found.manifest : null))
    const own = second!.parts.find(part => !first!.parts.some(({ hash }) => hash === part.hash))!
    tamper(partPath(dir, own), bytes => flipped(bytes, 100))
    writeFileSync(manifestPath(dir, three!), '{')
    const done = await pruneSnapshots(dir, { keep_last: 1 }, { now: store.clock.now, apply: true })
    expect(done.keep.map(({ id }) => id)).toEqual([three, two, one])
    expect(done).toMatchObject({ remove: [], parts_removed: 0 })
    expect(await verifySnapshot(dir, one!)).toMatchObject({ ok: true })
  })

  it('collects what an interrupted snapshot left, once that is old', async () => {
    await using store = await open()
    const dir = join(folder, 'interrupted')
    const { id, parts } = await store.snapshot(dir)
    const left = [
      join(dir, 'parts', `${'a'.repeat(64)}.gz`),
      join(dir, 'parts', `${'b'.repeat(64)}.gz.20260101-000000-00000000.tmp`),
      join(dir, '20260101-000000-00000000.making'),
    ]
    const now = Date.parse(store.clock.now())
    for (const path of left) {
      writeFileSync(path, 'left')
      utimesSync(path, new Date(now), new Date(now))
    }
    const prune = () => pruneSnapshots(dir, { keep_last: 1 }, { now: store.clock.now, apply: true })
    store.clock.advance(3_600_000)
    expect(await prune()).toMatchObject({ parts_removed: 0, bytes_freed: 0 })
    store.clock.advance(1)
    expect(await prune()).toMatchObject({ parts_removed: 1, bytes_freed: 12 })
    expect(namesIn(dir)).toHaveLength(parts.length + 2)
    expect(await verifySnapshot(dir, id)).toMatchObject({ ok: true })
    expect(readFileSync(manifestPath(dir, id)).length).toBeGreaterThan(0)
  })

  it('leaves alone what a snapshot that is being made has found', async () => {
    await using store = await open()
    const dir = join(folder, 'meanwhile')
    const { now } = store.clock
    await rememberMany(store, 100)
    await store.snapshot(dir)
    await rememberMany(store, 1)
    await store.snapshot(dir)
    const pruned: Promise<unknown>[] = []
    const progress = () => void pruned.push(pruneSnapshots(dir, { keep_last: 1 }, { now, apply: true }))
    const { id } = await store.snapshot(dir, { progress })
    await Promise.all(pruned)
    expect(pruned.length).toBeGreaterThan(3)
    expect(await verifySnapshot(dir, id)).toMatchObject({ ok: true })
  })

  it('of nothing is nothing', async () => {
    const options = { now: () => '2026-01-01T00:00:00.000Z', apply: true }
    expect(await pruneSnapshots(join(folder, 'nowhere'), { keep_last: 1 }, options)).toEqual({
      applied: true,
      keep: [],
      remove: [],
      parts_removed: 0,
      bytes_freed: 0,
    })
  })
})
