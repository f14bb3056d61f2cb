/** What is no store of ours, in the ways that each engine has. */
import { expect, it } from 'vitest'
import type { PlaceKit } from '../../kit/places.ts'
import { refusal } from '../../kit/schema-states.ts'

const OWN =
  'create table invoices (id integer primary key, total integer); insert into invoices values (1, 100)'
const LIKE_OURS = 'create table memories (tenant_id text, id text, content text)'

const ON_SQLITE: readonly [string, string, RegExp][] = [
  ['a table that we do not know', OWN, /another program's database/],
  [
    "another application's id",
    `${LIKE_OURS}; pragma application_id = 1196437808`,
    /another program's database/,
  ],
  ['a version and no application', `${LIKE_OURS}; pragma user_version = 3`, /another program's database/],
  [
    'another application and a version',
    'pragma application_id = 1196437808; pragma user_version = 4; create table a (b)',
    /another program's database/,
  ],
  [
    'memories of another kind',
    'create table memories (id text, title text); insert into memories values (1, 2)',
    /its table "memories" has no tenant_id, content/,
  ],
]

const ON_POSTGRES: readonly [string, string, RegExp][] = [
  [
    'memories of another kind',
    'create table memories (id text, title text)',
    /which has no tenant_id, content/,
  ],
  ['memories without contents', 'create table memories (tenant_id uuid, id uuid)', /which has no content/],
]

export function foreignCases(kit: PlaceKit): void {
  const cases = kit.engine === 'sqlite' ? ON_SQLITE : ON_POSTGRES
  it.each(cases)(
    "another program's database (%s): refuses and changes nothing",
    async (_what, script, told) => {
      await using place = await kit.empty()
      await place.prepare()
      await place.script(script)
      const before = await place.contents()
      for (const options of [{}, { mode: 'initialise' as const }]) {
        expect(await refusal(place.open(options))).toEqual({
          code: 'NOT_A_STORE',
          message: expect.stringMatching(told),
        })
        expect(await place.contents()).toBe(before)
      }
    },
  )

  if (kit.engine !== 'postgres') return
  it("another program's tables, one of which is named like ours: refuses and changes nothing", async () => {
    await using place = await kit.empty()
    await place.prepare()
    await place.script("create table users (name text); insert into users values ('Ada')")
    const before = await place.contents()
    expect(await refusal(place.change())).toEqual({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/step 1 \(memories\).*users.*already exists/s),
    })
    expect(await place.contents()).toBe(before)
  })
}
