import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SqliteConnection } from './connection.ts'
import { isBusy, toSqliteError } from './errors.ts'

/** Pages a step of the event loop: some 20 ms of copying. */
const PAGES = 2000

/**
 * Copies the database as the connection's open read transaction sees it, whatever others write meanwhile. The copy is
 * left in rollback-journal mode, so that it is one file and reading it leaves nothing beside it.
 */
export async function copyFile(connection: SqliteConnection, to: string): Promise<void> {
  try {
    // For this user alone; the backup would make it for all.
    writeFileSync(to, '', { mode: 0o600 })
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
  } catch (error) {
    // Who keeps it busy commits with the log synced, and all that stands in it before.
    if (!isBusy(error)) throw error
  } finally {
    connection.close()
  }
}

/**
 * Gives the work a path in a folder of its own beside the file, where there is as much space; removes it afterwards,
 * and what an earlier one left that was killed. The caller has the store's lock, so no other is under way.
 */
export async function inTemporary<T>(file: string | null, work: (path: string) => Promise<T>): Promise<T> {
  const [above, name] = file === null ? [tmpdir(), ''] : [dirname(file), basename(file)]
  const prefix = `.heirloom-rehearsal-${name}-`
  if (file !== null) {
    for (const left of readdirSync(above).filter(found => found.startsWith(prefix))) {
      rmSync(join(above, left), { recursive: true, force: true })
    }
  }
  const folder = mkdtempSync(join(above, prefix))
  try {
    return await work(join(folder, 'copy.db'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
