/**
 * A SQLite database of another program: read at one moment, and left as it is, its folder included.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { HeirloomError } from '../../model/errors.ts'
import { malformed, unreadable } from './foreign-store.ts'

/** How long a lock is waited for, in ms. A program that is writing lets go sooner; one that holds on must be closed. */
const BUSY_TIMEOUT = 500

/** Where a database file says how it is written and read: 1 with a rollback journal, 2 with a write-ahead log. */
const FORMAT_AT = 18
const WITH_LOG = 2

interface Place {
  readonly path: string
  /** A folder of ours to remove afterwards. */
  readonly folder: string | null
}

export class ReadOnlyDatabase implements Disposable {
  readonly file: string
  /** What errors tell people to close. */
  readonly #owner: string
  readonly #place: Place
  readonly #raw: BetterSqlite3.Database

  /**
   * @throws SOURCE_UNREADABLE when it is locked, or may not be read.
   * @throws SOURCE_MALFORMED when it is damaged.
   */
  static open(file: string, owner: string): ReadOnlyDatabase {
    const place = placeToRead(file, owner)
    try {
      return new ReadOnlyDatabase(file, owner, place)
    } catch (error) {
      remove(place)
      throw toOurs(error, file, owner)
    }
  }

  private constructor(file: string, owner: string, place: Place) {
    this.file = file
    this.#owner = owner
    this.#place = place
    this.#raw = new BetterSqlite3(place.path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT })
    try {
      this.#raw.pragma('trusted_schema = 0')
      this.#raw.pragma('cell_size_check = 1')
      this.#raw.exec('begin')
      // A transaction begins with its first read.
      this.#raw.prepare('select count(*) from sqlite_schema').get()
    } catch (error) {
      this.#raw.close()
      throw error
    }
  }

  /** None when there is no such table. */
  columnsOf(table: string): ReadonlySet<string> {
    const query = this.prepare(
      `select c.name from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table' and t.name = ?`,
    )
    return new Set(this.all<{ name: string }>(query, [table]).map(({ name }) => name))
  }

  /** Looks through the whole table, so that damage is told before anything of it is used. */
  mustBeSound(table: string): void {
    const query = this.prepare(`pragma quick_check(${table})`)
    const [found] = this.all<{ quick_check: string }>(query)
    if (found?.quick_check !== 'ok')
      throw damaged(this.file, found?.quick_check ?? 'quick_check says nothing')
  }

  prepare(sql: string): BetterSqlite3.Statement {
    return this.#ours(() => this.#raw.prepare(sql))
  }

  all<R>(query: BetterSqlite3.Statement, values: readonly unknown[] = []): R[] {
    return this.#ours(() => query.all(...values) as R[])
  }

  #ours<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      throw toOurs(error, this.file, this.#owner)
    }
  }

  [Symbol.dispose](): void {
    this.#raw.close()
    remove(this.#place)
  }
}

/**
 * The file itself; or a copy, when merely opening it would leave two files beside it. That is so for a database with
 * a write-ahead log that nobody has open, and in a folder that is not ours to write to it could not be opened at all.
 */
function placeToRead(file: string, owner: string): Place {
  const log = `${file}-wal`
  try {
    if (formatOf(file) !== WITH_LOG || existsSync(log)) return { path: file, folder: null }
    const before = stampOf(file)
    const place = copyOf(file)
    if (stampOf(file) === before && !existsSync(log)) return place
    remove(place)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw unreadable(
      file,
      `cannot be copied to ${tmpdir()}, from where it is read (${code}). Check the room there; TMPDIR names another folder.`,
      cause,
    )
  }
  throw unreadable(file, `was opened by another program while it was copied. Close ${owner} and try again.`)
}

function formatOf(file: string): number {
  const bytes = Buffer.alloc(1)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, bytes, 0, 1, FORMAT_AT)
    return bytes.readUInt8()
  } finally {
    closeSync(descriptor)
  }
}

function stampOf(file: string): string {
  const { size, mtimeNs } = statSync(file, { bigint: true })
  return `${size} ${mtimeNs}`
}

/** Marked as one without a log: without one it is the same, and reading it writes nothing. */
function copyOf(file: string): Place {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-import-'))
  const place = { path: join(folder, 'copy.db'), folder }
  try {
    copyFileSync(file, place.path, constants.COPYFILE_FICLONE)
    const descriptor = openSync(place.path, 'r+')
    try {
      writeSync(descriptor, Uint8Array.of(1, 1), 0, 2, FORMAT_AT)
    } finally {
      closeSync(descriptor)
    }
    return place
  } catch (error) {
    remove(place)
    throw error
  }
}

function remove({ folder }: Place): void {
  if (folder !== null) rmSync(folder, { recursive: true, force: true })
}

function damaged(file: string, what: string, cause?: unknown): HeirloomError {
  return malformed(
    file,
    `is damaged: ${what}. Import a backup of it, or what this saves: sqlite3 ${file} .recover | sqlite3 saved.db`,
    cause,
  )
}

function toOurs(error: unknown, file: string, owner: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof HeirloomError) return error
  const code = String(error.code)
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return unreadable(file, `is locked by another program. Close ${owner} and try again.`, error)
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return damaged(file, error.message, error)
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(code))
    return unreadable(
      file,
      `cannot be opened (${code}). Close ${owner}, or copy ${file}, ${file}-wal and ${file}-shm to a folder that you may write to.`,
      error,
    )
  return unreadable(file, `cannot be read (${code}): ${error.message}. Check the disk.`, error)
}
