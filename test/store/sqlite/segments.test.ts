/** A full-text table of many segments becomes one of one, when that is worth writing it anew. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { toHeirloom } from '../../../src/heirloom.ts'
import { type Opened, openStore } from '../../../src/open.ts'
import { rawOf } from '../../../src/store/sqlite/connection.ts'
import { fixedSurroundings } from '../../../src/testing.ts'

const DOCUMENTS = 12

let opened: Opened

beforeEach(async () => {
  opened = await openStore({ store: 'memory:', ...fixedSurroundings() })
  for (let number = 0; number < DOCUMENTS; number++) await ingest(number)
})
afterEach(() => opened.store.close())

it('leaves one segment, in which everything is found as before', async () => {
  const before = await recalled()
  expect(await segments()).toBeGreaterThan(2)
  await putInOrder()
  expect(await segments()).toBe(1)
  expect(before).toHaveLength(10)
  expect(await recalled()).toEqual(before)
})

it('does not write a large segment anew for a small one beside it', async () => {
  await putInOrder()
  await ingest(DOCUMENTS, 32)
  expect(await segments()).toBe(2)
  await putInOrder()
  expect(await segments()).toBe(2)
})

it('does nothing where nothing is indexed', async () => {
  const { store } = await openStore({ store: 'memory:', ...fixedSurroundings() })
  await store.engine.keyword.putInOrder(work => store.engine.write(work))
  await store.close()
})

/** Rows go into the index in batches of 32, each of which becomes a segment. */
async function ingest(number: number, count = 100): Promise<void> {
  const turns = Array.from({ length: count }, (_, turn) => ({
    role: turn % 2 === 0 ? 'ana' : 'ben',
    content: `Lantern ${turn} of harbour ${number} burns with oil kept in cask number ${turn * number}.`,
  }))
  await toHeirloom(opened).ingest({ text: JSON.stringify(turns), name: `harbour-${number}.json` })
}

async function recalled(): Promise<string[]> {
  const { results } = await toHeirloom(opened).recall({ query: 'oil for the lantern of harbour 7' })
  return results.map(({ content }) => content)
}

function putInOrder(): Promise<void> {
  const { engine } = opened.store
  return engine.keyword.putInOrder(work => engine.write(work))
}

function segments(): Promise<number> {
  const count = 'select count(distinct segid) from keyword_live_idx'
  return opened.store.engine.read(async db => rawOf({ db }).prepare(count).pluck().get() as number)
}
