/** Nearest vectors on PostgreSQL in this process: whatever is made of them, the same ones are found. */
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { fromHalves } from '../../../src/model/vector.ts'
import type { Engine } from '../../../src/store/engine.ts'
import { toHalfvecText } from '../../../src/store/postgres/half-text.ts'
import { PostgresVectors } from '../../../src/store/postgres/vectors.ts'
import { Statements } from '../../../src/store/statements.ts'
import type { IndexedSpace, VectorEngine, VectorQuery } from '../../../src/store/vector-engine.ts'
import { openBeneath } from '../../kit/beneath.ts'
import { pglite } from '../../kit/engines.ts'
import {
  addMemories,
  addSpace,
  addVectors,
  asking,
  clustered,
  nearestOf,
  only,
  SPACE,
  shareOf,
  subjectId,
  vectorRows,
} from '../../kit/nearest.ts'
import { noting, type Plans, scansOf } from '../../kit/plans.ts'

const inProcess = pglite()

/** As the engine's, but with an index even in this process. */
function withIndex(): VectorEngine {
  return new PostgresVectors(new Statements(), { tableFrom: 1, indexFrom: 100, outside: null })
}

/** A store with the vectors of the memories 1, 2, ... */
async function filled(vectors: readonly Float32Array[], space: IndexedSpace = SPACE) {
  const store = await openBeneath(inProcess)
  const { engine } = store.store
  await addSpace({ engine, space })
  await addMemories(engine, 1, vectors.length)
  await addVectors({ engine, space, vectors }, 1)
  return { ...store, engine }
}

const idle = { isBusy: false }

function fold(engine: Engine, vectors: VectorEngine, space: IndexedSpace = SPACE): Promise<void> {
  return engine.exclusively('fold', held => vectors.fold(held, space, idle))
}

/** Ids in their order. */
async function ask(engine: Engine, vectors: VectorEngine, query: VectorQuery): Promise<string[]> {
  const hits = await engine.read(db => vectors.nearest(db, query))
  expect(hits.map(({ similarity }) => similarity)).toEqual(
    hits.map(({ similarity }) => similarity).sort((a, b) => b - a),
  )
  return hits.map(({ memory_id }) => memory_id)
}

it('writes every 16-bit float so that the server reads the same', async () => {
  const { engine } = (await openBeneath(inProcess)).store
  const finite = Array.from({ length: 65_536 }, (_, bits) => bits).filter(bits => (bits & 0x7c00) !== 0x7c00)
  for (let start = 0; start < finite.length; start += 15_000) {
    const bytes = new Uint8Array(Uint16Array.from(finite.slice(start, start + 15_000)).buffer)
    const { rows } = await engine.read(db =>
      sql<{ numbers: number[] }>`select ${toHalfvecText(bytes)}::public.halfvec::real[] as numbers`.execute(
        db,
      ),
    )
    expect(new Float32Array(rows[0]!.numbers)).toEqual(fromHalves(bytes).map(number => number + 0))
  }
  for (const bits of [0x7c00, 0xfc00, 0x7e00])
    expect(toHalfvecText(new Uint8Array(Uint16Array.of(bits).buffer))).toBeNull()
})

const all = clustered(1600, SPACE.dimensions, 1)
const [vectors, later, queries] = [all.slice(0, 1400), all.slice(1400, 1550), all.slice(1580)]
const stored = [...vectors, ...later]

/** What share of the nearest ten of the queries is found. */
async function recall(
  engine: Engine,
  by: VectorEngine,
  more: Partial<VectorQuery> = {},
  among = isAny,
): Promise<number> {
  let [found, wanted] = [0, 0]
  for (const vector of queries) {
    const query = asking(SPACE, vector, more)
    const nearest = nearestOf(stored, query, among)
    const ids = new Set(await ask(engine, by, query))
    found += nearest.filter(id => ids.has(id)).length
    wanted += nearest.length
  }
  return found / wanted
}

