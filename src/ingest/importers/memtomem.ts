/**
 * Reads the stores of memtomem: its SQLite database, of any version, and the JSON bundles that it exports. What
 * the tests read is made by memtomem itself: test/fixtures/memtomem/make.py.
 */
import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { type ForeignStore, malformed, unreadable } from './foreign-store.ts'
import { MemtomemBundle } from './memtomem-bundle.ts'
import { MemtomemDatabase } from './memtomem-database.ts'

export type { ForeignLink, ForeignMemory, ForeignStore } from './foreign-store.ts'

const REMEDY =
  'Name memtomem’s database (usually ~/.memtomem/memtomem.db) or a bundle that its mem_export has written.'

const MAGIC = 'SQLite format 3\0'

/** Room for a byte order mark and some blank lines before the first brace. */
const HEAD = 64

/**
 * Opens a database or a bundle, told apart by how the file begins.
 * @throws SOURCE_UNREADABLE when it does not exist, is no regular file, is locked, is too large, or may not be read.
 * @throws SOURCE_MALFORMED when it is something else, damaged, or of a version that is not known.
 */
export function openMemtomem(path: string): ForeignStore {
  const stats = mustStat(path)
  if (stats.isDirectory()) throw unreadable(path, `is a folder. ${REMEDY}`)
  if (!stats.isFile()) throw unreadable(path, `is not a regular file. ${REMEDY}`)
  if (stats.size === 0) throw malformed(path, `is empty. ${REMEDY}`)
  const head = mustReadHead(path)
  if (head.toString('latin1').startsWith(MAGIC)) return MemtomemDatabase.open(path)
  if (/^[{[]/.test(head.toString('utf8').trimStart())) return MemtomemBundle.open(path, stats.size)
  throw malformed(path, `is neither a SQLite database nor JSON. ${REMEDY}`)
}

function mustStat(path: string): Stats {
  try {
    return statSync(path)
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

function mustReadHead(path: string): Buffer {
  const head = Buffer.alloc(HEAD)
  try {
    const file = openSync(path, 'r')
    try {
      return head.subarray(0, readSync(file, head))
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: `does not exist. ${REMEDY}`,
  ENOTDIR: `does not exist. ${REMEDY}`,
  EACCES: 'may not be read by this user. Check its permissions.',
  EPERM: 'may not be read by this user. Check its permissions.',
}

function cannotRead(path: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  return unreadable(path, REASONS[code] ?? `cannot be read (${code}). Check the disk.`, cause)
}
