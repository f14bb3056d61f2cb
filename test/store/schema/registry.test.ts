/** A list of steps that is written wrongly is told by the name of the step. */
import { describe, expect, it } from 'vitest'
import { CLASSES } from '../../../src/store/digest/tables.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { checksumOf, registryProblems, type Suspect } from '../../../src/store/schema/registry.ts'
import { CHECKSUMS } from '../../kit/checksums.ts'
import { addedColumns, indexedColumns } from '../../kit/ddl.ts'

const DDL = { sqlite: 'create table a (b text)', postgres: 'create table a (b text)' }

function step(version: number, name: string, more: Partial<Suspect> = {}): Suspect {
  return { version, name, summary: 'A step.', floor: 1, strategy: 'inPlace', ...DDL, ...more }
}

function problemsOf(steps: readonly Suspect[], current = steps.length): string[] {
  const pinned = Object.fromEntries(
    steps.map(one => [one.name, checksumOf({ sqlite: String(one.sqlite), postgres: String(one.postgres) })]),
  )
  return registryProblems(steps, { current, classes: CLASSES, pinned })
}

const rebuild = { strategy: 'rebuild', rebuilds: ['keyword'] }

describe('a list of steps', () => {
  it('that is right has no problems', () => {
    expect(problemsOf([step(1, 'one'), step(2, 'two', rebuild), step(3, 'three', { floor: 3 })])).toEqual([])
  })

  const wrong: readonly [string, readonly Suspect[], RegExp][] = [
    [
      'says both strategies',
      [step(1, 'one', { rebuilds: ['keyword'] })],
      /^step one says inPlace and rebuild$/,
    ],
    ['says no strategy', [step(1, 'one', { strategy: undefined })], /^step one says neither/],
    ['says a strategy that there is not', [step(1, 'one', { strategy: 'wipe' })], /^step one says neither/],
    [
      'says rebuild of nothing',
      [step(1, 'one', { strategy: 'rebuild', rebuilds: [] })],
      /^step one .* not of what$/,
    ],
    ['says rebuild and not of what', [step(1, 'one', { strategy: 'rebuild' })], /^step one .* not of what$/],
    ['skips a number', [step(1, 'one'), step(3, 'three')], /^step three skips from version 1 to 3$/],
    ['begins late', [step(2, 'two')], /^step two skips from version 0 to 2$/],
    [
      'goes backwards',
      [step(1, 'one'), step(2, 'two'), step(1, 'again')],
      /^step again goes backwards to version 1$/,
    ],
    ['repeats a number', [step(1, 'one'), step(1, 'again')], /^step again goes backwards to version 1$/],
    [
      'makes an authoritative table anew',
      [
        step(1, 'one', {
          ...rebuild,
          postgres: 'drop table if exists "memories"; create table memories (id uuid)',
        }),
      ],
      /^step one makes the authoritative table memories anew$/,
    ],
    [
      'names an authoritative table as what it rebuilds',
      [step(1, 'one', { strategy: 'rebuild', rebuilds: ['memory_revisions'] })],
      /^step one .*memory_revisions/,
    ],
    [
      'empties an authoritative table in place',
      [step(1, 'one', { sqlite: 'delete from journal' })],
      /^step one makes the authoritative table journal anew$/,
    ],
    ['has a floor above itself', [step(1, 'one', { floor: 2 })], /^step one has the floor 2/],
    ['has a floor that is no version', [step(1, 'one', { floor: 0 })], /^step one has the floor 0/],
    ['has no floor', [step(1, 'one', { floor: undefined })], /^step one has the floor undefined/],
  ]
  it.each(wrong)('that %s is told by the name of the step', (_what, steps, told) => {
    const problems = problemsOf(steps, steps.at(-1)?.version)
    expect(problems).toContainEqual(expect.stringMatching(told))
  })

  it('that does not reach the current version is told with its last step', () => {
    expect(problemsOf([step(1, 'one')], 2)).toEqual([
      'the last step one does not reach the current version 2',
    ])
    expect(problemsOf([], 1)).toEqual(['the last step (none) does not reach the current version 1'])
  })

  it.each(['sqlite', 'postgres'] as const)(
    'whose shipped %s changed is told by the name of the step',
    engine => {
      const shipped = step(1, 'one')
      const pinned = { one: checksumOf(DDL) }
      const changed = { ...shipped, [engine]: `${DDL.sqlite} -- a comment` }
      const found = registryProblems([changed], { current: 1, classes: CLASSES, pinned })
      expect(found).toEqual([
        expect.stringMatching(/^step one is not as it shipped: its checksum is [0-9a-f]{64}$/),
      ])
      expect(registryProblems([shipped], { current: 1, classes: CLASSES, pinned })).toEqual([])
    },
  )

  it('whose step is pinned nowhere is told', () => {
    const found = registryProblems([step(1, 'one')], { current: 1, classes: CLASSES, pinned: {} })
    expect(found).toEqual([expect.stringMatching(/^step one is not as it shipped/)])
  })
})

describe('the list that ships', () => {
  it('has no problems', () => {
    expect(
      registryProblems(MIGRATIONS, { current: SCHEMA_VERSION, classes: CLASSES, pinned: CHECKSUMS }),
    ).toEqual([])
  })

  it.each(MIGRATIONS.map(({ name }) => name))('has the step %s as it shipped', name => {
    const shipped = MIGRATIONS.find(one => one.name === name)!
    expect(checksumOf(shipped)).toBe(CHECKSUMS[name])
  })

  describe.each(['sqlite', 'postgres'] as const)('on %s', engine => {
    it('makes an index on a column that a later step adds in that step or later', () => {
      const addedBy = new Map<string, number>()
      for (const { version, [engine]: ddl } of MIGRATIONS) {
        for (const column of addedColumns(ddl)) addedBy.set(column, version)
      }
      const early = MIGRATIONS.flatMap(({ name, version, [engine]: ddl }) =>
        indexedColumns(ddl)
          .filter(column => (addedBy.get(column) ?? 0) > version)
          .map(column => `step ${name} indexes ${column}`),
      )
      expect(addedBy.size).toBeGreaterThan(0)
      expect(early).toEqual([])
    })
  })

  it('tells an index that comes too early', () => {
    expect(addedColumns('alter table memories add column "due" text;')).toEqual(['memories.due'])
    expect(
      indexedColumns(
        `create unique index a on memories (tenant_id, coalesce(due, '')) where due is not null;`,
      ),
    ).toEqual([
      'memories.tenant_id',
      'memories.coalesce',
      'memories.due',
      'memories.is',
      'memories.not',
      'memories.null',
    ])
  })
})
