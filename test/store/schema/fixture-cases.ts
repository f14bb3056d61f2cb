/** A store of every version that there ever was, as the build of that version made it, brought to this one. */
import { describe, expect, it } from 'vitest'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import type { Upgrade } from '../../../src/evolve/upgrade.ts'
import { type StoreDigest, storeDigest } from '../../../src/store/digest/digest.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import type { Row } from '../../kit/engines.ts'
import { onEngine } from '../../kit/index-states.ts'
import { expectSound } from '../../kit/invariants.ts'
import { FIXTURE_VERSIONS, filePlaces, type Place, type PlaceKit } from '../../kit/places.ts'
import { digestBesideLinks, expectOnlyLinksToSuccessors, memoriesIn } from '../../kit/schema-states.ts'

const OLDER = FIXTURE_VERSIONS.filter(version => version < SCHEMA_VERSION)

/** The first schema that keeps links. */
const LINKED = 5

/** The first schema that knows entities and conflicts. */
const KNOWING = 6

const UNKNOWING = OLDER.filter(version => version < KNOWING)

const UNLINKED = OLDER.filter(version => version < LINKED)

/** The first fixture of those that hold the same, but for what their schema cannot keep. */
function likeOf(version: number): number {
  return [KNOWING, LINKED].find(first => version >= first) ?? 1
}

const references = filePlaces()

const LINK_FILLS = [
  { target: 'shared_from', status: 'done' },
  { target: 'superseded_by', status: 'done' },
]

/** A copy of a memory, past every rule, that claims something else of its slot. */
function contradicting(like: string): string {
  const id = '01900000-0000-7000-8000-0000000c0de5'
  const other = {
    id: `'${id}'`,
    content: `'Port 9090'`,
    content_hash: `'another'`,
    slot_value: `'9090'`,
    document_id: 'null',
  }
  const columns = COPIED.filter(column => !(column in other))
  return `insert into memories (${[...columns, ...Object.keys(other)].join(', ')})
    select ${[...columns, ...Object.values(other)].join(', ')} from memories where id = '${like}'`
}

/** Columns that may not be empty, and those that make the claim. */
const COPIED = [
  ...[
    'tenant_id',
    'version',
    'revision',
    'kind',
    'tags',
    'metadata',
    'project',
    'topics',
    'status',
    'earlier_statuses',
  ],
  ...['trust', 'slot_subject', 'slot_attribute', 'recorded_at', 'updated_at', 'owner_user_id', 'visibility'],
  ...['shared_with_groups', 'partition', 'scheme_version', 'reference_count'],
]

export function fixtureCases(kit: PlaceKit): void {
  describe(`the stores of earlier builds on ${kit.name}`, () => {
    it('are all there', () => {
      expect(FIXTURE_VERSIONS).toEqual(MIGRATIONS.map(({ version }) => version))
    })

    it.each(FIXTURE_VERSIONS)('schema %i: holds what all do that can keep as much', async version => {
      await using place = await kit.fixture(version)
      await using reference = await references.fixture(likeOf(version))
      expect(knownIn(await digest(place))).toEqual(knownIn(await digest(reference)))
    })

    it(`schema ${LINKED}: holds every memory of those before it, and links of many types`, async () => {
      await using place = await kit.fixture(LINKED)
      await using reference = await references.fixture(LINKED - 1)
      const before = await lives(reference)
      expect(before).toHaveLength(19)
      expect(await lives(place)).toEqual(expect.arrayContaining(before))
      expect(
        await place.rows(
          'select type, cast(count(*) as integer) as links from links group by type order by type',
        ),
      ).toEqual([
        { type: 'consolidated_from', links: 2 },
        { type: 'derived_from', links: 1 },
        { type: 'shared_from', links: 2 },
        { type: 'superseded_by', links: 2 },
      ])
    })

    it.each(UNLINKED)('schema %i: every memory is there, and nothing but links is new', async version => {
      await using place = await kit.fixture(version)
      const [memories, before, entries] = [
        await memoriesIn(place),
        await digest(place),
        await entriesIn(place),
      ]
      await using store = await place.change()
      const after = await digest(place)
      expect(memories).toHaveLength(19)
      expect(await memoriesIn(place)).toEqual(memories)
      expect(store.upgrade?.digest).toEqual({ before: before.state, after: before.state })
      expect(unlinked(after)).toEqual(unlinked(before))
      expect(await digestBesideLinks(place)).toBe(before.state)
      await expectOnlyLinksToSuccessors(place)
      expect(after.tables.links?.rows).toBe(1)
      await expectLinksJournalled(place, entries)
      expect((await store.memory.digest({})).digest).toBe(after.state)
      await expectSound(store)
      expect((await store.memory.recall({ query: 'who caches for 60 seconds' })).results[0]?.content).toMatch(
        /getUserById/,
      )
      expect(await store.memory.journal({ verify: true })).toMatchObject({ verification: { ok: true } })
    })

    it.each(OLDER.filter(version => version >= LINKED))(
      'schema %i: everything is there, and nothing is new',
      async version => {
        await using place = await kit.fixture(version)
        const [before, entries] = [await digest(place), await entriesIn(place)]
        await using store = await place.change()
        expect(store.upgrade?.digest).toEqual({ before: before.state, after: before.state })
        expect(await digest(place)).toEqual(before)
        expect(await entriesIn(place)).toEqual(entries)
        await expectSound(store)
      },
    )

    it.each(UNKNOWING)(
      'schema %i: what contradicts in it is in a conflict then, and nothing else is',
      async version => {
        await using place = await kit.fixture(version)
        const [like] = await place.rows(
          `select cast(id as text) as id from memories where slot_value = '8080'`,
        )
        await place.script(contradicting(String(like?.id)))
        const before = await digest(place)
        await using store = await place.change()
        expect(store.upgrade?.digest).toEqual({ before: before.state, after: before.state })
        const { conflicts } = await store.memory.conflicts({})
        expect(conflicts).toMatchObject([
          {
            slot: { subject: 'staging api', attribute: 'port' },
            status: 'open',
            members: [{ value: '8080' }, { value: '9090' }],
          },
        ])
        const told = await place.rows(
          `select operation, actor_kind, subject_id from journal where subject_kind = 'conflict'`,
        )
        expect(told).toEqual([{ operation: 'backfill', actor_kind: 'system', subject_id: conflicts[0]?.id }])
        const { checks } = await store.memory.doctor({})
        for (const name of ['names', 'claims', 'mentions', 'conflicts', 'orphans'])
          expect(checks.find(check => check.name === name)).toMatchObject({ ok: true })
        const known = await digest(place)
        await (await place.change())[Symbol.asyncDispose]()
        expect(await digest(place)).toEqual(known)
      },
    )

    it.each(UNKNOWING)('schema %i: has what is added once, whoever opens it next', async version => {
      await using place = await kit.fixture(version)
      await (await place.change())[Symbol.asyncDispose]()
      expect(await backfillsIn(place)).toEqual([
        { target: 'conflicts', status: 'done' },
        ...(version < LINKED ? LINK_FILLS : []),
      ])
      const before = await place.contents()
      await (await place.change())[Symbol.asyncDispose]()
      expect(await place.contents()).toBe(before)
    })

    it.each(OLDER)('schema %i: leaves a receipt and a snapshot that gives the same digest', async version => {
      await using place = await kit.fixture(version)
      const before = await digest(place)
      await using store = await place.change()
      const upgrade = store.upgrade!
      await expectReceipt(place, upgrade)
      if (place.snapshots === null) {
        expect(upgrade.snapshot).toBeNull()
        return
      }
      const [listed, ...others] = await listSnapshots(place.snapshots)
      expect(others).toEqual([])
      expect(listed).toMatchObject({
        id: upgrade.snapshot?.id,
        status: 'ok',
        manifest: {
          kind: kit.engine === 'sqlite' ? 'file' : 'rows',
          schema_version: version,
          tag: 'upgrade',
          digest: { state: before.state, full: before.full },
        },
      })
      expect(await verifySnapshot(place.snapshots, upgrade.snapshot!.id)).toMatchObject({
        ok: true,
        problems: [],
      })
    })

    it(`schema ${SCHEMA_VERSION}: is this build's, and is left alone`, async () => {
      await using place = await kit.fixture(SCHEMA_VERSION)
      await using store = await place.change()
      expect(store.upgrade).toBeNull()
      expect(await backfillsIn(place)).toEqual([])
      await expectSound(store)
    })
  })
}

