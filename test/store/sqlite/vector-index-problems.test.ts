/** What keeps an index from being made or used is told, with what mends it, until it is mended; and recall goes on. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BOOTSTRAP_ID } from '../../../src/model/memory.ts'
import type { Space } from '../../../src/model/space.ts'
import { spacesOf } from '../../../src/store/spaces.ts'
import { openBeneath, type StoreBeneath } from '../../kit/beneath.ts'
import { sqliteFile } from '../../kit/engines.ts'
import { addVectors, clustered } from '../../kit/nearest.ts'

const files = sqliteFile()

/** More vectors than are compared one by one for long. */
const MANY = 1100
const FEW = 20

async function prepared(count: number) {
  const opened = await openBeneath(files, { embedder: 'static', actor: 'person' })
  const { engine } = opened.store
  const [space] = (await engine.read(db => spacesOf(db, engine, BOOTSTRAP_ID))) as [Space]
  await addVectors({ engine, space, vectors: clustered(count, space.dimensions, 3) }, 1)
  return { ...opened, engine, space, folder: `${opened.address}.vectors` }
}

const indexOf = async ({ memory }: Pick<StoreBeneath, 'memory'>) => (await memory.status({})).spaces[0]?.index

describe('a file where the folder of the index should be', () => {
  it('is told of by a fold that failed, by status and by the check, until it is moved away', async () => {
    const store = await prepared(MANY)
    const { memory, folder } = store
    writeFileSync(folder, 'not a folder')
    const { notices } = await memory.embed({ drain: true })
    expect(notices.join()).toMatch(/index of "heirloom-static-en".*\.vectors was not renewed.*move it away/)
    expect((await memory.status({})).notices).toEqual(notices)
    const { ok, checks } = await memory.space_check({})
    expect([ok, checks.filter(one => !one.ok)]).toMatchObject([
      false,
      [{ name: 'index', detail: expect.stringMatching(/move it away/) }],
    ])
    const { results } = await memory.recall({ query: 'earliest thing that was kept', limit: 1 })
    expect(results[0]?.content).toBe('the first memory of this store')
    expect(readFileSync(folder, 'utf8')).toBe('not a folder')
    rmSync(folder)
    expect((await memory.embed({ drain: true })).notices).toEqual([])
    expect(await indexOf(store)).toMatchObject({ indexed: MANY + 1, tail: 0, problem: null })
  })

  it('is told of where no index is needed as well, and no more once it is gone', async () => {
    const store = await prepared(FEW)
    const { folder } = store
    writeFileSync(folder, 'not a folder')
    expect((await indexOf(store))?.problem).toMatch(/is no folder.*move it away.*heirloom embed --drain/)
    rmSync(folder)
    expect(await indexOf(store)).toMatchObject({ indexed: null, problem: null })
  })
})

describe('an index that is damaged', () => {
  it('is made again by what status names, however few vectors there are', async () => {
    const store = await prepared(MANY)
    const { memory, folder } = store
    await memory.embed({ drain: true })
    expect(await indexOf(store)).toMatchObject({ indexed: MANY + 1 })
    await store.raw(`delete from vectors where id > ${FEW}`)
    const [file = ''] = readdirSync(folder).filter(name => name.endsWith('.usearch'))
    rmSync(join(folder, file))
    const other = await store.another({ actor: 'person', mode: 'existing' })
    const { notices } = await other.status({})
    expect(notices.join()).toMatch(/\.usearch is missing\. To make it again: heirloom embed --drain/)
    expect((await other.embed({ drain: true })).notices).toEqual([])
    expect(await indexOf({ memory: other })).toMatchObject({ tail: 0, problem: null })
    // Whoever had the old one open has the new one now.
    expect(await indexOf(store)).toMatchObject({ tail: 0, problem: null })
    expect((await memory.space_check({})).ok).toBe(true)
  })
})
