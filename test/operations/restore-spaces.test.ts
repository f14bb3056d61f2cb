/** A restored store has the spaces of the snapshot, and what was decided of them there, not what was there before. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sqliteFile, type TestStore, temporaryFolder } from '../kit/engines.ts'

const stores = sqliteFile()
const dir = join(temporaryFolder(), 'snapshots')
const CAR = 'The car needs new tyres before the winter'
const person = { actor: 'person' } as const
const withModel = { ...person, embedder: 'static' } as const

async function restored(source: TestStore, target: TestStore): Promise<void> {
  const { id } = await source.memory.snapshot_create({ dir })
  await target.memory.snapshot_restore({ id, dir, to: target.address, replace: true })
}

it('a store that never had one gets its first space after it came back over one that had', async () => {
  await using source = await stores.open(person)
  await source.memory.remember({ content: CAR })
  await using target = await stores.open(withModel)
  await restored(source, target)
  const reopened = await target.another(withModel)
  const { results, notices } = await reopened.recall({ query: 'automobile maintenance' })
  expect([results.map(({ content }) => content), notices]).toEqual([[CAR], []])
})

it('a store that a person left with words alone stays so where it came back to a new place', async () => {
  await using source = await stores.open(withModel)
  await source.memory.remember({ content: CAR })
  await source.memory.space_default({ name: 'none' })
  await source.memory.space_drop({ name: 'heirloom-static-en' })
  await using target = await stores.open(person)
  await restored(source, target)
  const reopened = await target.another(withModel)
  expect((await reopened.space_list({})).spaces).toEqual([])
})

it('what a space of before could not be filled for is not told of the one that came back', async () => {
  await using source = await stores.open(withModel)
  await source.memory.remember({ content: CAR })
  await using target = await stores.open(withModel)
  await target.raw(`insert into settings (tenant_id, name, value)
    select tenant_id, 'embedding_problem.1', '2026-01-01T00:00:00.000Z the provider is down.' from tenants`)
  expect((await target.memory.status({})).notices.join()).toContain('the provider is down')
  await restored(source, target)
  expect((await target.memory.status({})).notices.join()).not.toContain('the provider is down')
})

it('a store that sends what is remembered away says so as it comes back, whatever it was copied by', async () => {
  await using source = await stores.open(person)
  await source.memory.remember({ content: CAR })
  await source.raw(`insert into spaces (tenant_id, id, number, name, provider, model, dimensions, pooling, normalised,
      query_prefix, document_prefix, digest, noise, is_default, created_at)
    select tenant_id, 's', 1, 'away', 'http:https://example.org/v1/embeddings', 'm', 8, 'server', 1, '', '', '', 0, 0, ''
    from tenants`)
  for (const kind of ['rows', 'file'] as const) {
    const { id } = await source.memory.snapshot_create({ dir, kind })
    const to = join(dir, `${kind}.db`)
    const { notices } = await source.memory.snapshot_restore({ id, dir, to })
    expect(notices).toEqual([
      expect.stringMatching(/"away" sends every text to example\.org.*space drop away/),
    ])
  }
})
