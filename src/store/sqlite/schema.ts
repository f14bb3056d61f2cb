/**
 * Opening a file: whose it is, which schema it has, and making a fresh one. Nothing is written before that is known.
 */
import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { ANALYSER_VERSION } from '../../model/analysis.ts'
import { HeirloomError } from '../../model/errors.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '../schema/index.ts'
import { checksumOf, mustKnow, stampOf } from '../schema/registry.ts'
import { SqliteConnection } from './connection.ts'

/** "Heir" in ASCII: marks a SQLite file as a store. */
const APPLICATION_ID = 0x48656972

/** `existing` refuses a store that is not there, `create` makes it. */
export type OpenMode = 'existing' | 'create'

/** The first connection: to a store that is there a reader, so that reading alone never opens it for writing. */
interface Prepared {
  readonly connection: SqliteConnection
  readonly role: 'reader' | 'writer'
  readonly created: boolean
}

/**
 * @throws NOT_A_STORE when the file is another program's, SCHEMA_TOO_NEW when a newer build wrote it; the file's
 * bytes are then as they were.
 */
export function prepareSchema(options: { file: string; mode: OpenMode }): Prepared {
  const { file, mode } = options
  if (file !== ':memory:' && !mustBeFileOrNothing(file, mode)) {
    const reader = openExisting(file)
    if (reader !== null) return { connection: reader, role: 'reader', created: false }
  }
  const writer = new SqliteConnection(file, { readonly: false })
  try {
    writer.configure(file, { wal: true })
    return { connection: writer, role: 'writer', created: createIfEmpty(writer, file) }
  } catch (error) {
    writer.close()
    throw error
  }
}

/** Whether there is nothing yet. A file of no bytes is what SQLite itself leaves before its first write. */
function mustBeFileOrNothing(file: string, mode: OpenMode): boolean {
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
 * A store that is there, through a read-only connection, which cannot change a byte of the file; null where the file
 * is a database without tables, as a process leaves it that ended before it made the store.
 */
function openExisting(file: string): SqliteConnection | null {
  const connection = new SqliteConnection(file, { readonly: true })
  try {
    if (mustBeOurs(connection, file) !== 0) {
      connection.configure(file, { wal: false })
      return connection
    }
    connection.close()
    return null
  } catch (error) {
    connection.close()
    throw error
  }
}

function mustBeOurs(connection: SqliteConnection, file: string): number {
  const { raw } = connection
  const application = raw.pragma('application_id', { simple: true })
  const version = raw.pragma('user_version', { simple: true }) as number
  if (application === APPLICATION_ID) return mustKnow(version, file)
  const tables = raw.prepare('select count(*) from sqlite_schema').pluck().get() as number
  if (application === 0 && version === 0 && tables === 0) return 0
  throw new HeirloomError(
    'NOT_A_STORE',
    `${file} is another program's database. Name another path with --store.`,
  )
}

function createIfEmpty(connection: SqliteConnection, file: string): boolean {
  connection.raw.exec('begin immediate')
  try {
    // Another process may have made it while this one waited for the lock.
    const created = mustBeOurs(connection, file) === 0
    if (created) create(connection)
    connection.raw.exec('commit')
    return created
  } finally {
    if (connection.raw.inTransaction) connection.raw.exec('rollback')
  }
}

function create({ raw }: SqliteConnection): void {
  raw.pragma(`application_id = ${APPLICATION_ID}`)
  for (const migration of MIGRATIONS) raw.exec(migration.sqlite)
  const stamp = raw.prepare(
    `insert into schema_history (version, name, checksum, floor, applied_at, applied_by)
     values (?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?)`,
  )
  for (const migration of MIGRATIONS) {
    stamp.run(migration.version, migration.name, checksumOf(migration), migration.floor, stampOf())
  }
  raw
    .prepare('insert into artefacts (name, version, made_by, needs_rebuild) values (?, ?, ?, 0)')
    .run('keyword', ANALYSER_VERSION, stampOf())
  raw.pragma(`user_version = ${SCHEMA_VERSION}`)
}
