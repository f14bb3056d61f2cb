/** A snapshot of a store whose older rows were not linked yet, brought back into a store of its own. */
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openHeirloom } from '../../src/index.ts'
import { temporaryFolder } from '../kit/engines.ts'
import { expectDoctorPleased } from '../kit/invariants.ts'

const folder = temporaryFolder()

it('is linked where it comes back, though the place was made new', async () => {
  const [store, to] = [join(folder, 'one.db'), join(folder, 'two.db')]
  let source = ''
  let copy = ''
  {
    await using memory = await openHeirloom({ store, embedder: 'none' })
    source = (await memory.remember({ content: 'a source' })).id
    copy = (await memory.remember({ content: 'a copy', tags: [`shared-from=${source}`] })).id
  }
  const raw = new BetterSqlite3(store)
  raw.prepare(`delete from settings where name like 'backfill.%'`).run()
  raw.close()
  {
    await using memory = await openHeirloom({ store, upgrade: 'never' })
    const { id } = await memory.snapshot_create({})
    await memory.snapshot_restore({ id, to })
  }
  await using back = await openHeirloom({ store: to, upgrade: 'never' })
  expect((await back.links({ id: copy })).sources.map(link => link.id)).toEqual([source])
  expect((await back.status({})).notices).toEqual([])
  await expectDoctorPleased(back)
})
