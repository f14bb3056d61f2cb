/** Snapshots of one engine, restored into the other. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { pglite, sqliteFile, type TestStore, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { full, MARKDOWN, NOTES } from '../kit/samples.ts'

const [sqlite, postgres] = [sqliteFile(), pglite()]
const folder = temporaryFolder()

const QUERIES = ['which port does staging listen on?', 'lamp at dusk', '東京', 'unique index invoice']

async function look({ memory }: TestStore) {
  const recalls = []
  for (const query of QUERIES) recalls.push((await memory.recall({ query, explain: true })).results)
  return { digest: await memory.digest({}), recalls, journal: await memory.journal({ limit: 100 }) }
}

it.each([
  ['SQLite', 'PostgreSQL', sqlite, postgres],
  ['PostgreSQL', 'SQLite', postgres, sqlite],
])('a snapshot of %s comes back on %s, and from there on the first again', async (from, _to, own, other) => {
  await using source = await own.open()
  await using target = await other.open()
  await using home = await own.open()
  const { id: first } = await source.memory.remember(full())
  for (const content of NOTES) await source.memory.remember({ content, tags: ['note'] })
  await source.memory.revise({ id: first, content: 'The staging API listens on port 9090' })
  await source.memory.ingest({ text: MARKDOWN, name: 'guide.md', project: 'Lamps' })
  const { cursor: _cursor, ...expected } = (await look(source)) as Awaited<ReturnType<typeof look>> & {
    cursor?: unknown
  }
  const dir = join(folder, from)
  const { id } = await source.memory.snapshot_create({ dir })
  await target.memory.snapshot_restore({ id, dir, to: target.address })
  expect(await look(target)).toEqual(expected)
  const there = await target.memory.snapshot_create({ dir })
  expect(there.digest).toBe(expected.digest.digest)
  expect((await target.memory.snapshot_diff({ from: id, to: there.id, dir })).tables).toEqual([])
  await home.memory.snapshot_restore({ id: there.id, dir, to: home.address })
  expect(await look(home)).toEqual(expected)
  for (const store of [target, home]) await expectSound(store)
})
