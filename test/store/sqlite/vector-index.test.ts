/** The index of a space while it is searched: whatever becomes of its folder, what is found is what is nearest. */
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import BetterSqlite3 from 'better-sqlite3'
import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { BOOTSTRAP_ID } from '../../../src/model/memory.ts'
import { cosineOfHalves, toHalves } from '../../../src/model/vector.ts'
import type { Database, Engine } from '../../../src/store/engine.ts'
import { spacesOf } from '../../../src/store/spaces.ts'
import { VectorIndex } from '../../../src/store/sqlite/vector-index.ts'
import type { IndexedSpace } from '../../../src/store/vector-engine.ts'
import { openBeneath, type StoreBeneath } from '../../kit/beneath.ts'
import { sqliteFile, temporaryFolder } from '../../kit/engines.ts'
import { writeModel } from '../../kit/models.ts'
import { addSpace, asking, clustered, SPACE } from '../../kit/nearest.ts'

const LIMIT = 10
const known = clustered(600, SPACE.dimensions, 23)
const files = sqliteFile()
const models = temporaryFolder()

/** A store of memories with vectors. */
async function prepared(count: number) {
  const opened = await openBeneath(files, { embedder: 'none', upgrade: 'never' })
  await addSpace({ engine: opened.store.engine, space: SPACE })
  const own = filling(opened, 0)
  await own.add(count)
  return own
}

/** A store that has the space, with what adds memories whose vectors are the known ones from a place on. */
function filling(opened: StoreBeneath, first: number) {
  const { engine } = opened.store
  let added = first
  const add = async (more: number) => {
    for (let at = 0; at < more; at++) {
      const { id } = await opened.memory.remember({ content: `fact number ${added}` })
      const row = { space: SPACE.number, subject_id: id, text_hash: '', vector: toHalves(known[added]!) }
      await engine.write(db => engine.vectors.insert(db, [row]))
      added++
    }
  }
  return { ...opened, engine, add, ...indexOf(opened, SPACE) }
}

function indexOf(
  { address, store: { engine } }: Pick<StoreBeneath, 'address' | 'store'>,
  space: IndexedSpace,
) {
  return {
    folder: `${address}.vectors`,
    fold: () => engine.exclusively('test', held => engine.vectors.fold(held, space, { isBusy: false })),
    state: () => engine.read(db => engine.vectors.state(db, space)),
    needsFold: () => engine.read(db => engine.vectors.needsFold(db, space, { isBusy: false })),
  }
}

/** The index itself, as a process has it that begins now. */
function indexBeneath(engine: Engine, folder: string) {
  const { statements } = engine
  const read = <T>(work: (db: Database) => Promise<T>) => engine.read(work)
  const index = new VectorIndex({ statements, folder, read }, SPACE)
  const fold = () => engine.exclusively('test', held => index.fold({ isBusy: false }, held))
  return { index, fold }
}

/** Cosines of the live ones that are nearest, as comparing each of them gives it. */
async function exactly(db: Database, vector: Float32Array, space: IndexedSpace = SPACE): Promise<number[]> {
  const rows = await db
    .selectFrom('keyword_documents as d')
    .innerJoin('vectors as v', 'v.subject_id', 'd.memory_id')
    .select('v.vector')
    .where('d.live', '=', 1)
    .where('v.space', '=', space.number)
    .execute()
  const near = rows.flatMap(row => (row.vector === null ? [] : cosineOfHalves(vector, row.vector)))
  return near.sort((a, b) => b - a).slice(0, LIMIT)
}

/** Asks for what is nearest to some vectors, each time on a snapshot of the store. */
async function expectExact(engine: Engine, queries: readonly Float32Array[]): Promise<void> {
  for (const vector of queries) {
    await engine.read(async db => {
      const hits = await engine.vectors.nearest(db, asking(SPACE, vector, { limit: LIMIT }))
      expect(hits.map(({ similarity }) => similarity)).toEqual(await exactly(db, vector))
    })
  }
}

