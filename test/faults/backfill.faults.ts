/** Processes that die while they add links to what is there, or take over another tool's memories. */
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { backfillRuns } from '../kit/backfills.ts'
import { openReal, type RealStore } from '../kit/child.ts'
import { type Row, temporaryFolder } from '../kit/engines.ts'
import { numbered } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { COPIES, linksOf, makeMemtomem, makeOlderStore, SHARED, SUPERSEDED } from '../kit/older-stores.ts'

const CHILD = join(import.meta.dirname, 'backfill-child.ts')

const folder = temporaryFolder()
let count = 0
const newFile = () => join(folder, `${++count}.db`)

/** Batches that add links to an older store. */
const LINKING = 3

/** Past several batches of 256. */
const CHUNKS = 1300

type Point = 'batch' | 'entry' | 'never'

interface Batch {
  readonly batches: number
  /** Entries of the journal until then. */
  readonly entries: number
}

/** Runs a child to its end. @returns the batches that it told of, and how it ended. */
function run(args: readonly string[]): Promise<{ batches: Batch[]; end: string }> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [said, errors] = ['', '']
  child.stdout.on('data', data => {
    said += data
  })
  child.stderr.on('data', data => {
    errors += data
  })
  return new Promise(resolve =>
    child.on('close', (code, signal) => {
      const lines = said.split('\n').filter(line => line !== '')
      resolve({
        batches: lines.map(line => JSON.parse(line) as Batch),
        end: `${signal ?? code} ${errors}`.trim(),
      })
    }),
  )
}

async function die(store: string, point: Point, number: number, memtomem: readonly string[] = []) {
  const { end } = await run([store, point, `${number}`, ...memtomem])
  expect(end, `killed at ${point} ${number}`).toBe('SIGKILL')
}

/** Moments before, in, between and after all batches. */
function momentsOf(batches: readonly Batch[]): [Point, number][] {
  return batches.flatMap(({ batches: number, entries }, index): [Point, number][] => {
    const before = batches[index - 1]?.entries ?? 0
    const within: [Point, number][] = entries > before ? [['entry', Math.ceil((before + entries) / 2)]] : []
    return [...(index === 0 ? [['entry', 1] as [Point, number]] : []), ...within, ['batch', number]]
  })
}

/** Links as they would be whenever they were made. */
async function links({ raw }: RealStore): Promise<Row[]> {
  const rows = await raw('select * from links order by target_id, type, source_ref')
  return rows.map(({ created_at: _at, source_deleted_at, ...row }) => ({
    ...row,
    gone: source_deleted_at !== null,
  }))
}

describe('a back-fill that is killed', () => {
  const template = join(folder, 'older.db')
  let whole: Awaited<ReturnType<typeof outcome>>
  let batches: Batch[]

  async function outcome(file: string) {
    await using store = await openReal(file)
    const { verification } = await store.memory.journal({ limit: 1, verify: true })
    expect(verification?.ok).toBe(true)
    const told = await store.raw(`select count(*) as count from journal where operation = 'backfill'`)
    return { links: await links(store), runs: await backfillRuns(store), told }
  }

  beforeAll(async () => {
    await makeOlderStore(template)
    const file = newFile()
    copyFileSync(template, file)
    const done = await run([file, 'never', '0'])
    expect(done.end).toBe('0')
    batches = done.batches
    whole = await outcome(file)
  })

  it('would otherwise go through several batches, and link everything', () => {
    // One of what was superseded, one of what was imported, one of what carries a tag: each dies in its midst, too.
    // Looking for conflicts is two more, of what is claimed and of what is open: nothing is here.
    expect(batches).toHaveLength(LINKING + 2)
    expect(whole.links).toHaveLength(SUPERSEDED + COPIES)
    expect(whole.runs.map(({ target, status, receipt }) => [target, status, receipt?.linked])).toEqual([
      ['superseded_by', 'done', SUPERSEDED],
      ['shared_from', 'done', COPIES],
    ])
    expect(whole.runs[1]?.receipt).toMatchObject(SHARED)
    expect(whole.told).toEqual([{ count: SUPERSEDED + COPIES }])
  })

  it('at any moment goes on at the next opening, and ends as one that was not', async () => {
    const moments = momentsOf(batches)
    expect(moments).toHaveLength(1 + LINKING + batches.length)
    for (const [point, number] of moments) {
      const file = newFile()
      copyFileSync(template, file)
      await die(file, point, number)
      expect(await outcome(file), `after ${point} ${number}`).toEqual(whole)
    }
  }, 240_000)

  it('at each of its batches, one after the other, loses none of them', async () => {
    const file = newFile()
    copyFileSync(template, file)
    for (const _batch of batches) await die(file, 'batch', 1)
    const { end, batches: left } = await run([file, 'never', '0'])
    expect({ end, left }).toEqual({ end: '0', left: [] })
    expect(await outcome(file)).toEqual(whole)
    await using store = await openReal(file)
    await expectSound(store)
  }, 120_000)

  it('or fails in a batch goes on from there once it can, in the run that failed', async () => {
    const file = newFile()
    copyFileSync(template, file)
    const run = (text: string) => {
      const database = new BetterSqlite3(file)
      database.exec(text)
      database.close()
    }
    run(`create trigger no_links before insert on links when new.target_id = '${numbered(1500)}'
      begin select raise(abort, 'no_links'); end`)
    for (const _opening of ['first', 'second']) {
      await using store = await openReal(file)
      expect((await store.memory.status({})).notices.join()).toMatch(/no_links/)
    }
    run('drop trigger no_links')
    expect(await outcome(file)).toEqual(whole)
  })
})

