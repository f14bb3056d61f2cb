/** Nearest vectors on a real server: how good the index is, how it is used, and what others may do while it is made. */
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Opened, openStore } from '../../../src/open.ts'
import type { Engine } from '../../../src/store/engine.ts'
import type { VectorQuery } from '../../../src/store/vector-engine.ts'
import { fixedSurroundings } from '../../../src/testing.ts'
import {
  addMemories,
  addSpace,
  addVectors,
  asking,
  clustered,
  nearestOf,
  only,
  shareOf,
  subjectId,
} from '../../kit/nearest.ts'
import { noting, type Plans, scansOf } from '../../kit/plans.ts'

const URL = process.env.HEIRLOOM_TEST_POSTGRES ?? ''
const SCHEMA = `vectors_${process.pid}_${Date.now().toString(36)}`
const SPACE = { id: subjectId(0) as never, number: 1, dimensions: 64 }
const NUMBER = 20_000

const all = clustered(NUMBER + 40, SPACE.dimensions, 11)
const [vectors, queries] = [all.slice(0, NUMBER), all.slice(NUMBER)]

const raw = new pg.Client({ connectionString: URL })
const opened: Opened[] = []

/** As another program would. */
async function open(url = URL): Promise<Engine> {
  const pause = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))
  const store = `${url}?schema=${SCHEMA}`
  const mode = opened.length === 0 ? 'initialise' : 'existing'
  opened.push(await openStore({ ...fixedSurroundings(), store, mode, pause, maxConnections: 4 }))
  return opened.at(-1)!.store.engine
}

const fold = (engine: Engine, signal?: AbortSignal) =>
  engine.exclusively('fold', held => engine.vectors.fold(held, SPACE, { isBusy: false, signal }), {
    wait: true,
  })
const state = (engine: Engine) => engine.read(db => engine.vectors.state(db, SPACE))
const ask = async (engine: Engine, query: VectorQuery) =>
  (await engine.read(db => engine.vectors.nearest(db, query))).map(({ memory_id }) => memory_id)

let engine: Engine

beforeAll(async () => {
  await raw.connect()
  engine = await open()
  await raw.query(`set search_path to ${SCHEMA}`)
  await addSpace({ engine, space: SPACE })
  await addMemories(engine, 1, NUMBER + 1000)
  await addVectors({ engine, space: SPACE, vectors }, 1)
  await raw.query('analyze')
})

afterAll(async () => {
  for (const { store } of opened) await store.engine.close()
  await raw.query(`drop schema if exists ${SCHEMA} cascade`)
  await raw.end()
})

/** Until the server is at it. */
async function building(): Promise<boolean> {
  const { rows } = await raw.query(
    `select 1 from pg_stat_progress_create_index where relid = to_regclass('vector_search')`,
  )
  return rows.length > 0
}

async function untilBuilding(): Promise<void> {
  while (!(await building()));
}

describe('making the index', () => {
  it('stops where it is told to, and is done anew', async () => {
    const controller = new AbortController()
    const folding = fold(engine, controller.signal)
    folding.catch(() => undefined)
    await untilBuilding()
    controller.abort()
    await expect(folding).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await state(engine)).problem).toContain('did not come to its end')
    const query = asking(SPACE, queries[0]!)
    expect(await ask(engine, query)).toEqual(nearestOf(vectors, query))
    expect(await engine.read(db => engine.vectors.needsFold(db, SPACE, { isBusy: true }))).toBe(true)
  })

  it('keeps nobody from writing, and two processes make it once', async () => {
    const other = await open()
    const folding = Promise.all([fold(engine), fold(other)])
    await untilBuilding()
    const [first, second] = [asking(SPACE, queries[1]!), asking(SPACE, queries[2]!)]
    await addVectors({ engine: other, space: SPACE, vectors: [first.vector, second.vector] }, NUMBER + 1)
    await raw.query(`delete from vectors where subject_id = '${subjectId(NUMBER + 2)}'`)
    expect((await ask(other, first))[0]).toBe(subjectId(NUMBER + 1))
    expect((await ask(other, second))[0]).not.toBe(subjectId(NUMBER + 2))
    expect(await building()).toBe(true)
    await folding
    expect(await state(engine)).toEqual({ indexed: NUMBER, tail: 1, problem: null })
    expect(await ask(engine, { ...first, limit: 1 })).toEqual([subjectId(NUMBER + 1)])
    await raw.query(`delete from vectors where subject_id = '${subjectId(NUMBER + 1)}'`)
  })
})

