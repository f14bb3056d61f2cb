/** What the back-fill makes of tags: which links, to what, and what it counts. */
import { describe, expect, it } from 'vitest'
import { backfillRuns, forgetLinks, forgetMarkers, keep, openAgain, sentences } from '../kit/backfills.ts'
import { erase, openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { linkRows, numbered } from '../kit/graphs.ts'
import { expectDoctorPleased, expectSound } from '../kit/invariants.ts'

/** Ids that are nobody's. */
const MISSING = 'abcdef12-3456-4789-8abc-def123456789'
const OTHER = 'fedcba98-7654-4321-8fed-cba987654321'

const tagged = (id: string) => `shared-from=${id}`
const list = (...tags: readonly unknown[]) => JSON.stringify(tags)

const NOTHING = { scanned: 0, linked: 0, source_missing: 0, known: 0, skipped: {} }

/** What the pass over tags told last. */
async function lastReceipt(store: StoreBeneath): Promise<unknown> {
  return (await backfillRuns(store)).findLast(run => run.target === 'shared_from')?.receipt
}

export function backfilling(engine: TestEngine): void {
  describe('the back-fill of links from tags', () => {
    readingTags(engine)
    resolving(engine)
    waiting(engine)
    leavingAlone(engine)
  })
}

function readingTags(engine: TestEngine): void {
  it('takes the first valid tag of a memory that was written while there were no links', async () => {
    await using store = await openBeneath(engine)
    const { memory } = store
    const { id: source } = await memory.remember({ content: 'the source', title: 'Source' })
    const { id: other } = await memory.remember({ content: 'another' })
    const tags = ['ops', 'shared-from=', 'shared-from=nobody', tagged(source), tagged(other)]
    const { id: copy } = await memory.remember({ content: 'the copy', project: 'apollo', tags })
    await forgetLinks(store)
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual([`${copy} shared_from ${source}`])
    const { content_hash, owner_user_id } = await memory.get({ id: source })
    expect(await linkRows(store)).toMatchObject([
      {
        source_hash: content_hash,
        source_label: 'Source',
        source_owner: owner_user_id,
        target_partition: 'apollo/note',
      },
    ])
    const skipped = { empty_id: 1, bad_uuid: 1 }
    expect(await lastReceipt(store)).toEqual({ ...NOTHING, scanned: 1, linked: 1, skipped })
    expect((await memory.get({ id: copy })).tags).toEqual(tags)
    expect((await memory.links({ id: source })).fan_out).toMatchObject([{ id: copy, type: 'shared_from' }])
    await expectSound(store)
  })

  it('counts what says nothing by its reason, and passes over what is about something else', async () => {
    await using store = await openBeneath(engine)
    const mine = numbered(20)
    const said: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
      [`["${tagged(MISSING)}`, { malformed_json: 1 }],
      ['', { malformed_json: 1 }],
      ['shared-from', { malformed_json: 1 }],
      [`{"tags": ["${tagged(MISSING)}"]}`, { not_a_list: 1 }],
      [JSON.stringify(tagged(MISSING)), { not_a_list: 1 }],
      ['null', { not_a_list: 1 }],
      ['7', { not_a_list: 1 }],
      [list(7, null, [tagged(MISSING)], { tag: tagged(MISSING) }, true), { not_a_string: 5 }],
      [list('shared-from=', ' shared-from=  '), { empty_id: 2 }],
      [list('shared-from=1', `${tagged(MISSING)}0`, `shared-from={${MISSING}}`), { bad_uuid: 3 }],
      [list(7, 'shared-from=', 'shared-from=x'), { not_a_string: 1, empty_id: 1, bad_uuid: 1 }],
      [list(`un${tagged(MISSING)}`, 'shared-from', `shared-from =${MISSING}`, MISSING, ''), {}],
      ['[]', {}],
    ]
    await keep(store, ...said.map(([origin_tags], index) => ({ id: numbered(index), origin_tags })))
    await keep(store, { id: mine, origin_id: MISSING, origin_tags: list(tagged(mine)) })
    await keep(store, { id: numbered(21), origin_id: OTHER, origin_tags: list(tagged(OTHER)) })
    await forgetLinks(store)
    await openAgain(engine, store)
    const skipped: Record<string, number> = { itself: 2 }
    for (const [reason, count] of said.flatMap(([, reasons]) => Object.entries(reasons)))
      skipped[reason] = (skipped[reason] ?? 0) + count
    expect(await lastReceipt(store)).toEqual({ ...NOTHING, scanned: said.length + 2, skipped })
    expect(await linkRows(store)).toEqual([])
    await expectSound(store)
  })

  it('reads an imported memory by the tags it came with, and no other', async () => {
    await using store = await openBeneath(engine)
    const source = numbered(1)
    await keep(
      store,
      { id: source },
      { id: numbered(2), tags: [tagged(MISSING)], origin_tags: list(tagged(source)) },
      { id: numbered(3), tags: [tagged(source)], origin_tags: '[]' },
    )
    await forgetLinks(store)
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual([`${numbered(2)} shared_from ${source}`])
    expect(await lastReceipt(store)).toEqual({ ...NOTHING, scanned: 2, linked: 1 })
  })
}

