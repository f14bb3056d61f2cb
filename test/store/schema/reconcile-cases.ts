/** Tables that carry no version: made by hand, or by a build that lost its stamp. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { expectDoctorPleased, expectSound } from '../../kit/invariants.ts'
import { FIXTURE_VERSIONS, type OpenPlace, type Place, type PlaceKit } from '../../kit/places.ts'
import {
  digestBesideLinks,
  digestOf,
  expectOnlyLinksToSuccessors,
  loseStamp,
  memoriesIn,
  refusal,
  STEPS,
  stampedVersions,
} from '../../kit/schema-states.ts'

/** The first schema that keeps links. */
const LINKED = 5

export const id = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`

export type DirtyRow = Readonly<Record<string, string | number | null>>

/** Makes the least that is taken for ours, and whatever columns the rows have besides. */
export async function makeByHand(place: Place, rows: readonly DirtyRow[]): Promise<void> {
  const columns = [...new Set(['tenant_id', 'id', 'content', ...rows.flatMap(row => Object.keys(row))])]
  await place.prepare()
  await place.script(`create table memories (${columns.map(name => `"${name}" text`).join(', ')})`)
  for (const row of rows) {
    const values = columns.map(name => literal(row[name] ?? null))
    await place.script(`insert into memories values (${values.join(', ')})`)
  }
}

function literal(value: string | number | null): string {
  return value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`
}

const DIRTY: readonly [string, DirtyRow, Record<string, unknown>][] = [
  [
    'nothing but the least',
    {},
    { kind: 'note', status: 'active', tags: [], metadata: {}, trust: 'observed' },
  ],
  ['tags that are no JSON', { tags: 'red, green' }, { tags: [] }],
  ['tags that are no list', { tags: '{"a": 1}' }, { tags: [] }],
  ['tags that repeat', { tags: '["a", "b", "a"]' }, { tags: ['a', 'b'] }],
  ['metadata that is no object', { metadata: '[1, 2]' }, { metadata: { unread: [1, 2] } }],
  ['metadata that is no JSON', { metadata: 'plain words' }, { metadata: { unread: 'plain words' } }],
  ['a kind that is none', { kind: 'Not A Kind!' }, { kind: 'note' }],
  ['a status that is none', { status: 'gone fishing' }, { status: 'active' }],
  ['earlier states that are none', { earlier_statuses: '["active", "x"]' }, { status: 'active' }],
  ['a trust that is none', { trust: 'blind' }, { trust: 'observed' }],
  ['a visibility that is none', { visibility: 'everybody' }, { visibility: 'private' }],
  ['a project that nobody made', { project: 'apollo' }, { project: 'apollo' }],
  ['a document that is gone', { document_id: id(901), position: 3 }, { document_id: null, position: null }],
  ['a document that is no id', { document_id: 'a book', position: 3 }, { document_id: null }],
  ['a place in no document', { position: 3 }, { document_id: null, position: null }],
  ['a successor that is no id', { superseded_by: 'the other one' }, { superseded_by: null }],
  ['half a slot', { slot_subject: 'api', slot_value: '1' }, { slot: null }],
  ['a confidence that is no number', { confidence: 'high' }, { confidence: null }],
  ['a count that is no number', { reference_count: 'often' }, { reference_count: 0 }],
  ['a version of its own', { version: 7, revision: 3 }, { version: 1, revision: 3 }],
  ['a revision that is no number', { revision: 'third' }, { revision: 1 }],
  [
    'a time without a zone',
    { recorded_at: '2024-03-05 10:00:00' },
    { recorded_at: '2024-03-05T10:00:00.000Z' },
  ],
  [
    'a time with a zone',
    { recorded_at: '2024-03-05 12:00:00+02' },
    { recorded_at: '2024-03-05T10:00:00.000Z' },
  ],
  ['a Unix time', { recorded_at: 1_709_632_800 }, { recorded_at: '2024-03-05T10:00:00.000Z' }],
  ['a Unix time in ms', { created_at: 1_709_632_800_000 }, { recorded_at: '2024-03-05T10:00:00.000Z' }],
  [
    'a time in words',
    { recorded_at: 'Tue, 05 Mar 2024 10:00:00 GMT' },
    { recorded_at: '2024-03-05T10:00:00.000Z' },
  ],
  ['no time at all', { recorded_at: 'the other day' }, { recorded_at: '2026-06-01T00:00:00.000Z' }],
  ['a time beyond all years', { recorded_at: '1e20', valid_until: 8e18 }, { valid_until: null }],
  ['an empty text', { content: '' }, { content: '' }],
]

