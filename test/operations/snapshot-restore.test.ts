/** Snapshots of one engine, restored into the other. */
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeKnowledge } from '../../scripts/fixture/knowledge.ts'
import { openHeirloom } from '../../src/heirloom.ts'
import { pglite, sqliteFile, type TestStore, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { full, MARKDOWN, NOTES } from '../kit/samples.ts'

const [sqlite, postgres] = [sqliteFile(), pglite()]
const folder = temporaryFolder()

const QUERIES = ['which port does staging listen on?', 'lamp at dusk', '東京', 'unique index invoice']

async function look({ memory }: TestStore) {
  const recalls = []
  for (const query of QUERIES) recalls.push((await memory.recall({ query, explain: true })).results)
  const { conflicts } = await memory.conflicts({ status: 'open' })
  const { results: entities } = await memory.entity_list({ limit: 100 })
  const journal = await memory.journal({ limit: 100 })
  return { digest: await memory.digest({}), recalls, journal, conflicts, entities }
}

it.each([
  ['SQLite', 'PostgreSQL', sqlite, postgres],
  ['PostgreSQL', 'SQLite', postgres, sqlite],
])('a snapshot of %s comes back on %s, and from there on the first again', async (from, _to, own, other) => {
  await using source = await own.open({ actor: 'person' })
  await using target = await other.open()
  await using home = await own.open()
  const { id: first } = await source.memory.remember(full())
  for (const content of NOTES) await source.memory.remember({ content, tags: ['note'] })
  await source.memory.revise({ id: first, content: 'The staging API listens on port 9090' })
  await source.memory.ingest({ text: MARKDOWN, name: 'guide.md', project: 'Lamps' })
  await writeKnowledge(source.memory, source.clock)
  const { cursor: _cursor, ...expected } = (await look(source)) as Awaited<ReturnType<typeof look>> & {
    cursor?: unknown
  }
  // How recent a memory is counts.
  for (const { clock } of [target, home])
    clock.advance(Date.parse(source.clock.now()) - Date.parse(clock.now()))
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

const DAMAGES: readonly [string, (file: string) => void][] = [
  ['cut short', file => truncateSync(file, 100_000)],
  [
    'with its header gone',
    file => writeFileSync(file, Buffer.concat([Buffer.alloc(16), readFileSync(file).subarray(16)])),
  ],
  ['of other bytes', file => writeFileSync(file, Buffer.alloc(50_000, 7))],
]

for (const kind of ['rows', 'file'] as const) {
  it.each(DAMAGES)(
    `a store %s is replaced by a snapshot of ${kind}, and kept beside it`,
    async (what, damage) => {
      const store = join(folder, `${kind} ${what}.db`)
      const dir = `${store}.snapshots`
      const memory = await openHeirloom({ store })
      for (const content of NOTES) await memory.remember({ content })
      const { id, digest } = await memory.snapshot_create({ kind })
      await memory.close()
      damage(store)
      const damaged = readFileSync(store)
      await using other = await openHeirloom({ store: 'memory:' })
      await expect(other.snapshot_restore({ id, dir, to: store })).rejects.toThrow()
      expect(readFileSync(store).equals(damaged)).toBe(true)
      const { set_aside } = await other.snapshot_restore({ id, dir, to: store, replace: true })
      expect(readFileSync(set_aside ?? '').equals(damaged)).toBe(true)
      await using restored = await openHeirloom({ store })
      expect((await restored.digest({})).digest).toBe(digest)
      expect((await restored.doctor({})).checks.filter(check => !check.ok)).toEqual([])
    },
  )
}

it('another program’s bytes are not taken for a damaged store', async () => {
  const store = join(folder, 'own.db')
  await using memory = await openHeirloom({ store })
  await memory.remember({ content: 'kept' })
  const { id } = await memory.snapshot_create({})
  const to = join(folder, 'picture.png')
  writeFileSync(to, 'no database at all, but somebody’s picture')
  const restore = memory.snapshot_restore({ id, to, replace: true })
  await expect(restore).rejects.toMatchObject({ code: 'NOT_A_STORE' })
  expect(readFileSync(to, 'utf8')).toContain('picture')
})

it('a handle whose store was taken back to an older schema is told so', async () => {
  const store = join(folder, 'back.db')
  copyFileSync(join(import.meta.dirname, '../fixtures/stores/0001.db'), store)
  await using memory = await openHeirloom({ store })
  const { id } = memory.upgrade?.snapshot ?? { id: '' }
  await using other = await openHeirloom({ store: 'memory:' })
  await other.snapshot_restore({ id, dir: `${store}.snapshots`, to: store, replace: true })
  for (const call of [() => memory.remember({ content: 'too late' }), () => memory.status({})]) {
    await expect(call()).rejects.toMatchObject({
      code: 'SCHEMA_OUTDATED',
      message: expect.stringMatching(/changed while it was open here \(schema \d, now 1\)/),
    })
  }
  expect(existsSync(`${store}.lock.json`)).toBe(false)
})
