/** What changes, checks or copies a store as a whole, where there is a table that no step of the schema makes. */
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector as pgvector } from '@electric-sql/pglite-pgvector'
import { sql } from 'kysely'
import { afterAll, describe, expect, it } from 'vitest'
import { textHash, toEmbeddedText } from '../../../src/model/embedded-text.ts'
import type { Engine } from '../../../src/store/engine.ts'
import { VectorExtension } from '../../../src/store/postgres/vector-extension.ts'
import { PostgresVectors } from '../../../src/store/postgres/vectors.ts'
import { MIGRATIONS } from '../../../src/store/schema/index.ts'
import { Statements } from '../../../src/store/statements.ts'
import { open, type Subject } from '../../evolve/snapshot/kit.ts'
import { bootPglite, temporaryFolder } from '../../kit/engines.ts'
import { expectDoctorPleased } from '../../kit/invariants.ts'
import { addSpace, asking, clustered, SPACE } from '../../kit/nearest.ts'
import { pglitePlaces } from '../../kit/places.ts'
import { loseStamp } from '../../kit/schema-states.ts'

const folder = temporaryFolder()
const vectors = clustered(30, SPACE.dimensions, 5)

/** As the engine's own, from fewer vectors on; each knows one database. */
const indexing = (indexFrom: number | null = 10) =>
  new PostgresVectors(new Statements(), { tableFrom: 1, indexFrom, outside: null })
const fold = (engine: Engine, by = indexing()) =>
  engine.exclusively('fold', held => by.fold(held, SPACE, { isBusy: false }))
const needsFold = (engine: Engine, by = indexing()) =>
  engine.read(db => by.needsFold(db, SPACE, { isBusy: false }))
const state = (engine: Engine) => engine.read(db => indexing().state(db, SPACE))

let instance: Promise<PGlite> | undefined
let count = 0
afterAll(async () => (await instance)?.close())

/** A store of memories with a vector each, in the order of the vectors, and an index of these. */
async function filled(): Promise<Subject & { readonly ids: readonly string[] }> {
  instance ??= bootPglite()
  const subject = await open({ store: `pglite:?schema=whole_${++count}`, pglite: await instance })
  const ids = await fill(subject)
  await fold(subject.engine)
  expect(await state(subject.engine)).toEqual({ indexed: 30, tail: 0, problem: null })
  return { ...subject, ids }
}

async function fill({ engine, memory }: Pick<Subject, 'engine' | 'memory'>): Promise<string[]> {
  const ids: string[] = []
  for (const index of vectors.keys()) ids.push((await memory.remember({ content: noteOf(index) })).id)
  await addSpace({ engine, space: SPACE })
  await engine.write(db => indexing().insert(db, rowsOf(ids)))
  return ids
}

const noteOf = (number: number) => `the note number ${number} of many`

function rowsOf(ids: readonly string[]) {
  const halves = (vector: Float32Array) => new Uint8Array(new Float16Array(vector).buffer)
  return ids.map((subject_id, at) => {
    const text = toEmbeddedText({ content: noteOf(at), title: null })
    return { space: 1, subject_id, text_hash: textHash(text), vector: halves(vectors[at]!) }
  })
}

/** Of the vectors, one after the other, the memories that are found for them. */
async function found(engine: Engine): Promise<string[]> {
  const nearest = vectors.map(vector =>
    engine.read(db => indexing().nearest(db, asking(SPACE, vector, { limit: 1 }))),
  )
  return (await Promise.all(nearest)).map(([hit]) => hit?.memory_id ?? '')
}

it('doctor and the digests see nothing of it', async () => {
  await using store = await filled()
  const before = await store.digest()
  await expectDoctorPleased(store.memory)
  await store.engine.write(db => sql`drop table vector_search_spaces, vector_search`.execute(db))
  expect(await store.digest()).toEqual(before)
  expect(await found(store.engine)).toEqual(store.ids)
})

it.each([
  ['the steps make', MIGRATIONS],
  ['its tables are', []],
])('a rehearsal in a copy as %s goes without it', async (_name, steps) => {
  await using store = await filled()
  const { engine, ids } = store
  await engine.exclusively('rehearse', held =>
    engine.rehearse(held, steps, async copy => {
      const names = await copy.read(db => copy.tableNames(db))
      expect([...names].filter(name => name.startsWith('vector'))).toEqual(['vectors'])
      expect(await found(copy)).toEqual(ids)
    }),
  )
  expect(await found(engine)).toEqual(ids)
})

