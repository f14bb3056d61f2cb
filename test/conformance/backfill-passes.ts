/** The back-fill as a pass over the store: once, told of, planned first, done again where it failed. */
import { describe, expect, it } from 'vitest'
import { backfillNamed, carryOut } from '../../src/evolve/backfill.ts'
import { BACKFILLS, pendingBackfills } from '../../src/store/backfills.ts'
import { readStamps } from '../../src/store/stamps.ts'
import { backfillRuns, forgetLinks, forgetMarkers, keep, openAgain, sentences } from '../kit/backfills.ts'
import { openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { linkRows, numbered } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { changing } from '../kit/places.ts'

const MISSING = 'abcdef12-3456-4789-8abc-def123456789'
const tagged = (id: string) => `shared-from=${id}`

/** Two copies, one of something that is not here, and a memory that was superseded; no link of any of them. */
async function withoutLinks(store: StoreBeneath) {
  const { memory } = store
  const { id: source } = await memory.remember({ content: 'the source' })
  await keep(
    store,
    { id: numbered(1), tags: [tagged(source)] },
    { id: numbered(2), origin_tags: JSON.stringify([7, tagged(MISSING)]) },
  )
  const { id: old } = await memory.remember({ content: 'old' })
  const { superseded_by } = await memory.supersede({ id: old, content: 'new' })
  await forgetLinks(store)
  const shared = [`${numbered(1)} shared_from ${source}`, `${numbered(2)} shared_from (${MISSING})`]
  return { source, shared, succession: `${old} superseded_by ${superseded_by}` }
}

const RECEIPT = { scanned: 2, linked: 2, source_missing: 1, known: 0, skipped: { not_a_string: 1 } }

/** What of a store a pass may not change where it only plans, or has nothing to do. */
async function standing({ memory, raw }: TestStore) {
  const counted = []
  for (const table of ['runs', 'settings', 'journal', 'links'])
    counted.push(await raw(`select count(*) as count from ${table}`))
  return { digest: await memory.digest({}), counted }
}

async function isUnfinished({ store }: StoreBeneath): Promise<boolean> {
  return (await store.engine.read(readStamps)).unfinished
}

export function passing(engine: TestEngine): void {
  describe('the back-fill of links', () => {
    planning(engine)
    once(engine)
    succeeding(engine)
    telling(engine)
    failing(engine)
  })
}

function planning(engine: TestEngine): void {
  it('is planned without a change, with the counts of doing it', async () => {
    await using store = await openBeneath(engine)
    const { shared, succession } = await withoutLinks(store)
    const before = await standing(store)
    const planned = await store.memory.backfill_shared_from({ plan: true })
    expect(planned).toEqual({ plan: true, receipt: null, ...RECEIPT })
    expect(await standing(store)).toEqual(before)
    expect(await isUnfinished(store)).toBe(true)

    const done = await store.memory.backfill_shared_from({})
    expect(done).toEqual({ ...planned, plan: false, receipt: expect.any(String) })
    expect(await sentences(store)).toEqual(shared)
    const [run] = await store.raw(`select * from runs where id = '${done.receipt}'`)
    expect(run).toMatchObject({ kind: 'backfill', target: 'shared_from', status: 'done' })
    expect(JSON.parse(String(run?.receipt))).toEqual(RECEIPT)

    const links = await linkRows(store)
    const known = { ...RECEIPT, linked: 0, source_missing: 0, known: 2 }
    expect(await store.memory.backfill_shared_from({ plan: true })).toMatchObject(known)
    expect(await store.memory.backfill_shared_from({})).toMatchObject(known)
    expect(await linkRows(store)).toEqual(links)
    // The other pass is still to be done.
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual([succession, ...shared].sort())
    await expectSound(store)
  })
}

function once(engine: TestEngine): void {
  it('is not done again by later openings, nor for what is written after it', async () => {
    await using store = await openBeneath(engine)
    const { source, shared, succession } = await withoutLinks(store)
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual([succession, ...shared].sort())
    const runs = await backfillRuns(store)
    expect(runs).toEqual([
      {
        target: 'superseded_by',
        status: 'done',
        receipt: { ...RECEIPT, scanned: 1, linked: 1, source_missing: 0, skipped: {} },
      },
      { target: 'shared_from', status: 'done', receipt: RECEIPT },
    ])
    expect(await isUnfinished(store)).toBe(false)
    await keep(store, { id: numbered(3), tags: [tagged(source)] })
    // What somebody took away does not come back either.
    await store.raw(`delete from links where target_id = '${numbered(1)}'`)
    const before = await standing(store)
    await openAgain(engine, store)
    expect(await standing(store)).toEqual(before)
    expect(await backfillRuns(store)).toEqual(runs)

    await forgetMarkers(store)
    expect(await isUnfinished(store)).toBe(true)
    await openAgain(engine, store)
    const again = [...shared, `${numbered(3)} shared_from ${source}`, succession].sort()
    expect(await sentences(store)).toEqual(again)
    expect(await backfillRuns(store)).toHaveLength(4)
    await expectSound(store)
  })

  it('has nothing to do in a new store', async () => {
    await using store = await openBeneath(engine)
    expect(await isUnfinished(store)).toBe(false)
    await openAgain(engine, store)
    expect(await backfillRuns(store)).toEqual([])
    expect((await store.memory.status({})).notices).toEqual([])
  })

  it('is done again for a raised version, whose marker is its own', async () => {
    await using store = await openBeneath(engine)
    const { shared } = await withoutLinks(store)
    await openAgain(engine, store)
    await store.raw('delete from links')
    const { engine: beneath } = store.store
    const raised = BACKFILLS.map(backfill => ({ ...backfill, version: backfill.version + 1 }))
    expect(await beneath.read(db => pendingBackfills(db))).toEqual([])
    expect(await beneath.read(db => pendingBackfills(db, raised))).toEqual(raised)
    const [, backfill = backfillNamed('shared_from')] = raised
    const run = await beneath.exclusively('test', permit =>
      carryOut(beneath, permit, { backfill, surroundings: changing() }),
    )
    expect(run.receipt).toEqual(RECEIPT)
    expect(await sentences(store)).toEqual(shared)
    expect(await beneath.read(db => pendingBackfills(db, raised))).toEqual(
      raised.filter(({ name }) => name !== 'shared_from'),
    )
  })
}

function succeeding(engine: TestEngine): void {
  it('links what was superseded to its successor, in whatever state it is by now', async () => {
    await using store = await openBeneath(engine)
    const { memory } = store
    const expected: string[] = []
    for (const content of ['one', 'two', 'three']) {
      const { id } = await memory.remember({ content })
      const { superseded_by } = await memory.supersede({ id, content: `${content}, anew` })
      if (content === 'two') await memory.forget({ id })
      if (content === 'three') await memory.forget({ id: superseded_by })
      expected.push(`${id} superseded_by ${superseded_by}`)
    }
    const { id: retired } = await memory.remember({ content: 'simply retired' })
    await memory.forget({ id: retired })
    const before = await linkRows(store)
    await forgetLinks(store)
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual(expected.sort())
    const [run] = await backfillRuns(store)
    const counts = { scanned: 5, linked: 3, source_missing: 0, known: 0, skipped: {} }
    expect(run).toEqual({ target: 'superseded_by', status: 'done', receipt: counts })
    const untimed = ({ created_at: _at, ...row }: Readonly<Record<string, unknown>>) => row
    expect((await linkRows(store)).map(untimed)).toEqual(before.map(untimed))
    await expectSound(store)
  })
}

function telling(engine: TestEngine): void {
  it('is journalled as of the system, each link once', async () => {
    await using store = await openBeneath(engine)
    const { source } = await withoutLinks(store)
    await openAgain(engine, store)
    const { entries, verification } = await store.memory.journal({ limit: 3, verify: true })
    expect(verification?.ok).toBe(true)
    expect(entries.map(entry => entry.actor_kind)).toEqual(['system', 'system', 'system'])
    expect(entries.map(entry => [entry.operation, entry.subject_kind])).toEqual(
      Array(3).fill(['backfill', 'link']),
    )
    expect(entries.find(entry => entry.subject_id === numbered(1))).toMatchObject({
      before: null,
      after: { type: 'shared_from', source_ref: source, source_id: source },
    })
    expect(entries.find(entry => entry.subject_id === numbered(2))?.after).toMatchObject({
      source_ref: MISSING,
      source_id: null,
    })
    await expectSound(store)
  })
}

/** Keeps links of some types from being kept. @returns what allows them again. */
async function refuseLinks({ raw, memory }: StoreBeneath, types: readonly string[]) {
  const list = types.map(type => `'${type}'`).join(', ')
  if ((await memory.status({})).engine === 'postgres') {
    await raw(`alter table links add constraint no_links check (type not in (${list}))`)
    return () => raw('alter table links drop constraint no_links')
  }
  await raw(`create trigger no_links before insert on links when new.type in (${list})
    begin select raise(abort, 'no_links for you'); end`)
  return () => raw('drop trigger no_links')
}

function failing(engine: TestEngine): void {
  const titles: Readonly<Record<string, string>> = {
    superseded_by: 'links to successors',
    shared_from: 'links from shared-from tags',
  }
  const cases = ['superseded_by shared_from', 'superseded_by', 'shared_from']
  it.each(cases)('that fails (%s) is told of, keeps nobody from working and is tried again', async named => {
    const types = named.split(' ')
    await using store = await openBeneath(engine)
    const { memory } = store
    const { shared, succession } = await withoutLinks(store)
    const all = [succession, ...shared].sort()
    const allow = await refuseLinks(store, types)
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual(all.filter(one => types.every(type => !one.includes(type))))
    const failed = (await backfillRuns(store)).filter(run => run.status === 'failed')
    expect(failed.map(run => run.target)).toEqual(types)
    for (const { receipt } of failed) expect(receipt?.failed).toMatch(/no_links/)

    const { notices } = await memory.status({})
    expect(notices).toHaveLength(types.length)
    for (const [index, type] of types.entries()) {
      expect(notices[index]).toContain(titles[type])
      expect(notices[index], `why the ${titles[type]} are missing`).toMatch(/no_links/)
    }
    const { id } = await memory.remember({ content: 'the store goes on' })
    expect((await memory.recall({ query: 'the store goes on' })).results[0]?.id).toBe(id)

    await allow()
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual(all)
    expect((await memory.status({})).notices).toEqual([])
    await expectSound(store)
  })

  it('that nobody does because upgrades were not wanted is told of', async () => {
    await using store = await openBeneath(engine)
    await withoutLinks(store)
    const before = await standing(store)
    if (engine.shared) await (await store.another({ upgrade: 'never' })).close()
    expect(await standing(store)).toEqual(before)
    const { notices } = await store.memory.status({})
    expect(notices.map(notice => notice.split(' were not added')[0])).toEqual([
      'The links to successors',
      'The links from shared-from tags',
      'The conflicts between claims',
    ])
  })
}