describe('an import that is killed', () => {
  const memtomem = join(folder, 'memtomem.db')
  let expected: Awaited<ReturnType<typeof imported>>
  let chunks: number
  let batches: Batch[]

  /** By the ids of the other store, for here each import gives its own. */
  async function imported(file: string) {
    await using store = await openReal(file)
    await expectSound(store)
    const memories = await store.raw(
      `select origin_id, origin_tags, content_hash, project from memories order by origin_id`,
    )
    const linked = await store.raw(`select t.origin_id as target, l.type, s.origin_id as source,
      case when s.id is null then l.source_ref end as missing, l.source_hash, l.source_deleted_at is null as here
      from links l join memories t on t.id = l.target_id left join memories s on s.id = l.source_id
      order by t.origin_id, l.type, s.origin_id, missing`)
    return { memories, linked }
  }

  beforeAll(async () => {
    chunks = makeMemtomem(memtomem, CHUNKS)
    const file = newFile()
    const done = await run([file, 'never', '0', memtomem])
    expect(done.end).toBe('0')
    batches = done.batches
    expected = await imported(file)
  })

  it('would otherwise go through several batches, and link everything', () => {
    expect(batches.length).toBeGreaterThan(4)
    expect(expected.memories).toHaveLength(chunks)
    expect(new Set(expected.memories.map(row => row.origin_id)).size).toBe(chunks)
    expect(expected.linked).toHaveLength(linksOf(CHUNKS))
    // Also copies that stood before their source are linked to it.
    expect(expected.linked.filter(row => row.source === null)).toHaveLength(1)
  })

  it('at any moment is gone on with by the same command, and ends as one that was not', async () => {
    for (const [point, number] of momentsOf(batches)) {
      const file = newFile()
      await die(file, point, number, [memtomem])
      await using store = await openReal(file)
      const { total: kept } = await store.memory.list({ limit: 1 })
      const report = await store.memory.import_memtomem({ path: memtomem })
      expect(report, `after ${point} ${number}`).toMatchObject({ kept: chunks - kept, already_known: kept })
      expect(report.links.source_missing, `after ${point} ${number}`).toBeGreaterThanOrEqual(0)
      expect(await imported(file), `after ${point} ${number}`).toEqual(expected)
    }
  }, 240_000)

  it('leaves the other tool its database as it was', () => {
    expect(existsSync(`${memtomem}-wal`)).toBe(false)
    const database = new BetterSqlite3(memtomem, { readonly: true })
    expect(database.prepare('select count(*) as count from chunks').get()).toEqual({ count: chunks + 1 })
    database.close()
  })
})