function resolving(engine: TestEngine): void {
  it('finds the source by its id, else by the id that it had where it came from', async () => {
    await using store = await openBeneath(engine)
    const [own, older, newer] = [numbered(1), numbered(2), numbered(3)]
    await keep(
      store,
      { id: own },
      { id: newer, origin_id: MISSING },
      // The id of one is where another came from: the id itself goes before.
      { id: older, origin_id: own },
      { id: numbered(4), origin_id: MISSING },
      { id: numbered(5), tags: [tagged(own)] },
      { id: numbered(6), tags: [tagged(MISSING)] },
      { id: numbered(7), origin_tags: list(tagged(own)) },
      { id: numbered(8), origin_tags: list(tagged(MISSING)) },
    )
    await forgetLinks(store)
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual([
      `${numbered(5)} shared_from ${own}`,
      `${numbered(6)} shared_from ${newer}`,
      `${numbered(7)} shared_from ${own}`,
      `${numbered(8)} shared_from ${newer}`,
    ])
    expect(await lastReceipt(store)).toEqual({ ...NOTHING, scanned: 4, linked: 4 })
    await expectSound(store)
  })

  const spellings: readonly [string, (id: string) => string][] = [
    ['in upper case', id => `shared-from=${id.toUpperCase()}`],
    ['without dashes', id => `shared-from=${id.replaceAll('-', '')}`],
    ['in upper case and without dashes', id => `Shared-From=${id.toUpperCase().replaceAll('-', '')}`],
    ['as a URN', id => `shared-from=urn:uuid:${id}`],
    ['among blanks', id => `  shared-from= ${id} `],
  ]
  it.each(spellings)('reads an id %s', async (_what, spell) => {
    await using store = await openBeneath(engine)
    await keep(
      store,
      { id: numbered(0xab) },
      { id: numbered(2), origin_id: MISSING },
      { id: numbered(3), origin_tags: list(spell(numbered(0xab))) },
      { id: numbered(4), origin_tags: list(spell(MISSING)) },
      { id: numbered(5), origin_tags: list(spell(OTHER)) },
    )
    await forgetLinks(store)
    await openAgain(engine, store)
    expect(await sentences(store)).toEqual([
      `${numbered(3)} shared_from ${numbered(0xab)}`,
      `${numbered(4)} shared_from ${numbered(2)}`,
      `${numbered(5)} shared_from (${OTHER})`,
    ])
  })
}