const isAny = (_number: number) => true
const isEarly = (number: number) => number <= vectors.length

describe('the nearest are found', () => {
  it('by comparing all, here or in a table, and through an index with what waits beside it', async () => {
    const { engine } = await filled(vectors)
    const indexed = withIndex()
    const state = () => engine.read(db => indexed.state(db, SPACE))
    const needsFold = (by: VectorEngine) => engine.read(db => by.needsFold(db, SPACE, idle))
    expect(await recall(engine, engine.vectors, {}, isEarly)).toBe(1)
    expect(await state()).toEqual({ indexed: null, tail: 1400, problem: null })
    expect(await needsFold(engine.vectors)).toBe(true)
    await fold(engine, engine.vectors)
    expect(await needsFold(engine.vectors)).toBe(false)
    expect(await recall(engine, engine.vectors, {}, isEarly)).toBe(1)
    expect(await needsFold(indexed)).toBe(true)
    await fold(engine, indexed)
    expect(await needsFold(indexed)).toBe(false)
    await addMemories(engine, 1401, later.length)
    await addVectors({ engine, space: SPACE, vectors: later }, 1401)
    expect(await state()).toEqual({ indexed: 1400, tail: 150, problem: null })
    expect(await recall(engine, indexed)).toBeGreaterThanOrEqual(0.99)
    for (const share of [1, 10, 100, 1000]) {
      const name = `1 in ${share}`
      for (const fields of [{ session_id: name }, { author: name }]) {
        const isIn = (number: number) => shareOf(number) === name
        expect(await recall(engine, indexed, only(fields), isIn)).toBeGreaterThanOrEqual(0.99)
      }
    }
  })

  it('by the very next search, until they go or no longer count', async () => {
    const { engine, raw } = await filled(vectors.slice(0, 300))
    const indexed = withIndex()
    await fold(engine, indexed)
    await addMemories(engine, 301, 1)
    const own = vectors[300]!
    const first = async () => (await ask(engine, indexed, asking(SPACE, own, { limit: 1 })))[0]
    expect(await first()).not.toBe(subjectId(301))
    await engine.write(db => indexed.insert(db, vectorRows({ space: SPACE, vectors: [own] }, 301)))
    expect(await first()).toBe(subjectId(301))
    await raw(`update keyword_documents set live = 0 where memory_id = '${subjectId(301)}'`)
    expect(await first()).not.toBe(subjectId(301))
    expect(await ask(engine, indexed, asking(SPACE, own, { part: 'past' }))).toEqual([subjectId(301)])
    await raw('update keyword_documents set live = 1')
    await raw(`delete from vectors where subject_id = '${subjectId(301)}'`)
    expect(await first()).not.toBe(subjectId(301))
    expect(await raw(`select from vector_search where subject_id = '${subjectId(301)}'`)).toEqual([])
    // As when a text changes: in one transaction the old vector goes and another comes.
    await engine.write(async db => {
      await db.deleteFrom('vectors').where('subject_id', '=', subjectId(7)).execute()
      await indexed.insert(db, vectorRows({ space: SPACE, vectors: [own] }, 7))
    })
    expect(await first()).toBe(subjectId(7))
  })

  it('among what the asker may see alone', async () => {
    const { engine, raw } = await filled(vectors.slice(0, 400))
    const indexed = withIndex()
    const owner_user_id = subjectId(9999)
    await raw(`update keyword_documents set owner_user_id = '${owner_user_id}' where doc % 20 = 0`)
    const theirs = (
      await raw(`select memory_id from keyword_documents where owner_user_id = '${owner_user_id}'`)
    ).length
    for (const by of [engine.vectors, indexed]) {
      await fold(engine, by)
      const query = asking(SPACE, queries[0]!, { limit: 400 })
      const [mine, others] = [
        await ask(engine, by, query),
        await ask(engine, by, { ...query, owner_user_id }),
      ]
      expect(others).toHaveLength(theirs)
      expect(mine.filter(id => others.includes(id))).toEqual([])
      expect(mine).toHaveLength(400 - theirs)
      expect(await ask(engine, by, { ...query, tenant_id: owner_user_id })).toEqual([])
      expect(await ask(engine, by, { ...query, onlyEntities: true })).toEqual([])
    }
  })
})