export function reconcileCases(kit: PlaceKit): void {
  describe(`tables without a version on ${kit.name}`, () => {
    handMadeCases(kit)
    lostStampCases(kit)
  })
}

function handMadeCases(kit: PlaceKit): void {
  describe('made by hand', () => {
    let place: Place
    let store: OpenPlace
    beforeAll(async () => {
      place = await kit.empty()
      await makeByHand(
        place,
        DIRTY.map(([, row], at) => ({ tenant_id: 'me', id: id(at), content: `fact ${at}`, ...row })).map(
          fitting(kit),
        ),
      )
      store = await place.change()
    })
    afterAll(async () => {
      await store[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    })

    it.each(DIRTY.map(([what, , expected], at) => ({ what, expected, at })))(
      'with $what: the row is kept',
      async ({ expected, at }) => {
        expect(await store.memory.get({ id: id(at) })).toMatchObject({ content: `fact ${at}`, ...expected })
      },
    )

    it('is as sound as if it had been told', async () => {
      expect(await stampedVersions(place, kit)).toEqual({ version: SCHEMA_VERSION, steps: STEPS })
      expect((await store.memory.list({})).total).toBe(DIRTY.length)
      await expectSound(store)
    })
  })

  it('made by hand, with exact twins: each is kept, and all but one lead to it', async () => {
    await using place = await kit.empty()
    const twins = [1, 2, 3].map(number => ({ tenant_id: 'me', id: id(number), content: 'said thrice' }))
    await makeByHand(place, twins.map(fitting(kit)))
    await using store = await place.change()
    const found = await Promise.all([1, 2, 3].map(number => store.memory.get({ id: id(number) })))
    expect(found.map(memory => memory.status)).toEqual(['active', 'superseded', 'superseded'])
    expect(found.map(memory => memory.superseded_by)).toEqual([null, id(1), id(1)])
    await expectSound(store)
  })

  it('made by hand, with columns and tables of their own: these are kept as they are', async () => {
    await using place = await kit.empty()
    const rows = [1, 2, 3].map(number => {
      return {
        tenant_id: 'me',
        id: id(number),
        content: `fact ${number}`,
        mood: `mood ${number}`,
        'odd "name': 'x',
      }
    })
    await makeByHand(place, rows.map(({ 'odd "name': _odd, ...row }) => row).map(fitting(kit)))
    await place.script("create table diary (page text); insert into diary values ('dear diary')")
    await using store = await place.change()
    expect(await place.rows('select mood from memories order by id')).toEqual(
      rows.map(({ mood }) => ({ mood })),
    )
    expect(await place.rows('select page from diary')).toEqual([{ page: 'dear diary' }])
    await expectSound(store)
  })

  it('made by hand, with owners that nobody made: each memory stays with its own', async () => {
    await using place = await kit.empty()
    const owners = [id(900), id(900), 'Ada', 'Bob', null]
    const rows = owners.map((owner_user_id, at) => {
      return { tenant_id: 'me', id: id(at), content: `fact ${at}`, owner_user_id }
    })
    await makeByHand(place, rows.map(fitting(kit)))
    await using store = await place.change()
    const kept = await place.rows('select cast(owner_user_id as text) as owner from memories order by id')
    expect(new Set(kept.map(({ owner }) => owner)).size).toBe(4)
    expect(kept.slice(0, 2)).toEqual([{ owner: id(900) }, { owner: id(900) }])
    expect((await store.memory.list({})).results.map(memory => memory.id)).toEqual([id(4)])
    await expectSound(store)
  })

  it('made by hand, with several tenants: these stay apart', async () => {
    await using place = await kit.empty()
    const rows = [11, 12].map(tenant => {
      return { tenant_id: id(tenant), id: id(1), content: `of ${tenant}`, mood: `mood ${tenant}` }
    })
    await makeByHand(place, rows)
    await using store = await place.change()
    expect((await store.memory.list({})).total).toBe(0)
    const kept = await place.rows(
      'select cast(tenant_id as text) as tenant_id, cast(id as text) as id, content, mood from memories order by 1',
    )
    expect(kept).toEqual(rows)
  })

  it.each<[string, DirtyRow]>([
    ['no id', { id: null }],
    ['no content', { content: null }],
  ])('made by hand, with %s: refuses, and everything is as it was', async (_what, row) => {
    await using place = await kit.empty()
    await makeByHand(place, [{ tenant_id: 'me', id: id(1), content: 'a fact', ...row }])
    const before = await place.contents()
    expect(await refusal(place.change())).toEqual({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(
        /1 rows of "memories" have no id or no content\. .*everything is as it was/,
      ),
    })
    if (kit.name !== 'SQLite file') expect(await place.contents()).toBe(before)
    expect(await place.rows('select count(*) as rows from memories')).toEqual([{ rows: expect.anything() }])
  })
}

/** PostgreSQL's stores have ids for tenants; a sole tenant that is none must be given one there. */
function fitting({ engine }: PlaceKit): (row: DirtyRow) => DirtyRow {
  return row =>
    engine === 'sqlite'
      ? row
      : { ...row, tenant_id: row.tenant_id === 'me' ? id(77) : (row.tenant_id ?? null) }
}

function lostStampCases(kit: PlaceKit): void {
  it.each(FIXTURE_VERSIONS)(
    'of a store of schema %i that lost its stamp: all is kept, and the digest is the same',
    async version => {
      await using place = await kit.fixture(version)
      const [digest, beside] = [await digestOf(place), await digestBesideLinks(place)]
      const memories = await memoriesIn(place)
      await loseStamp(place, kit)
      await using store = await place.change()
      expect(store.upgrade).toMatchObject({
        from: 0,
        to: SCHEMA_VERSION,
        memories: memories.length,
        digest: { before: null, after: digest },
      })
      expect(await digestBesideLinks(place)).toBe(beside)
      if (version < LINKED) await expectOnlyLinksToSuccessors(place)
      else expect((await store.memory.digest({})).digest).toBe(digest)
      expect(await memoriesIn(place)).toEqual(memories)
      await expectSound(store)
    },
  )

  it('beside tables of others that are called as ours are: leaves these to them, under another name', async () => {
    await using place = await kit.empty()
    await makeByHand(place, [{ id: id(1), content: 'the only one' }])
    await place.script(`create table edges (a text, b text); insert into edges values ('x', 'y');
      create table entities (id integer primary key, name text); insert into entities values (1, 'Ada')`)
    await using store = await place.change()
    expect(await place.rows('select a, b from edges_of_others')).toEqual([{ a: 'x', b: 'y' }])
    expect(await place.rows('select id, name from entities_of_others')).toEqual([{ id: 1, name: 'Ada' }])
    expect(await place.rows('select * from entities')).toEqual([])
    await expectSound(store)
  })

  it('of a store that lost its stamp and most of its tables: every memory is kept', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    const memories = await memoriesIn(place)
    await loseStamp(place, kit)
    for (const table of [
      'journal_payloads',
      'journal',
      'idempotency',
      'runs',
      'run_errors',
      'keyword_totals',
    ]) {
      await place.script(`drop table ${table}${kit.engine === 'postgres' ? ' cascade' : ''}`)
    }
    await using store = await place.change()
    expect(await memoriesIn(place)).toEqual(memories)
    await expectDoctorPleased(store.memory)
  })
}
