import { copyFileSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'

/** Copies a store that nobody has open, and rewrites one journal entry of the copy behind Heirloom's back. */
export function tamperedCopy(file: string, sequence: number): string {
  const copy = `${file}.tampered`
  copyFileSync(file, copy)
  const database = new BetterSqlite3(copy)
  database.prepare("update journal set note = 'nothing to see here' where sequence = ?").run(sequence)
  database.close()
  return copy
}
