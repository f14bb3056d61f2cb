/**
 * A file as it is found: whose it is and which schema it has. Nothing is written before that is known.
 */
import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type BetterSqlite3 from 'better-sqlite3'
import { sql } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import type { Database, Stamps } from '../engine.ts'
import { OURS, type StoredSchema, type StoredStep } from '../schema/stored.ts'

/** "Heir" in ASCII: marks a SQLite file as a store. */
const APPLICATION_ID = 0x48656972

/** `existing` refuses a store that is not there, `create` makes it. */
export type OpenMode = 'existing' | 'create'

/**
 * Whether there is nothing yet. A file of no bytes is what SQLite itself leaves before its first write.
 * @throws NOT_A_STORE, NOT_INITIALISED or STORE_UNAVAILABLE where no store can be there, or none may be made.
 */
export function isNothing(file: string, mode: OpenMode): boolean {
  const found = look(file)
  if (found?.isDirectory()) {
    throw new HeirloomError(
      'NOT_A_STORE',
      `${file} is a folder. Name a file in it, such as ${file}/heirloom.db`,
    )
  }
  if (found !== undefined && found.size > 0) return false
  if (mode === 'existing') {
    throw new HeirloomError(
      'NOT_INITIALISED',
      `There is no store at ${file} yet. Make one: heirloom init --store ${file} (remember and ingest make it, too)`,
    )
  }
  if (look(dirname(file)) === undefined) {
    throw new HeirloomError('STORE_UNAVAILABLE', `The folder ${dirname(file)} does not exist. Make it first.`)
  }
  return true
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not look into a folder on the way there. Get the right to, or name another path',
  EPERM: 'this user may not look into a folder on the way there. Get the right to, or name another path',
  ENOTDIR: 'something on the way there is a file and not a folder. Name another path',
  ELOOP: 'links on the way there lead in a circle. Mend them or name another path',
  ENAMETOOLONG: 'the path is too long. Name a shorter one',
}

/** @throws STORE_UNAVAILABLE when the way to the path cannot be gone. */
function look(path: string): Stats | undefined {
  try {
    // throwIfNoEntry would take ENOTDIR for nothing, too.
    return statSync(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'ENOENT') return undefined
    const reason = UNREACHABLE[code]
    if (reason === undefined) throw error
    throw new HeirloomError('STORE_UNAVAILABLE', `${path} cannot be reached: ${reason} with --store.`, {
      cause: error,
    })
  }
}

/**
 * What the file holds. A connection that is in no transaction sees one moment of it.
 * @throws STORE_CORRUPT where the version makes no sense.
 */
export function surveySchema(raw: BetterSqlite3.Database, file: string): StoredSchema {
  if (raw.inTransaction) return surveyNow(raw, file)
  raw.exec('begin')
  try {
    return surveyNow(raw, file)
  } finally {
    raw.exec('rollback')
  }
}

function surveyNow(raw: BetterSqlite3.Database, file: string): StoredSchema {
  const application = raw.pragma('application_id', { simple: true }) as number
  const version = raw.pragma('user_version', { simple: true }) as number
  const tables = new Set(
    raw.prepare(`select name from sqlite_schema where type = 'table'`).pluck().all() as string[],
  )
  if (application === APPLICATION_ID && version > 0) {
    return { kind: 'versioned', version, history: tables.has('schema_history') ? historyOf(raw) : [] }
  }
  const another = { kind: 'foreign', reason: "it is another program's database" } as const
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0)) return another
  if (version < 0) {
    throw new HeirloomError(
      'STORE_CORRUPT',
      `${file} says that it has schema ${version}, which cannot be. Somebody changed it by hand; restore a snapshot: heirloom snapshot list`,
    )
  }
  if (tables.size === 0) return { kind: 'fresh' }
  if (!tables.has('memories')) return another
  const columns = new Set(raw.prepare(`select name from pragma_table_info('memories')`).pluck().all())
  const missing = OURS.filter(name => !columns.has(name))
  if (missing.length === 0) return { kind: 'unversioned' }
  return {
    kind: 'foreign',
    reason: `it is another program's database: its table "memories" has no ${missing.join(', ')}`,
  }
}

function historyOf(raw: BetterSqlite3.Database): StoredStep[] {
  return raw
    .prepare('select version, name, checksum, floor from schema_history order by version')
    .all() as StoredStep[]
}

/** Takes part in the transaction, as all of the file's header does. */
export function stampVersion(raw: BetterSqlite3.Database, version: number): void {
  raw.pragma(`application_id = ${APPLICATION_ID}`)
  raw.pragma(`user_version = ${version}`)
}

/** The statement that reads the stamps by which a writer knows that the store was not changed under it. */
export function stamps(db: Database) {
  return {
    compile: () =>
      sql<Stamps>`select (select user_version from pragma_user_version) as schema,
        (select digest from artefacts where name = 'keyword') as keyword`.compile(db),
  }
}
