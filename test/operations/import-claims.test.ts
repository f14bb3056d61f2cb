import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sqliteMemory, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const folder = temporaryFolder()
const FIXTURE = join(import.meta.dirname, '../fixtures/memtomem/bundle-v3.json')

/** A bundle of two chunks with other texts. */
function bundleOf(...contents: readonly string[]): string {
  const bundle = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { chunks: Record<string, unknown>[] }
  const chunks = contents.map((content, index) => ({
    ...bundle.chunks[index],
    content,
    tags: [],
    namespace: 'default',
  }))
  const path = join(folder, `${contents.length}-${contents.join('').length}.json`)
  writeFileSync(path, JSON.stringify({ ...bundle, total_chunks: chunks.length, chunks }))
  return path
}

it('reads slots from what is imported, and notices what contradicts', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  const { memory } = store
  const path = bundleOf('The gateway listens on port 8080', 'The gateway listens on port 9090')
  const plan = await memory.import_memtomem({ path, plan: true })
  expect(plan).toMatchObject({ kept: 2, notices: [] })
  const report = await memory.import_memtomem({ path })
  expect(report.notices).toEqual([expect.stringMatching(/^1 contradiction was found.*heirloom conflicts/)])
  const { conflicts } = await memory.conflicts({})
  expect(conflicts).toMatchObject([{ slot: { subject: 'gateway', attribute: 'port' }, status: 'open' }])
  expect(conflicts[0]?.members.map(({ value }) => value).sort()).toEqual(['8080', '9090'])
  await expectSound(store)
})

it('reads none into a project that reads none, and lets candidates claim nothing', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  const { memory } = store
  await memory.remember({ content: 'The gateway listens on port 7070', project: 'apollo' })
  await memory.project({ action: 'set', name: 'apollo', read_slots: false })
  const path = bundleOf('The gateway listens on port 6060', 'Nothing to see')
  await memory.import_memtomem({ path, map: ['default=apollo'] })
  expect(
    (await memory.list({ project: 'apollo', limit: 10 })).results.map(({ slot }) => slot?.value),
  ).toContain(undefined)
  const again = bundleOf('The gateway listens on port 5050', 'Nothing to hear here')
  await memory.import_memtomem({ path: again, candidates: true })
  expect((await memory.conflicts({})).conflicts).toEqual([])
  await expectSound(store)
})
