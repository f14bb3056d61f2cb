/** A few points of what `npm run faults:evolution` tries in full, and that it finds out what is careless. */
import { expect, it } from 'vitest'
import { migration } from './evolution/cases.ts'
import { duringSteps, interrupt, spreadPoints } from './evolution/harness.ts'
import { files } from './evolution/sites.ts'
import { statementsOf } from './evolution/statements.ts'

it('a migration that is killed loses nothing, and the next opening completes it', async () => {
  await using one = migration(files, '0001')
  const few = spreadPoints(0)
  const { points, losses } = await interrupt(one, steps => few(steps).filter((_, n) => n % 4 === 1))
  expect(losses.join('\n\n')).toBe('')
  expect(points).toBeGreaterThanOrEqual(6)
})

it('a migration that stamps a step in another transaction is found out', async () => {
  await using one = migration(files, '0001', 'unsafe migrate')
  const { points, losses } = await interrupt(one, duringSteps('sqlite commit', 2))
  expect(points).toBe(2)
  expect(losses.join('\n')).toContain(`HEIRLOOM_FAULT='unsafe migrate 0001 on SQLite/during/`)
})

it('a script is cut between its statements, not inside of them', () => {
  const trigger = `create trigger t after insert on a begin insert into b values (';'); delete from c; end`
  const script = `-- one; two\ncreate table a (b text default 'x;''y'); ${trigger};\ncommit`
  expect(statementsOf(script)).toEqual([`create table a (b text default 'x;''y')`, trigger, 'commit'])
  const routine = `do $body$ begin perform 1; end $body$`
  expect(statementsOf(`${routine}; select "a;b" /* ; */ - 1`)).toEqual([routine, 'select "a;b"  - 1'])
})
