/** Long work that is cancelled says so, and takes nobody for a mistake of Heirloom. */
import { expect, it } from 'vitest'
import { fillPending } from '../../src/evolve/backfill.ts'
import { repairStore } from '../../src/evolve/repair.ts'
import { BACKFILLS } from '../../src/store/backfills.ts'
import { fixedSurroundings } from '../../src/testing.ts'
import { openBeneath } from '../kit/beneath.ts'
import { prepared } from '../kit/drainers.ts'
import { TestEmbedder } from '../kit/embedders.ts'
import { sqliteFile } from '../kit/engines.ts'

const files = sqliteFile()
const ABORTED = { code: 'ABORTED' }

it('embedding, before it begins, in the middle of it, and where the provider fails meanwhile', async () => {
  const { drainer, embedder, remember, waiting } = await prepared(files, new TestEmbedder({ batch: 1 }))
  await remember(3)
  await expect(drainer.drain({ signal: AbortSignal.abort() })).rejects.toMatchObject(ABORTED)
  const { answer } = embedder
  for (const then of [answer, () => Promise.reject(new Error('the connection is gone'))]) {
    const controller = new AbortController()
    embedder.answer = (texts, options) => {
      controller.abort()
      return then(texts, options)
    }
    await expect(drainer.drain({ signal: controller.signal })).rejects.toMatchObject(ABORTED)
  }
  const controller = new AbortController()
  embedder.answer = answer
  const progress = () => controller.abort()
  await expect(drainer.drain({ signal: controller.signal, progress })).rejects.toMatchObject(ABORTED)
  expect((await waiting()).filter(row => row.claimed_by !== null)).toEqual([])
})

it('repairing, and adding what older stores lack', async () => {
  const { store } = await openBeneath(files)
  const { engine } = store
  const surroundings = {
    ...fixedSurroundings(),
    elapsed: () => 0,
    build: 'test',
    signal: AbortSignal.abort(),
  }
  const none = { schema: [], artefacts: new Set<never>(), indexes: false, conflicts: false, stamps: false }
  const damage = { ...none, tags: true, vectors: true }
  await engine.exclusively('test', async permit => {
    await expect(repairStore(engine, permit, { damage, surroundings })).rejects.toMatchObject(ABORTED)
    const controller = new AbortController()
    const failing = () => {
      controller.abort()
      throw new Error('the disk is gone')
    }
    await expect(
      fillPending(engine, permit, {
        pending: BACKFILLS.map(backfill => ({ ...backfill, failed: null })),
        surroundings: { ...surroundings, newId: failing, signal: controller.signal },
      }),
    ).rejects.toMatchObject(ABORTED)
  })
})
