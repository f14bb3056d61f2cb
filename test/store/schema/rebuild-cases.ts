/** A rebuild that is interrupted, written into and read beside; and handles that were open before it. */
import { describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { fill, indexOf, onEngine, rebuilds, settle, stampOf } from '../../kit/index-states.ts'
import { expectDoctorPleased, expectSound } from '../../kit/invariants.ts'
import type { Place, PlaceKit } from '../../kit/places.ts'
import { claimVersion, refusal } from '../../kit/schema-states.ts'

/** Passages that take the index past two batches. */
const PASSAGES = 560

const BOOK = Array.from({ length: PASSAGES }, (_, at) => `## Part ${at}\n\nThe lamp ${at * 7} hums.\n`).join(
  '\n',
)

async function filled(kit: PlaceKit): Promise<Place> {
  const place = await kit.fixture(SCHEMA_VERSION)
  await using store = await place.change()
  await store.memory.ingest({ text: BOOK, name: 'book.md' })
  return place
}

/** As if another build had made it. */
function spoil(place: Place): Promise<void> {
  return place.script("update artefacts set digest = 'other' where name = 'keyword'")
}

export function rebuildCases(kit: PlaceKit): void {
  describe(`a rebuild on ${kit.name}`, () => {
    interruptedCase(kit)
    besideCase(kit)
  })
  if (!kit.isShared) return
  describe(`a handle that was open before on ${kit.name}`, () => handleCases(kit))
}

function interruptedCase(kit: PlaceKit): void {
  it('that was interrupted goes on from its cursor, and ends as one that was not', async () => {
    await using place = await filled(kit)
    await spoil(place)
    await settle(place)
    const controller = new AbortController()
    const told: number[] = []
    const progress = ({ done }: { done: number }) => {
      told.push(done)
      if (told.length === 2) controller.abort()
    }
    expect(await refusal(fill(place, { signal: controller.signal, progress }))).toMatchObject({
      code: 'ABORTED',
    })
    expect(told).toEqual([256, 512])
    const [run] = await rebuilds(place)
    expect(run).toMatchObject({ status: 'running', cursor: expect.stringMatching(/\S/) })
    expect(await stampOf(place)).toMatchObject({ needs_rebuild: 1 })

    const after: number[] = []
    await using store = await place.open({
      // What is made from the index is made anew after it, and from its beginning.
      progress: ({ item, done }) => item.endsWith('keyword index') && after.push(done),
    })
    expect(await rebuilds(place)).toEqual([{ ...run, status: 'done' }])
    // Memory places report to nobody; the others went on from where they were.
    expect(after.filter(done => done <= 512 && done > 256)).toEqual([])
    expect(await stampOf(place)).toMatchObject({ needs_rebuild: 0 })
    await expectSound(store)
    const resumed = await indexOf(place)
    await spoil(place)
    await settle(place)
    await fill(place)
    expect(await indexOf(place)).toEqual(resumed)
    expect(await rebuilds(place)).toHaveLength(2)
  })
}

function besideCase(kit: PlaceKit): void {
  it('does not keep anybody from recalling and writing, and what is written meanwhile is in it once', async () => {
    await using place = await filled(kit)
    await spoil(place)
    await settle(place)
    await using store = await place.open({ upgrade: 'never' })
    expect((await store.memory.recall({ query: 'lamp' })).results).toEqual([])
    const controller = new AbortController()
    const first = { signal: controller.signal, progress: () => controller.abort() }
    expect(await refusal(fill(place, first))).toMatchObject({ code: 'ABORTED' })
    const { results } = await store.memory.list({ limit: 100 })
    const { id } = await store.memory.remember({ content: 'written while the index is made anew' })
    const own = results.filter(memory => memory.document_id === null && memory.status === 'active')
    for (const memory of own) await store.memory.revise({ id: memory.id, title: 'Revised meanwhile' })
    const found = await store.memory.recall({ query: 'index made anew' })
    expect(found.results.map(result => result.id)).toContain(id)
    await fill(place)
    expect((await store.memory.recall({ query: 'lamp 7 hums' })).results.length).toBeGreaterThan(0)
    await expectSound(store)
    const beside = await indexOf(place)
    expect(new Set(beside.rows.map(row => `${row.id} ${row.version}`)).size).toBe(beside.rows.length)
    await spoil(place)
    await settle(place)
    await fill(place)
    expect(await indexOf(place)).toEqual(beside)
  })
}

const NEXT = SCHEMA_VERSION + 1

function handleCases(kit: PlaceKit): void {
  const changes: readonly [string, string, (place: Place) => Promise<void>][] = [
    ['migrated it', 'SCHEMA_TOO_NEW', place => claimVersion(place, kit, { version: NEXT, floors: [NEXT] })],
    ['rebuilt its index', 'REBUILD_REQUIRED', spoil],
  ]
  it.each(changes)('reads on and writes nothing once another build %s', async (_what, code, change) => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await (await place.change())[Symbol.asyncDispose]()
    const store = await place.open()
    const known = await store.memory.list({})
    const some = known.results.find(memory => memory.status === 'active' && memory.document_id === null)!
    await onEngine(place, async () => change(place))
    const before = await place.rows('select count(*) as count from journal')
    const writes = [
      () => store.memory.remember({ content: 'too late' }),
      () => store.memory.revise({ id: some.id, content: 'too late as well' }),
      () => store.memory.forget({ id: some.id }),
      () => store.memory.ingest({ text: '# Too late\n\nFor this.', name: 'late.md' }),
    ]
    for (const write of writes) {
      const refused = await write().then(
        answer => JSON.stringify(answer),
        (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
      )
      expect(refused).toContain(code)
      expect(refused).toMatch(/was changed while it was open here/)
    }
    expect(await place.rows('select count(*) as count from journal')).toEqual(before)
    expect(await store.memory.list({})).toEqual(known)
    expect((await store.memory.get({ id: some.id })).content).toBe(some.content)
    expect((await store.memory.recall({ query: 'the nightly backup' })).results.length).toBeGreaterThan(0)
    const unused = await place.rows('select sum(reference_count) as uses from memories')
    await store[Symbol.asyncDispose]()
    expect(await place.rows('select sum(reference_count) as uses from memories')).toEqual(unused)
  })

  it('goes on writing after this build migrated another store beside it', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await using store = await place.change()
    await using other = await kit.fixture(1)
    await using migrated = await other.change()
    await store.memory.remember({ content: 'nothing has changed here' })
    await expectDoctorPleased(store.memory)
    await expectDoctorPleased(migrated.memory)
  })
}
