/** A store that may only be read, with links still to be added. As root the children are nobody, whom permissions bind. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { temporaryFolder } from '../kit/engines.ts'

const MAIN = join(import.meta.dirname, '../../src/surfaces/main.ts')
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

const root = temporaryFolder()
const folder = join(root, 'store')
const store = join(folder, 'memories.db')

function heirloom(...args: readonly string[]) {
  const script = `import(${JSON.stringify(MAIN)}).then(({ main }) => main(process.argv.slice(1)))`
  const all = ['-e', script, '--', '--store', store, ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    encoding: 'utf8',
    cwd: root,
    ...nobody,
  })
  return { code: status, stdout, stderr }
}

it('is read as it is, says that its links are missing, and gets them once it may be written to', async () => {
  chmodSync(root, 0o755)
  mkdirSync(folder)
  const memory = await openHeirloom({ store })
  const { id } = await memory.remember({ content: 'A fact about wombats' })
  const copy = await memory.remember({ content: 'A copy of it', tags: [`shared-from=${id}`] })
  await memory.close()
  const database = new BetterSqlite3(store)
  database.exec(`delete from settings where name like 'backfill.%'`)
  database.close()
  chmodSync(store, 0o444)
  chmodSync(folder, 0o777)

  const before = readFileSync(store)
  for (const args of [['recall', 'wombats'], ['get', copy.id], ['list'], ['links', id]])
    expect(heirloom(...args)).toMatchObject({ code: 0, stderr: '' })
  const status = heirloom('status')
  expect(status).toMatchObject({ code: 0, stderr: '' })
  expect(status.stdout).toMatch(/links to successors.*not added.*yet/s)
  expect(status.stdout).toMatch(/links from shared-from tags.*not added.*yet/s)
  const plan = heirloom('backfill', 'shared-from', '--plan', '--json')
  expect(plan).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(plan.stdout)).toMatchObject({ plan: true, scanned: 1, linked: 1 })
  expect(heirloom('backfill', 'shared-from').stderr).toContain('cannot be written to')
  expect(readFileSync(store)).toEqual(before)

  chmodSync(store, 0o666)
  if (existsSync(`${store}.lock`)) chmodSync(`${store}.lock`, 0o666)
  await using again = await openHeirloom({ store })
  expect((await again.links({ id: copy.id })).sources).toMatchObject([{ id, type: 'shared_from' }])
  expect((await again.status({})).notices).toEqual([])
})
