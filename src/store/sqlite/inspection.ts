/** What `status` and `doctor` say of a SQLite store. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { EngineReport } from '../engine.ts'
import type { SqliteConnection } from './connection.ts'
import { isBusy, isReadOnly } from './errors.ts'
import { schemaFaults } from './shape.ts'

export type Damage = Pick<EngineReport, 'problems' | 'keyword' | 'schema' | 'unchecked'>

export const UNDAMAGED: Damage = { problems: [], keyword: [], schema: [], unchecked: [] }

export function damage({ raw }: SqliteConnection): Damage {
  const told = integrityProblems(raw)
  const schema = schemaFaults(raw)
  const problems = told.filter(text => !IN_FULL_TEXT.test(text))
  const keyword = told.filter(text => IN_FULL_TEXT.test(text))
  for (const part of ['live', 'past']) {
    try {
      // Rank 1 also compares the index with the words it was made from; rank 0 would not.
      raw.exec(`insert into keyword_${part}(keyword_${part}, rank) values ('integrity-check', 1)`)
    } catch (error) {
      if (isBusy(error)) throw error
      if (isReadOnly(error)) return { problems, keyword, schema, unchecked: [UNCHECKED] }
      keyword.push(
        `the full-text table of the ${part} part contradicts its words: ${(error as Error).message}`,
      )
    }
  }
  return { problems, keyword, schema, unchecked: [] }
}

/** The check itself fails where a full-text table cannot even be opened. */
function integrityProblems(raw: SqliteConnection['raw']): string[] {
  try {
    const rows = raw.pragma('integrity_check(20)') as { integrity_check: string }[]
    return rows.map(row => row.integrity_check).filter(text => text !== 'ok')
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string }
    if (/^SQLITE_(ERROR|CORRUPT)/.test(code)) return [message]
    throw error
  }
}

/** What the database's own check says of full-text tables. */
const IN_FULL_TEXT = /\bfts5\b|keyword_(live|past)/i

// SQLite checks its full-text tables with a statement that counts as a write.
const UNCHECKED = 'not checked: full-text tables against their words, since the store is read-only here'

export function diskUse(file: string): { bytes: number; free_bytes: number } {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const disk = statfsSync(dirname(file))
  return { bytes: size(file) + size(`${file}-wal`), free_bytes: disk.bavail * disk.bsize }
}

export function mayOnlyBeRead(file: string): boolean {
  try {
    accessSync(file, constants.W_OK)
    return false
  } catch {
    return true
  }
}