function waiting(engine: TestEngine): void {
  it('leaves a link whose source is not here as one whose source was deleted', async () => {
    await using store = await openBeneath(engine)
    const { memory } = store
    const { id: source } = await memory.remember({ content: 'soon gone' })
    const { id: bereft } = await memory.remember({ content: 'copy of it' })
    await memory.link({ target: bereft, type: 'shared_from', source })
    await erase(store, source)
    const [erased] = await linkRows(store)
    const copy = { id: numbered(1), tags: [tagged(MISSING)] }
    await keep(store, copy)
    await forgetMarkers(store)
    await openAgain(engine, store)
    const missing = (await linkRows(store)).find(row => row.target_id === copy.id)
    const state = { source_id: null, source_tenant_id: null, source_deleted_at: expect.any(String) }
    expect(missing).toMatchObject({ ...state, source_ref: MISSING })
    expect(erased).toMatchObject(state)
    const { nodes } = await memory.lineage({ id: copy.id })
    expect(nodes).toMatchObject([
      { id: copy.id, state: 'live' },
      { id: MISSING, state: 'erased' },
    ])
    expect((await memory.links({ id: MISSING })).fan_out).toMatchObject([{ id: copy.id }])
    expect(await lastReceipt(store)).toEqual({ ...NOTHING, scanned: 1, linked: 1, source_missing: 1 })
    await expectDoctorPleased(memory)
  })

  it('has the link filled when the source arrives', async () => {
    await using store = await openBeneath(engine)
    const [one, two, still, late] = [numbered(1), numbered(2), numbered(3), numbered(4)]
    await keep(
      store,
      { id: one, tags: [tagged(MISSING)] },
      { id: two, origin_tags: list(tagged(MISSING)) },
      { id: still, tags: [tagged(OTHER)] },
    )
    await forgetLinks(store)
    await openAgain(engine, store)
    const before = await linkRows(store)
    expect(before.map(row => row.source_id)).toEqual([null, null, null])
    await keep(store, { id: late, origin_id: MISSING })
    expect(await sentences(store)).toEqual([
      `${one} shared_from ${late}`,
      `${two} shared_from ${late}`,
      `${still} shared_from (${OTHER})`,
    ])
    const { content_hash } = await store.memory.get({ id: late })
    expect((await linkRows(store))[0]).toMatchObject({
      source_id: late,
      source_deleted_at: null,
      source_hash: content_hash,
      created_at: before[0]?.created_at,
    })
    expect((await store.memory.lineage({ id: two })).nodes[1]).toMatchObject({ id: late, state: 'live' })
    await expectSound(store)
    // One that comes later still has nothing to fill.
    await keep(store, { id: numbered(5), origin_id: MISSING })
    expect((await sentences(store))[0]).toBe(`${one} shared_from ${late}`)
  })
}

function leavingAlone(engine: TestEngine): void {
  it('leaves links as they are, also where a person linked to something else', async () => {
    await using store = await openBeneath(engine)
    const { memory, clock } = store
    const { id: source } = await memory.remember({ content: 'what the tag says' })
    const { id: chosen } = await memory.remember({ content: 'what a person says' })
    const copies: string[] = []
    for (const content of ['by hand', 'as the tag says', 'of another type'])
      copies.push((await memory.remember({ content, tags: [tagged(source)] })).id)
    const [byHand = '', same = '', otherType = ''] = copies
    await forgetLinks(store)
    await memory.link({ target: byHand, type: 'shared_from', source: chosen })
    await memory.link({ target: same, type: 'shared_from', source })
    await memory.link({ target: otherType, type: 'derived_from', source: chosen })
    const before = await linkRows(store)
    clock.advance(1000)
    await openAgain(engine, store)
    const after = await linkRows(store)
    expect(after.filter(row => row.target_id !== otherType || row.type !== 'shared_from')).toEqual(before)
    expect(await sentences(store)).toEqual([
      `${byHand} shared_from ${chosen}`,
      `${same} shared_from ${source}`,
      `${otherType} derived_from ${chosen}`,
      `${otherType} shared_from ${source}`,
    ])
    expect(await lastReceipt(store)).toEqual({ ...NOTHING, scanned: 3, linked: 1, known: 2 })
    await expectSound(store)
  })
}
