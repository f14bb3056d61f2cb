import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SqliteConnection } from './connection.ts'
import { toSqliteError } from './errors.ts'

/** Pages a step of the event loop: some 20 ms of copying. */
const PAGES = 2000

/**
 * Copies the database as the connection's open read transaction sees it, whatever others write meanwhile. The copy is
 * left in rollback-journal mode, so that it is one file and reading it leaves nothing beside it.
 */
export async function copyFile(connection: SqliteConnection, to: string): Promise<void> {
  try {
    await connection.raw.backup(to, { progress: () => PAGES })
  } catch (error) {
    throw toSqliteError(error, to)
  }
  const copy = new SqliteConnection(to, { readonly: false })
  try {
    copy.raw.pragma('journal_mode = delete')
  } catch (error) {
    throw toSqliteError(error, to)
  } finally {
    copy.close()
  }
}

/** Makes the file what a copy holds: one transaction of SQLite's own, which a crash undoes. */
export async function replaceBy(file: string, copy: string): Promise<void> {
  const source = new SqliteConnection(copy, { readonly: true })
  try {
    await source.raw.backup(file, { progress: () => PAGES })
  } catch (error) {
    throw toSqliteError(error, file)
  } finally {
    source.close()
  }
  await makeDurable(file)
}

/** The driver's backup writes over a connection of its own that does not sync the log; this one does. */
async function makeDurable(file: string): Promise<void> {
  const connection = new SqliteConnection(file, { readonly: false })
  try {
    connection.configure(file, { wal: true })
    connection.raw.pragma('wal_checkpoint(full)')
  } finally {
    connection.close()
  }
}

/** Gives the work a path in a folder of its own beside the file, where there is as much space; removes it afterwards. */
export async function inTemporary<T>(file: string | null, work: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(file === null ? tmpdir() : dirname(file), '.heirloom-rehearsal-'))
  try {
    return await work(join(folder, 'copy.db'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
