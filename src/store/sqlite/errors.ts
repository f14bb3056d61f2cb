/** What SQLite says, as our own errors. */
import { accessSync, constants } from 'node:fs'
import { basename, dirname } from 'node:path'
import { HeirloomError } from '../../model/errors.ts'
import { brokenSchema } from '../schema/broken.ts'

interface SqliteError extends Error {
  readonly code: string
}

function isSqliteError(error: unknown): error is SqliteError {
  return (
    error instanceof Error &&
    typeof (error as { code?: unknown }).code === 'string' &&
    (error as SqliteError).code.startsWith('SQLITE_')
  )
}

export function isBusy(error: unknown): boolean {
  // A connection that is being opened has told it in our words already.
  if (error instanceof HeirloomError && error.code === 'STORE_BUSY') return true
  return isSqliteError(error) && /^SQLITE_(BUSY|LOCKED)/.test(error.code)
}

export function isReadOnly(error: unknown): boolean {
  return isSqliteError(error) && error.code.startsWith('SQLITE_READONLY')
}

/** After one of these nothing that the connection holds can be trusted. */
export function isInputOutputError(error: unknown): boolean {
  return isSqliteError(error) && error.code.startsWith('SQLITE_IOERR')
}

/** Whether the file could be read if its folder could be written to. */
function lacksFolder(error: SqliteError, file: string): boolean {
  if (/^SQLITE_READONLY_(DIRECTORY|CANTINIT|CANTLOCK|RECOVERY)$/.test(error.code)) return true
  if (!error.code.startsWith('SQLITE_CANTOPEN')) return false
  return isAllowed(file, constants.R_OK) && !isAllowed(dirname(file), constants.W_OK)
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** The driver looks for the folder itself, before SQLite does. */
function lacksItsFolder(error: unknown): error is Error {
  return error instanceof TypeError && /directory does not exist/.test(error.message)
}

export function toSqliteError(error: unknown, file: string): unknown {
  if (lacksItsFolder(error)) {
    return new HeirloomError(
      'STORE_UNAVAILABLE',
      `${file} cannot be opened: the folder ${dirname(file)} is gone. Bring it back, or name another path with --store.`,
      { cause: error },
    )
  }
  if (!isSqliteError(error)) return error
  const { code } = error
  const say = (ours: ConstructorParameters<typeof HeirloomError>[0], text: string) =>
    new HeirloomError(ours, text, { cause: error })
  if (isBusy(error))
    return say('STORE_BUSY', `${file} is locked by another process. Try again when it has finished.`)
  // Even reading needs some room beside the file, for what readers share of the log.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE')
    return say('STORE_FULL', `The disk that holds ${file} is full. Free some space; nothing was lost.`)
  if (lacksFolder(error, file))
    return say(
      'STORE_READ_ONLY',
      `${file} cannot be opened: this user may not write to ${dirname(file)}, where even reading needs ${basename(file)}-shm and ${basename(file)}-wal beside the store. Copy the store to a folder that you may write to, or get the right to write to this one.`,
    )
  if (isReadOnly(error))
    return say(
      'STORE_READ_ONLY',
      `${file} cannot be written to. Check its permissions and those of its folder.`,
    )
  if (code.startsWith('SQLITE_CORRUPT'))
    return say(
      'STORE_CORRUPT',
      `${file} is damaged: ${error.message}. Stop writing, copy the file, run: heirloom doctor`,
    )
  if (code === 'SQLITE_NOTADB')
    return say('NOT_A_STORE', `${file} is not a SQLite database. Name another path with --store.`)
  if (code.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM' || code === 'SQLITE_AUTH')
    return say(
      'STORE_UNAVAILABLE',
      `${file} cannot be opened. Check that it and its folder exist and can be read.`,
    )
  if (isInputOutputError(error))
    return say('STORE_UNAVAILABLE', `Reading or writing ${file} failed (${code}). Check the disk.`)
  return missingPart(error, file) ?? error
}

/** SQLite has one code for every mistake in a statement; ours name only what each store has. */
function missingPart(error: SqliteError, file: string): HeirloomError | null {
  const [, table] = /^no such table: (?:main\.)?(\w+)$/.exec(error.message) ?? []
  if (table !== undefined) return brokenSchema(file, { missing: `the table ${table}`, table, cause: error })
  const [, column] = /^no such column: "?([\w.]+)/.exec(error.message) ?? []
  if (column !== undefined)
    return brokenSchema(file, { missing: `the column ${column}`, table: null, cause: error })
  const [, of, name] = /^table (\w+) has no column named (\w+)$/.exec(error.message) ?? []
  if (of === undefined) return null
  return brokenSchema(file, { missing: `the column ${name} of ${of}`, table: of, cause: error })
}
