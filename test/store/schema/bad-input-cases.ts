/** Stamps and schemas that somebody changed by hand: told, and left as they are. */
import { describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import type { PlaceKit } from '../../kit/places.ts'
import { refusal, STEPS } from '../../kit/schema-states.ts'

const told = (steps: readonly number[]) => new RegExp(`tells of the steps \\[${steps.join(', ')}\\]`)

const ON_BOTH: readonly [string, string, RegExp][] = [
  [
    'a step missing from its history',
    'delete from schema_history where version = 2',
    told(STEPS.filter(step => step !== 2)),
  ],
  ['no step in its history', 'delete from schema_history', /tells of the steps \[\]/],
  [
    'a step of its history twice',
    `insert into schema_history values (${SCHEMA_VERSION + 1}, 'again', 'a sum', 1, '2026-01-01T00:00:00.000Z', 'somebody')`,
    told([...STEPS, SCHEMA_VERSION + 1]),
  ],
  ['no history at all', 'drop table schema_history', /tells of the steps \[\]/],
]

const ON_SQLITE: readonly [string, string, RegExp][] = [
  ['a version below none', 'pragma user_version = -1', /has schema -1/],
  [
    'a version in its history that is no number',
    "update schema_history set version = 'two' where version = 2",
    /tells of the steps/,
  ],
]

const ON_POSTGRES: readonly [string, string, RegExp][] = [
  [
    'a version that is no number',
    "alter table schema_version alter column version type text using 'three'",
    /the version "three", which is no number/,
  ],
  ['a version below one', 'update schema_version set version = 0', /the version "0"/],
  [
    'a version that is nothing',
    'alter table schema_version alter column version drop not null; update schema_version set version = null',
    /schema_version/,
  ],
  [
    'two rows that say which version',
    `alter table schema_version drop constraint schema_version_pkey;
     insert into schema_version values (true, 3)`,
    /schema_version has 2 rows instead of one/,
  ],
  [
    'no row that says which version',
    'delete from schema_version',
    /schema_version has 0 rows instead of one/,
  ],
]

export function badInputCases(kit: PlaceKit): void {
  describe(`what somebody changed by hand on ${kit.name}`, () => {
    const own = kit.engine === 'sqlite' ? ON_SQLITE : ON_POSTGRES
    it.each([...ON_BOTH, ...own])('%s: is told, and changes nothing', async (_what, script, told) => {
      await using place = await kit.fixture(SCHEMA_VERSION)
      await place.script(script)
      const before = await place.contents()
      for (const options of [{}, { mode: 'initialise' as const }]) {
        expect(await refusal(place.open(options))).toEqual({
          code: 'STORE_CORRUPT',
          message: expect.stringMatching(told),
        })
      }
      expect(await place.contents()).toBe(before)
    })

    it('a schema half made by hand: is told, and changes nothing', async () => {
      await using place = await kit.empty()
      await place.prepare()
      await place.script(`create table memories (tenant_id text, id text, content text);
        create table documents (name text); insert into documents values ('a book')`)
      const rows = () => place.rows('select name from documents')
      expect(await refusal(place.change())).toEqual({
        code: 'MIGRATION_FAILED',
        message: expect.stringMatching(/could not be taken over: .*documents.* Everything is as it was/s),
      })
      expect(await rows()).toEqual([{ name: 'a book' }])
      expect(await refusal(place.rows('select * from tenants'))).not.toBeNull()
    })
  })
}