async function expectReceipt(place: Place, upgrade: Upgrade): Promise<void> {
  expect(
    await place.rows(`select cast(id as text) as id, status, target, snapshot_id, cast(receipt as text) as receipt
    from runs where kind = 'migrate'`),
  ).toEqual([
    {
      id: upgrade.receipt,
      status: 'done',
      target: `schema ${SCHEMA_VERSION}`,
      snapshot_id: upgrade.snapshot?.id ?? null,
      receipt: expect.stringContaining(upgrade.digest.after),
    },
  ])
}

function digest(place: Place): Promise<StoreDigest> {
  return onEngine(place, engine => engine.read(async db => storeDigest(db, await engine.tableNames(db))))
}

/** Tables by digest, but for the links that are added to older rows, and the journal, which tells of that. */
function unlinked({ tables }: StoreDigest): Record<string, unknown> {
  const { links: _links, journal: _journal, journal_payloads: _payloads, ...others } = tables
  return others
}

/** What each memory is, but for when it came and the ids that were given out. */
async function lives(place: Place): Promise<unknown[]> {
  const rows =
    await place.rows(`select content, content_hash, title, kind, status, trust, project, label, version,
    revision, cast(tags as text) as tags, cast(earlier_statuses as text) as earlier from memories`)
  return rows.map(({ tags, earlier, ...row }) => ({
    ...row,
    tags: JSON.parse(String(tags)) as unknown,
    earlier: JSON.parse(String(earlier)) as unknown,
  }))
}

function entriesIn(place: Place): Promise<Row[]> {
  return place.rows('select hash, operation, subject_kind, subject_id from journal order by sequence')
}

/** The journal goes on where it was, with one entry a link. */
async function expectLinksJournalled(place: Place, before: readonly Row[]): Promise<void> {
  const entries = await entriesIn(place)
  expect(entries.slice(0, before.length)).toEqual(before)
  const links = await place.rows('select target_id from links order by target_id')
  expect(entries.slice(before.length)).toEqual(
    links.map(({ target_id }) => ({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      operation: 'backfill',
      subject_kind: 'link',
      subject_id: target_id,
    })),
  )
}

function backfillsIn(place: Place): Promise<Row[]> {
  return place.rows("select target, status from runs where kind = 'backfill' order by target")
}

/** Tables by digest, but for those whose rows were dated by the clock of a database while schemas 1 to 3 were made. */
function knownIn({ tables }: StoreDigest): Record<string, string | null> {
  const known = Object.entries(tables).filter(([name]) => name !== 'tenants' && name !== 'users')
  return Object.fromEntries(known.map(([name, { state }]) => [name, state]))
}