it('a snapshot that is brought back is searched at once, and indexed by the next fold', async () => {
  await using store = await filled()
  const { engine, ids } = store
  const dir = join(folder, 'snapshots')
  const { id } = await store.snapshot(dir)
  const last = ids.at(-1)!
  await engine.write(db => db.deleteFrom('vectors').where('subject_id', '=', last).execute())
  expect((await found(engine)).at(-1)).not.toBe(last)
  await store.restore({ folder: dir, id, replace: true })
  expect(await engine.read(db => sql`select from vector_search`.execute(db))).toMatchObject({ rows: [] })
  expect((await state(engine)).tail).toBe(30)
  // The keyword index, which is made anew after a restore, says what is live.
  const of = () => engine.read(db => indexing().of(db, SPACE, ids))
  expect((await of()).size).toBe(30)
  expect(await needsFold(engine)).toBe(true)
  await fold(engine)
  expect(await engine.read(db => sql`select from vector_search`.execute(db))).toMatchObject({
    rows: { length: 30 },
  })
})

it('tables whose version was lost are taken over without it', async () => {
  const places = pglitePlaces()
  await using place = await places.empty()
  {
    await using made = await place.change()
    await fill(made)
    await fold(made.engine)
  }
  await loseStamp(place, places)
  await using taken = await place.change()
  expect(await state(taken.engine)).toEqual({ indexed: null, tail: 30, problem: null })
  await fold(taken.engine)
  expect(await state(taken.engine)).toEqual({ indexed: 30, tail: 0, problem: null })
  expect((await found(taken.engine)).filter(id => id !== '')).toHaveLength(30)
})

describe('without the extension', () => {
  it('vectors are kept, and what is to be installed is told', async () => {
    const pglite = await PGlite.create()
    await using store = await open({ store: 'pglite:', pglite })
    const { engine, memory } = store
    const ids = await fill(store)
    const remedy = `The server has no extension for vectors. Install the package pgvector there. Run as a superuser in the database "postgres": create extension vector;`
    expect(await engine.read(db => indexing().obstacle(db))).toBe(remedy)
    expect(await state(engine)).toEqual({ indexed: null, tail: 30, problem: null })
    expect(await needsFold(engine)).toBe(false)
    await fold(engine)
    expect((await engine.read(db => indexing().of(db, SPACE, ids))).size).toBe(30)
    await expectDoctorPleased(memory)
    await pglite.close()
  })

  it('a role that may not make it is told who can', async () => {
    const pglite = await PGlite.create({ extensions: { vector: pgvector } })
    await using store = await open({ store: 'pglite:', pglite })
    const extension = new VectorExtension()
    const obstacle = () => store.engine.read(async db => (await extension.find(db)).obstacle)
    expect(await obstacle()).toBeNull()
    await pglite.exec('create role reader; grant usage on schema heirloom to reader; set role reader')
    expect(await obstacle()).toBe(
      'The extension for vectors is not made here. Run as a superuser in the database "postgres": create extension vector;',
    )
    await pglite.exec(
      'reset role; create schema apart; create extension vector with schema apart; set role reader',
    )
    expect(await obstacle()).toBe(
      'This user may not use pgvector. Run as a superuser in the database "postgres": grant usage on schema "apart" to "reader";',
    )
    await pglite.exec('reset role')
    expect(await obstacle()).toBeNull()
    await fill(store)
    await fold(store.engine)
    expect(await state(store.engine)).toEqual({ indexed: 30, tail: 0, problem: null })
    await pglite.close()
  })

  it('a folder that was used with it works on, and what is written then is found with it again', async () => {
    const path = join(folder, 'data')
    const at = async (
      extensions: Record<string, typeof pgvector>,
      work: (subject: Subject) => Promise<void>,
    ) => {
      const pglite = await PGlite.create(path, { extensions })
      {
        await using subject = await open({ store: 'pglite:', pglite })
        await work(subject)
      }
      await pglite.close()
    }
    let ids: string[] = []
    // As the engine itself does, without an index in this process.
    const own = () => indexing(null)
    await at({ vector: pgvector }, async store => {
      ids = await fill(store)
      await fold(store.engine, own())
    })
    await at({}, async ({ engine, memory }) => {
      expect(await engine.read(db => own().obstacle(db))).toContain('Install the package pgvector')
      await engine.write(async db => {
        await db.deleteFrom('vectors').where('subject_id', '=', ids[3]!).execute()
        await own().insert(db, rowsOf(ids).slice(3, 4))
      })
      await memory.remember({ content: 'life goes on' })
    })
    await at({ vector: pgvector }, async ({ engine }) => {
      expect(await found(engine)).toEqual(ids)
      expect(await needsFold(engine, own())).toBe(true)
      await fold(engine, own())
      expect(await needsFold(engine, own())).toBe(false)
      expect(await found(engine)).toEqual(ids)
    })
  })
})
