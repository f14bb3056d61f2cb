/** Each row of the decision table of derived parts, as a place that is opened. */
import { describe, expect, it } from 'vitest'
import { settleArtefacts } from '../../../src/evolve/rebuild.ts'
import { ARTEFACTS, type Artefact, type ArtefactStep } from '../../../src/store/artefacts/artefact.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import {
  fill,
  indexOf,
  isMarked,
  markIndex,
  onEngine,
  rebuilds,
  settle,
  stampOf,
} from '../../kit/index-states.ts'
import { expectSound } from '../../kit/invariants.ts'
import { changing, type PlaceKit } from '../../kit/places.ts'
import { claimVersion, refusal } from '../../kit/schema-states.ts'

const keyword = ARTEFACTS[0]!
const STAMPED = { version: 1, digest: keyword.digest, needs_rebuild: 0 }

/** The index as a later build would know it. */
function keywordWith(...later: readonly ArtefactStep[]): Artefact {
  return { ...keyword, steps: [...keyword.steps, ...later] }
}

/** A step in place that can be counted. */
function countable(
  version: number,
  sql = 'update keyword_totals set documents = documents + 7',
): ArtefactStep {
  return { version, strategy: 'inPlace', sqlite: sql, postgres: sql }
}

/** A store of this build, whose index is marked to tell whether it is made anew. */
async function marked(kit: PlaceKit) {
  const place = await kit.fixture(SCHEMA_VERSION)
  await (await place.change())[Symbol.asyncDispose]()
  const index = await indexOf(place)
  await markIndex(place)
  return Object.assign(place, { index })
}

export function artefactCases(kit: PlaceKit): void {
  describe(`the decision table of derived parts on ${kit.name}`, () => {
    tableCases(kit)
    ownListCases(kit)
    permissionCases(kit)
    flagCases(kit)
  })
}

const REBUILT: readonly [string, string][] = [
  [
    'newer: made by a later build',
    "update artefacts set version = 9, digest = 'later' where name = 'keyword'",
  ],
  [
    'another digest: made by another analyser',
    "update artefacts set digest = 'other' where name = 'keyword'",
  ],
  ['not there: no row of its own', "delete from artefacts where name = 'keyword'"],
]

function tableCases(kit: PlaceKit): void {
  it('equal: nothing', async () => {
    await using place = await marked(kit)
    await (await place.change())[Symbol.asyncDispose]()
    expect(await isMarked(place)).toBe(true)
    expect(await stampOf(place)).toEqual(STAMPED)
  })

  it('unstamped: is stamped and left as it is', async () => {
    await using place = await marked(kit)
    await place.script("update artefacts set version = 0, digest = '' where name = 'keyword'")
    await (await place.change())[Symbol.asyncDispose]()
    expect(await isMarked(place)).toBe(true)
    expect(await stampOf(place)).toEqual(STAMPED)
    expect(await rebuilds(place)).toEqual([])
  })

  it.each(REBUILT)('%s: is dropped and rebuilt', async (_what, tamper) => {
    await using place = await marked(kit)
    await place.script(tamper)
    await using store = await place.change()
    expect(await indexOf(place)).toEqual(place.index)
    expect(await stampOf(place)).toEqual(STAMPED)
    expect(await rebuilds(place)).toEqual([{ id: expect.any(String), status: 'done', cursor: null }])
    await expectSound(store)
  })

  it('not ours, in a store whose newer schema admits us: refuses, for nobody here could make it', async () => {
    await using place = await marked(kit)
    await place.script("update artefacts set version = 9, digest = 'later' where name = 'keyword'")
    await claimVersion(place, kit, { version: SCHEMA_VERSION + 1, floors: [SCHEMA_VERSION] })
    const before = await place.contents()
    expect(await refusal(place.change())).toMatchObject({ code: 'SCHEMA_TOO_NEW' })
    expect(await place.contents()).toBe(before)
  })
}

