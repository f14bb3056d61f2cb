import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { openHeirloom, toHeirloom } from '../../src/heirloom.ts'
import { openStore } from '../../src/open.ts'
import { temporaryFolder } from '../kit/engines.ts'
import { expectDoctorPleased } from '../kit/invariants.ts'

const folder = temporaryFolder()

it('a reader during a long write sees what was there before, and never waits', async () => {
  const file = join(folder, 'snapshot.db')
  const opened = await openStore({ store: file })
  await using writer = toHeirloom(opened)
  await using reader = await openHeirloom({ store: file })
  const { id } = await writer.remember({ content: 'the old text' })
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  const { promise: hasBegun, resolve: begun } = Promise.withResolvers<void>()
  const long = opened.store.engine.write(async db => {
    await sql`update memories set title = 'new'`.execute(db)
    begun()
    await mayEnd
  })
  await hasBegun
  for (const handle of [reader, writer]) {
    expect((await handle.get({ id })).title).toBeNull()
    expect((await handle.recall({ query: 'old text' })).results).toMatchObject([{ id, title: null }])
    expect((await handle.list({})).total).toBe(1)
    expect((await handle.journal({ verify: true })).verification?.ok).toBe(true)
  }
  end()
  await long
  expect((await reader.get({ id })).title).toBe('new')
})

it('one reading is one snapshot, whatever is written in between', async () => {
  const file = join(folder, 'reading.db')
  const opened = await openStore({ store: file })
  await using memory = toHeirloom(opened)
  await memory.remember({ content: 'before' })
  const { principal } = opened.context()
  const counts = await opened.store.read(principal, async tx => {
    const first = await tx.memories.count({}, 100)
    await memory.remember({ content: 'in between' })
    return [first, await tx.memories.count({}, 100)]
  })
  expect(counts).toEqual([1, 1])
  expect((await memory.list({})).total).toBe(2)
})

it('doctor waits for a writer instead of calling the index damaged', async () => {
  const file = join(folder, 'doctor.db')
  const opened = await openStore({ store: file })
  await using writer = toHeirloom(opened)
  await using other = await openHeirloom({ store: file })
  await writer.remember({ content: 'kept' })
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  const { promise: hasBegun, resolve: begun } = Promise.withResolvers<void>()
  const long = opened.store.engine.write(async db => {
    await sql`update memories set reference_count = 1`.execute(db)
    begun()
    await mayEnd
  })
  await hasBegun
  const pleased = expectDoctorPleased(other)
  setTimeout(end, 400)
  await Promise.all([pleased, long])
})