describe('searches of one process', () => {
  it('three at a time are exact while memories are added and folds replace the file', async () => {
    const { engine, add, fold, folder } = await prepared(120)
    let isOver = false
    const searching = [0, 1, 2].map(async first => {
      let count = 0
      while (!isOver || count === 0) {
        await expectExact(engine, [known[(first + 3 * count++) % known.length]!])
        // The thread that folds is heard only between turns of the event loop.
        await setImmediate()
      }
      return count
    })
    const work = async () => {
      for (let round = 0; round < 8; round++) {
        await fold()
        await add(25)
      }
    }
    await work().finally(() => {
      isOver = true
    })
    expect(Math.min(...(await Promise.all(searching)))).toBeGreaterThan(8)
    expect(readdirSync(folder)).toContain(`${SPACE.id}-8.usearch`)
  })

  it('go on with what they began with, whatever is folded or added meanwhile', async () => {
    const { engine, add, folder } = await prepared(60)
    const { index, fold } = indexBeneath(engine, folder)
    const ids = (db: Database) => db.selectFrom('vectors').select('id').orderBy('id').execute()
    for (let round = 0; round < 3; round++) {
      await engine.read(async db => {
        const searched = await index.refresh(db)
        await add(10)
        await fold()
        await add(10)
        const candidates = new Set((await searched.candidates(db, known[round]!, 1000)).ids)
        expect((await ids(db)).filter(({ id }) => !candidates.has(Number(id)))).toEqual([])
      })
    }
  })
})

it('nearer ones in the file are not hidden by those beside it where the nearest are forgotten', async () => {
  const { memory, store, address } = await openBeneath(files, { embedder: 'none', upgrade: 'never' })
  const { engine } = store
  await addSpace({ engine, space: SPACE })
  /** So far from the query. */
  const at = (angle: number) =>
    Float32Array.from({ length: SPACE.dimensions }, (_, index) =>
      index === 0 ? Math.cos(angle) : index === 1 ? Math.sin(angle) : 0,
    )
  const add = async (angle: number) => {
    const { id } = await memory.remember({ content: `fact at ${angle}` })
    const row = { space: SPACE.number, subject_id: id, text_hash: '', vector: toHalves(at(angle)) }
    await engine.write(db => engine.vectors.insert(db, [row]))
    return id
  }
  const near: string[] = []
  for (let step = 0; step < 60; step++) near.push(await add(step / 50))
  await indexOf({ address, store }, SPACE).fold()
  for (const id of near.slice(0, 15)) await memory.forget({ id })
  for (let step = 0; step < 15; step++) await add(2 + step / 50)
  await expectExact(engine, [at(0)])
})

describe('the folder of the index', () => {
  it('may be removed while it is open: nothing is missed, and it is made again', async () => {
    const { engine, add, fold, folder, state } = await prepared(80)
    await fold()
    await add(10)
    await expectExact(engine, known.slice(0, 5))
    rmSync(folder, { recursive: true })
    await expectExact(engine, known.slice(0, 5))
    expect(await state()).toEqual({ indexed: null, tail: 90, problem: null })
    await add(10)
    await fold()
    expect(await state()).toEqual({ indexed: 100, tail: 0, problem: null })
    await expectExact(engine, known.slice(0, 5))
  })

  it('may be replaced by an older copy of it, for whoever has it open as for whoever opens it', async () => {
    const { engine, add, fold, folder, state } = await prepared(60)
    await fold()
    cpSync(folder, `${folder}.copy`, { recursive: true })
    await add(40)
    await fold()
    await add(10)
    expect(await state()).toEqual({ indexed: 100, tail: 10, problem: null })
    rmSync(folder, { recursive: true })
    renameSync(`${folder}.copy`, folder)
    await expectExact(engine, known.slice(0, 5))
    expect(await state()).toEqual({ indexed: 60, tail: 50, problem: null })
    await fold()
    expect(await state()).toEqual({ indexed: 110, tail: 0, problem: null })
    await expectExact(engine, known.slice(0, 5))
  })
})

it('an older copy of a store does not believe the index of a later one, whatever is added to it', async () => {
  const { address, add, fold, folder } = await prepared(40)
  await fold()
  const copy = `${address}.copy`
  const raw = new BetterSqlite3(address)
  raw.exec(`vacuum into '${copy}'`)
  raw.close()
  await add(20)
  await fold()
  cpSync(folder, `${copy}.vectors`, { recursive: true })
  // Its ids begin anew with every store that is opened.
  const options = { store: copy, embedder: 'none', upgrade: 'never' } as const
  const older = filling(await openBeneath(files, { ...options, newId: () => uuidv7() }), 300)
  // Beyond the numbers that the index covers, before anybody has looked at it.
  await older.add(50)
  await expectExact(older.engine, known.slice(300, 310))
  expect(await older.state()).toEqual({
    indexed: null,
    tail: 90,
    problem: expect.stringMatching(/an older copy was put back.*heirloom embed --drain/),
  })
  expect(await older.needsFold()).toBe(true)
  await older.fold()
  expect(await older.state()).toEqual({ indexed: 90, tail: 0, problem: null })
  await expectExact(older.engine, known.slice(300, 310))
})