function ownListCases(kit: PlaceKit): void {
  it('lower: goes through its steps in place, in order and once', async () => {
    await using place = await marked(kit)
    const later = [
      keywordWith(countable(2), countable(3, 'update keyword_totals set documents = documents * 2')),
    ]
    await settle(place, later)
    await settle(place, later)
    expect(await stampOf(place)).toEqual({ ...STAMPED, version: 3 })
    const [before] = place.index.totals
    const [after] = (await indexOf(place)).totals
    expect(after?.documents).toBe((Number(before?.documents) + 7) * 2)
    expect(await isMarked(place)).toBe(true)
  })

  it('lower, a step in place fails: it is undone with its stamp', async () => {
    await using place = await marked(kit)
    const before = await indexOf(place)
    await expect(
      settle(place, [keywordWith(countable(2), countable(3, 'update nothing set a = 1'))]),
    ).rejects.toThrow()
    expect(await stampOf(place)).toEqual(STAMPED)
    expect(await indexOf(place)).toEqual(before)
  })

  it('unstamped, with later steps in place: goes through them', async () => {
    await using place = await marked(kit)
    await place.script("update artefacts set version = 0, digest = '' where name = 'keyword'")
    await settle(place, [keywordWith(countable(2))])
    expect(await stampOf(place)).toEqual({ ...STAMPED, version: 2 })
    expect(await isMarked(place)).toBe(true)
  })

  it.each([
    ['lower', 1],
    ['unstamped', 0],
  ])('%s, and any later step rebuilds: is dropped and rebuilt', async (_what, version) => {
    await using place = await marked(kit)
    if (version === 0)
      await place.script("update artefacts set version = 0, digest = '' where name = 'keyword'")
    const later = [keywordWith(countable(2), { version: 3, strategy: 'rebuild' }, countable(4))]
    await settle(place, later)
    expect(await stampOf(place)).toEqual({ ...STAMPED, version: 4, needs_rebuild: 1 })
    expect((await indexOf(place)).rows).toEqual([])
    await fill(place, { artefacts: later })
    expect(await stampOf(place)).toEqual({ ...STAMPED, version: 4 })
    expect((await indexOf(place)).rows).toEqual(place.index.rows)
    expect(await isMarked(place)).toBe(false)
  })
}

function permissionCases(kit: PlaceKit): void {
  it('without the permission: REBUILD_REQUIRED, and everything is intact', async () => {
    await using place = await marked(kit)
    await place.script("update artefacts set digest = 'other' where name = 'keyword'")
    const before = await place.contents()
    const refused = { code: 'REBUILD_REQUIRED', message: expect.stringMatching(/heirloom migrate --store/) }
    expect(await refusal(place.open(kit.changesItself ? { upgrade: 'never' } : {}))).toEqual(refused)
    const permitted = onEngine(place, engine => settleArtefacts(engine, null, { surroundings: changing() }))
    expect(await refusal(permitted)).toEqual(refused)
    expect(await place.contents()).toBe(before)
  })

  if (!kit.hasLock) return
  it('while another holds the lock: LOCKED, and everything is intact', async () => {
    await using place = await marked(kit)
    await place.script("update artefacts set digest = 'other' where name = 'keyword'")
    const before = await indexOf(place)
    await onEngine(place, holder =>
      holder.exclusively('a test that holds on', async () => {
        expect(await refusal(settle(place))).toEqual({
          code: 'LOCKED',
          message: expect.stringContaining(`process ${process.pid}`),
        })
        expect(await indexOf(place)).toEqual(before)
      }),
    )
    await settle(place)
    expect(await stampOf(place)).toMatchObject({ needs_rebuild: 1 })
  })
}

function flagCases(kit: PlaceKit): void {
  it('a drop says in the same transaction that it needs a rebuild, and the next opening that may write does it', async () => {
    await using place = await marked(kit)
    await place.script("update artefacts set digest = 'other' where name = 'keyword'")
    await settle(place)
    expect(await stampOf(place)).toEqual({ ...STAMPED, needs_rebuild: 1 })
    expect((await indexOf(place)).rows).toEqual([])
    expect(await rebuilds(place)).toEqual([{ id: expect.any(String), status: 'running', cursor: null }])
    await using store = await place.open()
    expect(await indexOf(place)).toEqual(place.index)
    expect(await stampOf(place)).toEqual(STAMPED)
    await expectSound(store)
  })

  it('a drop that fails leaves all as it was', async () => {
    await using place = await marked(kit)
    await place.script("update artefacts set digest = 'other' where name = 'keyword'")
    const before = await indexOf(place)
    await expect(settle(place, [ARTEFACTS[0]!, brokenArtefact])).rejects.toThrow()
    expect(await indexOf(place)).toEqual(before)
    expect(await stampOf(place)).toMatchObject({ digest: 'other', needs_rebuild: 0 })
    expect(await rebuilds(place)).toEqual([])
  })

  it('an index that is empty and does not say so is not rebuilt', async () => {
    await using place = await marked(kit)
    await place.script('delete from keyword_signatures')
    await place.script('delete from keyword_documents')
    await (await place.change())[Symbol.asyncDispose]()
    expect((await indexOf(place)).rows).toEqual([])
  })
}

/** Stamped long ago, with a step that cannot be done. */
const brokenArtefact: Artefact = {
  ...ARTEFACTS[1]!,
  steps: [...ARTEFACTS[1]!.steps, countable(2, 'update nothing set a = 1')],
}
