/** Long changes of a store, killed at every step that can write: nothing is lost, and doing them again completes them. */
import { afterAll, describe, expect, it } from 'vitest'
import { SEED } from '../../kit/random.ts'
import {
  fileReplaced,
  fileRestored,
  migration,
  OLD_VERSIONS,
  type Prepared,
  rebuild,
  rowsRestored,
  snapshots,
} from './cases.ts'
import {
  type Choice,
  duringSteps,
  everyPoint,
  interrupt,
  interruptRepeatedly,
  isAskedFor,
  isWhole,
  spreadPoints,
  type Tally,
} from './harness.ts'
import { files, type Sites, serverSites } from './sites.ts'

/** Fewer points than that prove nothing. */
const FLOOR = 150

/** Points of a change that is made of many steps of a few kinds. */
const SPREAD = 20

/** From the oldest schema every step is taken, and to the newest the last one; what is between takes some of the same. */
const WHOLE = [OLD_VERSIONS[0], OLD_VERSIONS.at(-1)]
const BETWEEN = 60

const CHAINS = 2
const KILLS = 10

const tallies: Tally[] = []

function expectNoLosses(tally: Tally): void {
  tallies.push(tally)
  expect(tally.losses.slice(0, 3).join('\n\n')).toBe('')
}

function interrupted(one: Prepared, choose: Choice): void {
  it.runIf(isAskedFor(one.name))(one.name, async () => {
    await using own = one
    const tally = await interrupt(own, choose)
    expectNoLosses(tally)
    console.log(`${one.name}: ${tally.points} points`)
  })
}

function interruptedAgainAndAgain(one: Prepared): void {
  it.runIf(isAskedFor(one.name))(`${one.name}, up to ${KILLS} times on one store`, async () => {
    await using own = one
    let points = 0
    for (let chain = 0; chain < CHAINS; chain++) {
      const tally = await interruptRepeatedly(own, SEED + chain, KILLS)
      points += tally.points
      expectNoLosses(tally)
    }
    console.log(`${one.name}: ${points} points in ${CHAINS} chains`)
  })
}

function onEachEngine(sites: Sites): void {
  for (const version of OLD_VERSIONS)
    interrupted(migration(sites, version), WHOLE.includes(version) ? everyPoint : spreadPoints(BETWEEN))
  interrupted(rebuild(sites), spreadPoints(20))
  interrupted(rowsRestored(sites, 'nothing'), spreadPoints(SPREAD))
  interrupted(rowsRestored(sites, 'another'), spreadPoints(SPREAD))
  for (const version of OLD_VERSIONS) interruptedAgainAndAgain(migration(sites, version))
}

describe('on SQLite', () => {
  onEachEngine(files)
  for (const kind of ['rows', 'file'] as const) {
    for (const second of [false, true]) interrupted(snapshots(files, { kind, second }), spreadPoints(SPREAD))
  }
  interrupted(fileRestored(files), everyPoint)
  interrupted(fileReplaced(files), everyPoint)
})

const url = process.env.HEIRLOOM_TEST_POSTGRES
if (url) describe('on PostgreSQL', () => onEachEngine(serverSites(url)))

describe('the harness itself', () => {
  const careless: readonly (readonly [Prepared, Choice])[] = [
    [migration(files, '0001', 'unsafe migrate'), duringSteps('sqlite commit', 4)],
    [
      snapshots(files, { kind: 'rows', second: false, what: 'unsafe snapshot' }),
      duringSteps('file copyFile', 4),
    ],
    [rowsRestored(files, 'another', 'unsafe restore'), duringSteps('sqlite commit', 4)],
  ]
  for (const [one, choose] of careless) {
    it.runIf(isWhole())(`finds out: ${one.name}`, async () => {
      await using own = one
      const tally = await interrupt(own, choose)
      expect(tally.losses.join('\n')).toContain(`HEIRLOOM_FAULT='${one.name}/during/`)
    })
  }

  it.runIf(isWhole())(`has injected ${FLOOR} faults at the least`, () => {
    expect(tallies.reduce((sum, { points }) => sum + points, 0)).toBeGreaterThanOrEqual(FLOOR)
  })
})

afterAll(() => {
  const points = tallies.reduce((sum, tally) => sum + tally.points, 0)
  const losses = tallies.reduce((sum, tally) => sum + tally.losses.length, 0)
  const kinds = new Map<string, number>()
  for (const tally of tallies)
    for (const [kind, times] of tally.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + times)
  console.log(
    [...kinds]
      .sort()
      .map(([kind, times]) => `${kind} ${times}`)
      .join(', '),
  )
  console.log(`${points} points, ${losses} losses`)
})
