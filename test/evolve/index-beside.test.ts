/** The index that is made beside a long run of embedding: it grows with it, ends with it, and never ends it. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type Drained, drainSpace } from '../../src/evolve/draining.ts'
import { IndexBeside } from '../../src/evolve/index-beside.ts'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { Space } from '../../src/model/space.ts'
import { spacesOf } from '../../src/store/spaces.ts'
import { fixedSurroundings } from '../../src/testing.ts'
import { openBeneath } from '../kit/beneath.ts'
import { type Answer, answering, embeddersWith, TestEmbedder } from '../kit/embedders.ts'
import { sqliteFile } from '../kit/engines.ts'
import { lockedByChild } from '../kit/lock-child.ts'
import { addSpace, addVectors, clustered, SPACE as NUMBERED } from '../kit/nearest.ts'
import { DIMENSIONS } from '../kit/vectors.ts'

/** From more than so many beside the index on it pays to fold while more is coming. */
const BUSY = 20_000
/** More than are claimed at a time. */
const TEXTS = 600
/** So many that with the texts it pays when nothing more is coming. */
const FEW = 500

const files = sqliteFile()
const { now, newId } = fixedSurroundings()
const known = clustered(BUSY, DIMENSIONS, 11)

/** A space of some vectors, and texts that wait; the second part of these is answered as `second` has it. */
async function prepared({ vectors, second = answering }: { vectors: number; second?: Answer }) {
  const opened = await openBeneath(files, { embedder: 'none', upgrade: 'never' })
  const { memory, store } = opened
  const { engine } = store
  const embedder = new TestEmbedder()
  embedder.answer = (texts, options) => (embedder.calls.length === 1 ? answering : second)(texts, options)
  await addSpace({ engine, space: { ...NUMBERED, dimensions: DIMENSIONS } }, embedder.space)
  const [space] = (await engine.read(db => spacesOf(db, engine, BOOTSTRAP_ID))) as [Space]
  await addVectors({ engine, space, vectors: known.slice(0, vectors) }, 1)
  for (let at = 0; at < TEXTS; at++) await memory.remember({ content: `fact number ${at}` })
  const drain = (signal?: AbortSignal): Promise<Drained> => {
    const surroundings = { now, newId, signal } as never
    const embedders = embeddersWith(embedder)
    return drainSpace({ engine, embedders, tenant_id: BOOTSTRAP_ID, stamps: null, surroundings }, space)
  }
  const folder = `${opened.address}.vectors`
  const state = () => engine.read(db => engine.vectors.state(db, space))
  return {
    ...opened,
    engine,
    embedder,
    space,
    drain,
    folder,
    manifest: join(folder, `${space.id}.json`),
    state,
  }
}

/** Lets others have their turn until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate()
}

it('is there before the run is over, takes in what comes meanwhile, and is up to date at the end', async () => {
  const store: Awaited<ReturnType<typeof prepared>> = await prepared({
    vectors: BUSY,
    second: async (texts, options) => {
      await until(() => existsSync(store.manifest))
      return answering(texts, options)
    },
  })
  expect(await store.drain()).toEqual({ embedded: TEXTS, failed: 0 })
  const { indexed, tail, problem } = await store.state()
  expect([(indexed ?? 0) + tail, problem]).toEqual([BUSY + TEXTS, null])
  // What is left beside it is so little that a search looks at it for next to nothing.
  expect(tail).toBeLessThan(TEXTS)
})

it('is made once at the end of a short run', async () => {
  const store = await prepared({
    vectors: FEW,
    second: (texts, options) => {
      expect(existsSync(store.folder)).toBe(false)
      return answering(texts, options)
    },
  })
  expect(await store.drain()).toEqual({ embedded: TEXTS, failed: 0 })
  expect(await store.state()).toEqual({ indexed: FEW + TEXTS, tail: 0, problem: null })
})

it('is made by one fold at a time, and none where it does not pay', async () => {
  const { engine, space, folder, state } = await prepared({ vectors: FEW + TEXTS })
  const index = new IndexBeside({ engine, space, signal: undefined })
  index.fold({ isBusy: true })
  await index.settle()
  expect(existsSync(folder)).toBe(false)
  for (let at = 0; at < 5; at++) index.fold({ isBusy: false })
  await index.settle()
  expect(readdirSync(folder).sort()).toEqual([`${space.id}-1.usearch`, `${space.id}.json`])
  expect(await state()).toEqual({ indexed: FEW + TEXTS, tail: 0, problem: null })
})

it('that cannot be made ends no run', async () => {
  const { drain, folder, state } = await prepared({ vectors: FEW })
  writeFileSync(folder, 'not a folder')
  expect(await drain()).toEqual({ embedded: TEXTS, failed: 0 })
  expect(await state()).toMatchObject({ indexed: null, problem: expect.stringMatching(/was not renewed/) })
  rmSync(folder)
  expect(await drain()).toEqual({ embedded: 0, failed: 0 })
  expect(await state()).toEqual({ indexed: FEW + TEXTS, tail: 0, problem: null })
})

it('is left to whoever changes the store as a whole, and made the next time', async () => {
  const { address, drain, state } = await prepared({ vectors: FEW })
  {
    await using _holder = await lockedByChild(address)
    expect(await drain()).toEqual({ embedded: TEXTS, failed: 0 })
    expect(await state()).toEqual({ indexed: null, tail: FEW + TEXTS, problem: null })
  }
  await drain()
  expect(await state()).toEqual({ indexed: FEW + TEXTS, tail: 0, problem: null })
})

it('is given up with the run, without a trace', async () => {
  const controller = new AbortController()
  const store: Awaited<ReturnType<typeof prepared>> = await prepared({
    vectors: BUSY,
    second: async (texts, options) => {
      await until(() => existsSync(store.folder))
      controller.abort()
      return answering(texts, options)
    },
  })
  await expect(store.drain(controller.signal)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(readdirSync(store.folder)).toEqual([])
  // Nobody has the lock any more, and nothing is told to be wrong.
  await store.engine.exclusively('test', async () => undefined)
  expect(await store.state()).toMatchObject({ indexed: null, problem: null })
})