/** How a search is run. */
async function planOf(engine: Engine, query: VectorQuery): Promise<Plans> {
  const plans: Plans = new Map()
  await engine.read(db => withIndex().nearest(noting(db, 'postgres', plans), query))
  return plans
}

it('looks at nothing from end to end', async () => {
  const { engine, raw } = await filled(vectors)
  await fold(engine, withIndex())
  await raw('analyze memories, keyword_documents, vectors')
  const large = new Set(['memories', 'keyword_documents', 'vectors', 'vector_search'])
  const query = asking(SPACE, queries[0]!)
  const plain = await planOf(engine, query)
  expect([...plain.values()].join()).toContain('Index Scan using vector_search_1_16')
  expect(scansOf(plain, 'postgres', large)).toEqual([])
  const narrow = await planOf(engine, { ...query, ...only({ session_id: '1 in 100' }) })
  expect([...narrow.values()].join()).toContain('memories_by_session')
  expect([...narrow.values()].join()).not.toContain('using vector_search_1_16')
  expect(scansOf(narrow, 'postgres', large)).toEqual([])
})

describe('the table and its index', () => {
  it('are made of what is there, and what is of another kind is left out', async () => {
    const { engine, raw } = await filled(vectors.slice(0, 200))
    const indexed = withIndex()
    const [short, infinite] = [new Uint8Array(8), new Uint8Array(32).fill(0x7c)]
    const odd = (number: number, vector: Uint8Array | null) => ({
      space: 1,
      subject_id: subjectId(number),
      text_hash: '',
      vector,
    })
    await addMemories(engine, 201, 6)
    await engine.write(db => indexed.insert(db, [odd(201, null), odd(202, short), odd(203, infinite)]))
    await fold(engine, indexed)
    await engine.write(db => indexed.insert(db, [odd(204, null), odd(205, short), odd(206, infinite)]))
    expect(await raw('select from vector_search')).toHaveLength(200)
    expect(await ask(engine, indexed, asking(SPACE, queries[0]!, { limit: 300 }))).toHaveLength(200)
    expect(await engine.read(db => indexed.needsFold(db, SPACE, idle))).toBe(false)
  })

  it('take in what waits, one by one or as a whole', async () => {
    const { engine, raw } = await filled(vectors.slice(0, 300))
    const fewest = (indexFrom: number) =>
      new PostgresVectors(new Statements(), { tableFrom: 1, indexFrom, outside: null })
    const [slow, quick] = [fewest(100), fewest(10)]
    await fold(engine, slow)
    const oid = async () => (await raw(`select 'vector_search_1_16'::regclass::oid as oid`))[0]?.oid
    const needsFold = (by: VectorEngine, isBusy: boolean) =>
      engine.read(db => by.needsFold(db, SPACE, { isBusy }))
    const before = await oid()
    await addVectors({ engine, space: SPACE, vectors: clustered(500, 16, 2) }, 301)
    expect([await needsFold(slow, true), await needsFold(slow, false)]).toEqual([false, true])
    await fold(engine, slow)
    expect(await engine.read(db => slow.state(db, SPACE))).toEqual({ indexed: 800, tail: 0, problem: null })
    expect(await oid()).toBe(before)
    await addVectors({ engine, space: SPACE, vectors: clustered(500, 16, 3) }, 801)
    // As a server does by itself from time to time. While more is coming, as many must wait as are in it.
    await raw('analyze vector_search')
    expect([await needsFold(quick, true), await needsFold(quick, false)]).toEqual([false, true])
    await fold(engine, quick)
    expect(await engine.read(db => quick.state(db, SPACE))).toEqual({ indexed: 1300, tail: 0, problem: null })
    expect(await oid()).not.toBe(before)
  })

  it('are made anew where making them did not come to its end', async () => {
    const { engine, raw } = await filled(vectors.slice(0, 200))
    const indexed = withIndex()
    await fold(engine, indexed)
    await raw(`update pg_index set indisvalid = false where indexrelid = 'vector_search_1_16'::regclass`)
    expect((await engine.read(db => indexed.state(db, SPACE))).problem).toContain('did not come to its end')
    const query = asking(SPACE, queries[0]!)
    expect(await ask(engine, indexed, query)).toEqual(nearestOf(vectors.slice(0, 200), query))
    expect(await engine.read(db => indexed.needsFold(db, SPACE, idle))).toBe(true)
    await fold(engine, indexed)
    expect(await engine.read(db => indexed.state(db, SPACE))).toEqual({
      indexed: 200,
      tail: 0,
      problem: null,
    })
  })

  it('are filled from where a fold was stopped, and not relied on before', async () => {
    const { engine, raw } = await filled(vectors.slice(0, 300))
    const indexed = withIndex()
    await fold(engine, engine.vectors)
    await addVectors({ engine, space: SPACE, vectors: vectors.slice(300, 310) }, 301)
    // As a process leaves it that was killed.
    await raw('delete from vector_search_spaces')
    await raw(`delete from vector_search where subject_id < '${subjectId(100)}'`)
    const query = asking(SPACE, queries[0]!)
    const wanted = nearestOf(vectors.slice(0, 300), query)
    expect(await ask(engine, engine.vectors, query)).toEqual(wanted)
    const controller = new AbortController()
    controller.abort()
    const stopped = engine.exclusively('fold', held =>
      indexed.fold(held, SPACE, { isBusy: false, signal: controller.signal }),
    )
    await expect(stopped).rejects.toThrow('Cancelled')
    expect(await ask(engine, indexed, query)).toEqual(wanted)
    await fold(engine, indexed)
    expect(await raw('select from vector_search')).toHaveLength(310)
    expect(await ask(engine, indexed, query)).toEqual(wanted)
  })

  it('of a space that is gone never serve another one of its number', async () => {
    const { engine, raw } = await filled(vectors.slice(0, 200))
    await fold(engine, withIndex())
    await raw('delete from spaces')
    expect(await raw('select from vector_search')).toEqual([])
    const space = { ...SPACE, dimensions: 8 }
    const narrower = clustered(200, 8, 3)
    await addSpace({ engine, space })
    await addVectors({ engine, space, vectors: narrower }, 1)
    const query = asking(space, narrower[0]!)
    const indexed = withIndex()
    expect((await ask(engine, indexed, query))[0]).toBe(subjectId(1))
    expect(await engine.read(db => indexed.needsFold(db, space, idle))).toBe(true)
    await fold(engine, indexed, space)
    expect(
      await raw(
        `select indexrelid::regclass::text as name from pg_index where indexrelid::regclass::text like 'vector_search_1%'`,
      ),
    ).toEqual([{ name: 'vector_search_1_8' }])
    expect(await engine.read(db => indexed.state(db, space))).toEqual({
      indexed: 200,
      tail: 0,
      problem: null,
    })
  })

  it('do without an index where vectors are too wide for one', async () => {
    const space = { ...SPACE, dimensions: 4001 }
    const wide = clustered(120, space.dimensions, 4)
    const { engine } = await filled(wide, space)
    const indexed = withIndex()
    await fold(engine, indexed, space)
    const query = asking(space, wide[5]!)
    expect(await ask(engine, indexed, query)).toEqual(nearestOf(wide, query))
    const { indexed: count, problem } = await engine.read(db => indexed.state(db, space))
    expect([count, problem]).toEqual([
      null,
      'pgvector indexes up to 4000 dimensions, and these vectors have 4001.',
    ])
    expect(await engine.read(db => indexed.needsFold(db, space, idle))).toBe(false)
  })
})