describe('a space that was dropped', () => {
  const TEXTS = ['red and green', 'blue and red', 'green', 'blue is greenish', 'cut red']

  async function withSpace() {
    const opened = await openBeneath(files, { embedder: 'none', actor: 'person' })
    const { memory, store } = opened
    const provider = `model2vec:${writeModel(join(models, 'small'))}`
    for (const content of TEXTS) await memory.remember({ content })
    const present = async () => {
      const [space] = await store.engine.read(db => spacesOf(db, store.engine, BOOTSTRAP_ID))
      return space!
    }
    /** Adds it, fills it and makes its index. */
    const fill = async () => {
      const { receipt } = await memory.space_add({ provider, name: 'small' })
      await memory.embed({ drain: true })
      const space = await present()
      await indexOf(opened, space).fold()
      return { ...space, receipt: receipt! }
    }
    const best = async () => {
      await memory.space_default({ name: 'small' })
      const found = async (query: string) =>
        (await memory.recall({ query })).results.map(({ content }) => content)
      const all = [await found('blue'), await found('green')]
      await memory.space_default({ name: 'none' })
      return all
    }
    return { ...opened, fill, present, best, folder: `${opened.address}.vectors` }
  }

  it('takes its index along, and gives its number to no other', async () => {
    const { memory, fill, folder, best } = await withSpace()
    const first = await fill()
    const found = await best()
    expect(readdirSync(folder)).toContain(`${first.id}.json`)
    await memory.space_drop({ name: 'small' })
    expect(readdirSync(folder)).toEqual([])
    const second = await fill()
    expect(second.number).toBeGreaterThan(first.number)
    expect(readdirSync(folder).sort()).toEqual([`${second.id}-1.usearch`, `${second.id}.json`])
    expect(await best()).toEqual(found)
  })

  it('takes its index along where its addition is taken back', async () => {
    const { memory, fill, folder } = await withSpace()
    const { receipt } = await fill()
    await memory.undo({ receipt })
    expect(readdirSync(folder)).toEqual([])
  })

  it('leaves nothing that its successor believes, though its files come back under the other name', async () => {
    const opened = await withSpace()
    const { memory, fill, folder, best } = opened
    const first = await fill()
    const found = await best()
    cpSync(folder, `${folder}.copy`, { recursive: true })
    await memory.space_drop({ name: 'small' })
    const second = await fill()
    rmSync(folder, { recursive: true })
    renameSync(`${folder}.copy`, folder)
    const { state } = indexOf(opened, second)
    expect(await best()).toEqual(found)
    expect(await state()).toEqual({ indexed: null, tail: VECTORS, problem: null })
    renameSync(join(folder, `${first.id}.json`), join(folder, `${second.id}.json`))
    renameSync(join(folder, `${first.id}-1.usearch`), join(folder, `${second.id}-1.usearch`))
    expect(await best()).toEqual(found)
    expect(await state()).toMatchObject({
      indexed: null,
      problem: expect.stringMatching(`belongs to the space ${first.id}`),
    })
    expect((await memory.embed({ drain: true })).notices).toEqual([])
    expect(await state()).toEqual({ indexed: VECTORS, tail: 0, problem: null })
    expect(await best()).toEqual(found)
  })

  it('finds no vectors of before when it is brought back, though the files of its index are', async () => {
    const opened = await withSpace()
    const { memory, fill, folder, best, present } = opened
    const first = await fill()
    const found = await best()
    cpSync(folder, `${folder}.copy`, { recursive: true })
    const { receipt } = await memory.space_drop({ name: 'small' })
    await memory.undo({ receipt: receipt! })
    rmSync(folder, { recursive: true, force: true })
    renameSync(`${folder}.copy`, folder)
    await memory.embed({ drain: true })
    expect(await present()).toMatchObject({ id: first.id })
    expect(await best()).toEqual(found)
    expect((await memory.doctor({})).ok).toBe(true)
  })

  const VECTORS = TEXTS.length
})
