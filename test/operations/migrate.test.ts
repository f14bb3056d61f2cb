/** Migration on demand: planned, rehearsed and done, on each engine. */
import { describe, expect, it } from 'vitest'
import { standBeside } from '../../src/open.ts'
import { migrate } from '../../src/operations/migrate.ts'
import { callOperation } from '../../src/operations/operation.ts'
import { SCHEMA_VERSION } from '../../src/store/schema/index.ts'
import { IS_THOROUGH } from '../kit/engines.ts'
import { FIXTURE_VERSIONS, filePlaces, type Place, pglitePlaces } from '../kit/places.ts'
import { digestBesideLinks, digestOf, expectOnlyLinksToSuccessors, loseStamp } from '../kit/schema-states.ts'

type Input = Parameters<typeof migrate.run>[0]

function call({ address }: Place, input: Input) {
  return callOperation(migrate, input, standBeside(address).context())
}

const OLDER = FIXTURE_VERSIONS.filter(version => version < SCHEMA_VERSION)

/** On PostgreSQL the oldest and the newest, which have all steps and one: the others differ in which steps run. */
const OLDER_ON = { sqlite: OLDER, postgres: IS_THOROUGH ? OLDER : [OLDER[0]!, OLDER.at(-1)!] }

describe.each([filePlaces(), pglitePlaces()])('migrate on $name', kit => {
  const older = OLDER_ON[kit.engine]

  it.each(older)('a store of schema %i: a plan and a rehearsal change nothing', async version => {
    await using place = await kit.fixture(version)
    const before = await place.contents()
    const plan = await call(place, { plan: true })
    expect(plan).toMatchObject({ engine: kit.engine, from: version, to: SCHEMA_VERSION, applied: false })
    for (const { sql, seconds } of plan.steps) {
      expect(sql).toMatch(/\b(create|alter|drop)\b/)
      expect(seconds).toBeNull()
    }
    const tried = await call(place, { on_copy: true })
    expect(tried).toMatchObject({ applied: false, rehearsal: true, snapshot: null, receipt: null })
    expect(tried.digest?.before).toBe(tried.digest?.after)
    expect(tried.memories).toBeGreaterThan(0)
    expect(await place.contents()).toBe(before)
  })

  it.each(older)('a store of schema %i is moved once, as it was rehearsed', async version => {
    await using place = await kit.fixture(version)
    const tried = await call(place, { on_copy: true })
    const moved = await call(place, {})
    expect(moved).toMatchObject({ applied: true, digest: tried.digest, memories: tried.memories })
    expect(moved.rebuilt).toEqual(tried.rebuilt)
    expect(moved.snapshot?.folder).toBe(place.snapshots)
    await using opened = await place.open()
    expect(opened.upgrade).toBeNull()
    expect(moved.digest?.after).toBe(moved.digest?.before)
    // The first schema that keeps links has others, too.
    if (version < 5) {
      expect(await digestBesideLinks(place)).toBe(moved.digest?.after)
      await expectOnlyLinksToSuccessors(place)
    } else expect(await digestOf(place)).toBe(moved.digest?.after)
    const { runs } = await opened.memory.runs({ id: moved.receipt! })
    expect(runs).toMatchObject([{ kind: 'migrate', status: 'done', snapshot: moved.snapshot?.id }])
    expect(await call(place, {})).toMatchObject({ applied: false, steps: [], receipt: null })
  })

  it('makes a derived part again that another build made', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await (await place.change())[Symbol.asyncDispose]()
    await place.script(`update artefacts set digest = 'of another build' where name = 'near_duplicates'`)
    const before = await place.contents()
    expect(await call(place, { plan: true })).toMatchObject({ steps: [], rebuilt: ['near_duplicates'] })
    expect(await place.contents()).toBe(before)
    expect(await call(place, {})).toMatchObject({ applied: true, steps: [], rebuilt: ['near_duplicates'] })
    expect(await call(place, {})).toMatchObject({ applied: false, rebuilt: [] })
    await using opened = await place.open({ upgrade: 'never' })
    expect((await opened.memory.doctor({})).ok).toBe(true)
  })

  it('takes over tables without a version', async () => {
    await using place = await kit.fixture(1)
    await loseStamp(place, kit)
    const plan = await call(place, { plan: true })
    expect(plan).toMatchObject({ from: 0, to: SCHEMA_VERSION, notices: [expect.stringMatching(/carried/)] })
    const moved = await call(place, {})
    expect(moved).toMatchObject({ applied: true, from: 0, digest: { before: null } })
    expect(moved.memories).toBeGreaterThan(0)
    expect(moved.steps.map(({ version }) => version)).toEqual(plan.steps.map(({ version }) => version))
  })

  it('refuses where nothing is, and makes nothing there', async () => {
    await using place = await kit.empty()
    const before = await place.contents()
    for (const input of [{}, { plan: true }, { on_copy: true }]) {
      await expect(call(place, input)).rejects.toMatchObject({
        code: 'NOT_INITIALISED',
        message: expect.stringContaining('heirloom init'),
      })
    }
    expect(await place.contents()).toBe(before)
  })
})
