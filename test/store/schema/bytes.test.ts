/** A SQLite file that is refused keeps every byte, those beside it too. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openHeirloom } from '../../../src/heirloom.ts'
import type { OpenOptions } from '../../../src/open.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { temporaryFolder } from '../../kit/engines.ts'
import { refusal } from '../../kit/schema-states.ts'

const FIXTURE = join(import.meta.dirname, `../../fixtures/stores/000${SCHEMA_VERSION}.db`)

const root = temporaryFolder()
let count = 0

/** A copy that says it is newer, or is another's, in a folder of its own. */
function prepared(script: string, { mode, wal }: { mode: 'wal' | 'delete'; wal: boolean }): string {
  const folder = join(root, `${++count}`)
  mkdirSync(folder)
  const [made, file] = [join(folder, 'made.db'), join(folder, 'store.db')]
  copyFileSync(FIXTURE, made)
  const db = new BetterSqlite3(made)
  db.pragma('wal_autocheckpoint = 0')
  db.pragma(`journal_mode = ${mode}`)
  db.exec(script)
  // What was written last is in the log alone as long as nobody closes the file.
  for (const end of wal ? ['', '-wal'] : ['']) copyFileSync(`${made}${end}`, `${file}${end}`)
  db.close()
  return file
}

function bytesAround(file: string): Record<string, Buffer | string> {
  const names = readdirSync(join(file, '..')).filter(name => name.startsWith('store.db'))
  // What readers share of a log is made anew by whoever reads first, and says nothing that the log does not.
  return Object.fromEntries(
    names.filter(name => !name.endsWith('-shm')).map(name => [name, readFileSync(join(file, '..', name))]),
  )
}

const NEXT = SCHEMA_VERSION + 1
const NEWER = `insert into schema_history values (${NEXT}, 'later', 'a sum', ${NEXT}, '2026-02-01T00:00:00.000Z', 'a newer build');
  pragma user_version = ${NEXT}`
const ANOTHER = 'pragma application_id = 1196437808'

const REFUSED: readonly [string, string, string][] = [
  ['newer', NEWER, 'SCHEMA_TOO_NEW'],
  ["another program's", ANOTHER, 'NOT_A_STORE'],
]

const FILES: readonly [string, { mode: 'wal' | 'delete'; wal: boolean }][] = [
  ['in rollback-journal mode', { mode: 'delete', wal: false }],
  ['in WAL mode with an empty log', { mode: 'wal', wal: false }],
  ['in WAL mode with changes in its log', { mode: 'wal', wal: true }],
]

const WAYS: readonly [string, Partial<OpenOptions>][] = [
  ['opening', {}],
  ['init', { mode: 'initialise' }],
  ['opening without permission', { upgrade: 'never' }],
]

describe.each(REFUSED)('a file that is %s', (_what, script, code) => {
  describe.each(FILES)('%s', (_how, file) => {
    it.each(WAYS)('keeps its bytes: %s', async (_way, options) => {
      // An empty log has everything in the file itself.
      const store =
        file.wal || file.mode === 'delete'
          ? prepared(script, file)
          : closed(prepared(script, { ...file, wal: true }))
      const before = bytesAround(store)
      const modified = statSync(store).mtimeMs
      expect(await refusal(openHeirloom({ store, ...options }))).toMatchObject({ code })
      const { 'store.db-wal': log = Buffer.alloc(0), ...after } = bytesAround(store)
      expect(after['store.db']).toEqual(before['store.db'])
      expect(log).toEqual(before['store.db-wal'] ?? Buffer.alloc(0))
      expect(statSync(store).mtimeMs).toBe(modified)
      expect(existsSync(`${store}.snapshots`)).toBe(false)
      expect(existsSync(`${store}.lock`)).toBe(false)
    })
  })
})

/** Closing the last connection empties the log into the file. */
function closed(file: string): string {
  const db = new BetterSqlite3(file)
  db.prepare('select count(*) from sqlite_schema').get()
  db.close()
  return file
}