describe('the index', () => {
  it.each([1, 10, 100, 1000])('finds at least 0.99 of the nearest ten of 1 in %i', async share => {
    const name = `1 in ${share}`
    const filters = [{ session_id: name }, { author: name }]
    for (const more of [...(share === 1 ? [{}] : []), ...filters.map(only)]) {
      let [found, wanted] = [0, 0]
      for (const vector of queries) {
        const query = asking(SPACE, vector, { ...more, limit: 50 })
        const isIn = (number: number) => !('filter' in more) || shareOf(number) === name
        const nearest = nearestOf(vectors, { ...query, limit: 10 }, isIn)
        const ids = new Set((await ask(engine, query)).slice(0, 10))
        found += nearest.filter(id => ids.has(id)).length
        wanted += nearest.length
      }
      expect(found / wanted).toBeGreaterThanOrEqual(0.99)
    }
  })

  it('is what is looked at, unless a filter leaves little', async () => {
    const large = new Set(['memories', 'keyword_documents', 'vectors', 'vector_search'])
    const planOf = async (more: Partial<VectorQuery>) => {
      const plans: Plans = new Map()
      const query = asking(SPACE, queries[0]!, { limit: 100, ...more })
      await engine.read(db => engine.vectors.nearest(noting(db, 'postgres', plans), query))
      return { plan: [...plans.values()].join('\n'), scans: scansOf(plans, 'postgres', large) }
    }
    const through = 'Index Scan using vector_search_1_64'
    for (const more of [{}, only({ author: '1 in 10' })])
      expect(await planOf(more)).toEqual({ plan: expect.stringContaining(through), scans: [] })
    // Counting stops soon where a filter leaves nearly all.
    expect((await planOf(only({ session_id: '1 in 1' }))).plan).toContain(through)
    const narrow = await planOf(only({ session_id: '1 in 100' }))
    expect(narrow).toEqual({ plan: expect.stringContaining('vector_search_pkey'), scans: [] })
    expect(narrow.plan).not.toContain(through)
    // What one transaction asks for is not left to the next one on its connection.
    const { rows } = await engine.read(db =>
      sql<{ left: string | null }>`select current_setting('hnsw.ef_search', true) as left`.execute(db),
    )
    expect(['40', '', null]).toContain(rows[0]?.left)
  })

  it('takes in what waits beside it, while others write', async () => {
    const [own, other] = [clustered(600, SPACE.dimensions, 12), await open()]
    await addVectors({ engine, space: SPACE, vectors: own }, NUMBER + 1)
    expect(await state(engine)).toEqual({ indexed: NUMBER, tail: 600, problem: null })
    const changing = async () => {
      for (let at = 0; at < 100; at++) {
        await other.write(async db => {
          await db
            .deleteFrom('vectors')
            .where('subject_id', '=', subjectId(NUMBER + 1 + at))
            .execute()
          if (at % 2 === 0)
            await other.vectors.insert(db, [
              { space: 1, subject_id: subjectId(NUMBER + 1 + at), text_hash: '', vector: halves(own[at]!) },
            ])
        })
      }
    }
    await Promise.all([fold(engine), changing()])
    const { indexed, tail, problem } = await state(engine)
    expect([indexed! + tail, problem]).toEqual([NUMBER + 550, null])
    const query = (at: number) => asking(SPACE, own[at]!, { limit: 1 })
    expect(await ask(engine, query(98))).toEqual([subjectId(NUMBER + 99)])
    expect(await ask(engine, query(99))).not.toEqual([subjectId(NUMBER + 100)])
    expect(await ask(engine, query(599))).toEqual([subjectId(NUMBER + 600)])
  })

  it('is for those too who may use the vectors and own nothing', async () => {
    const role = `${SCHEMA}_reader`
    await raw.query(`create role ${role} login; grant usage on schema ${SCHEMA} to ${role};
      grant select, insert, update, delete on all tables in schema ${SCHEMA} to ${role}`)
    try {
      // As it is where the role was there before the table.
      await raw.query('drop table vector_search_spaces, vector_search')
      await fold(engine)
      const url = URL.replace(/\/\/[^@/]*@/, `//${role}@`)
      const theirs = await open(url)
      expect(await theirs.read(db => theirs.vectors.needsFold(db, SPACE, { isBusy: false }))).toBe(false)
      await addVectors({ engine: theirs, space: SPACE, vectors: [queries[5]!] }, NUMBER + 700)
      expect(await ask(theirs, asking(SPACE, queries[5]!, { limit: 1 }))).toEqual([subjectId(NUMBER + 700)])
      await theirs.vectors.forget({ ...SPACE, number: 7 })
      await opened.pop()?.store.engine.close()
    } finally {
      await raw.query(`drop owned by ${role}; drop role ${role}`)
    }
  })

  it('of a space that is gone is removed', async () => {
    await engine.vectors.forget(SPACE)
    expect((await state(engine)).indexed).toBeNull()
    const query = asking(SPACE, queries[3]!)
    expect(new Set(await ask(engine, query)).size).toBe(10)
    await fold(engine)
    expect((await state(engine)).tail).toBe(0)
  })
})

function halves(vector: Float32Array): Uint8Array {
  return new Uint8Array(new Float16Array(vector).buffer)
}
