/** Taking over tables without a version leaves what somebody else made of them as it was, or leaves all. */
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openHeirloom } from '../../../src/heirloom.ts'
import { temporaryFolder } from '../../kit/engines.ts'

const folder = temporaryFolder()

const OURS = `create table memories (tenant_id text, id text, content text); insert into memories values ('t', 'a', 'kept');`

it.each([
  ['view "mine"', 'create view mine as select content from memories'],
  [
    'trigger "mine"',
    `create table o (a); create trigger mine after insert on o begin delete from memories; end`,
  ],
  ['trigger "mine"', 'create trigger mine after insert on memories begin select 1; end'],
  [
    'table "mine"',
    'create unique index i on memories (id); create table mine (m text references memories (id) on delete cascade)',
  ],
])('a %s of somebody else’s is named, and nothing is changed', async (what, ddl) => {
  const store = join(folder, `${ddl.length}.db`)
  const raw = new BetterSqlite3(store)
  raw.exec(`${OURS} ${ddl};`)
  const before = raw.prepare('select sql from sqlite_schema order by name').all()
  await expect(openHeirloom({ store })).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining(what),
  })
  expect(raw.prepare('select sql from sqlite_schema order by name').all()).toEqual(before)
  expect(raw.prepare('select content from memories').pluck().all()).toEqual(['kept'])
  raw.close()
})
