/** One memory's versions, each proved by itself and all together. */
import { contentHash } from '../../model/digest.ts'
import type { Memory } from '../../model/memory.ts'
import { analyse, toKeywordRow } from '../keyword-writer.ts'
import { toMemory } from '../memory-rows.ts'
import type { Checking } from './findings.ts'
import { keywordDifferences, type VersionRow } from './rows.ts'

/** A version without its text, so that many can be held. */
export interface Version {
  readonly number: number
  readonly began: string
  readonly ended: string | null
  /** Null where the row cannot be read. */
  readonly memory: Memory | null
}

/** Every version that is there, the present one last. */
export interface Line {
  readonly id: string
  readonly past: Version[]
  readonly present: Version
  /** What the present version adds to the index of near-duplicates. */
  readonly signature: readonly number[]
}

export function toLine(row: VersionRow, checking: Checking): Line {
  const memory = readable(row, checking)
  const { row: expected, signature } = memory
    ? analyse(memory, checking.tenantId)
    : { row: null, signature: [] }
  if (memory !== null && expected !== null) checkRow(row, { memory, expected }, checking)
  return { id: row.id, past: [], present: toVersion(row, memory), signature }
}

export function addPast(line: Line, row: VersionRow, checking: Checking): void {
  const memory = readable(row, checking)
  if (memory !== null) {
    const expected = { ...toKeywordRow(memory, checking.tenantId), live: 0 }
    checkRow(row, { memory, expected }, checking)
  }
  line.past.push(toVersion(row, memory))
}

/** Versions count from 1 without a gap, and each ends when the next begins. */
export function checkVersions({ id, past, present }: Line, { findings }: Checking): void {
  const versions = [...past, present]
  for (const [index, { number, ended }] of versions.entries()) {
    if (number !== index + 1) {
      findings.add('versions', `version ${index + 1} of ${id} is missing: there is ${number} instead`)
      return
    }
    const next = versions[index + 1]
    if (next !== undefined && ended !== next.began) {
      findings.add('versions', `version ${number} of ${id} ended at another time than the next one began`)
    }
  }
}

export function checkTags({ id, present }: Line, found: readonly string[], { findings }: Checking): void {
  if (present.memory === null) return
  const expected = [...present.memory.tags].sort()
  if ([...found].sort().join('\n') === expected.join('\n')) return
  findings.add('tags', `${id} has the tags [${expected.join(', ')}], its rows say [${found.join(', ')}]`)
}

function readable(row: VersionRow, { findings }: Checking): Memory | null {
  try {
    return toMemory(row)
  } catch (error) {
    findings.add(
      'versions',
      `version ${row.version} of ${row.id} cannot be read: ${(error as Error).message}`,
    )
    return null
  }
}

function checkRow(
  row: VersionRow,
  { memory, expected }: { memory: Memory; expected: ReturnType<typeof toKeywordRow> },
  { findings }: Checking,
): void {
  const name = `version ${row.version} of ${row.id}`
  if (contentHash(memory.content) !== memory.content_hash) {
    findings.add('content hashes', `the text of ${name} does not give its hash`)
  }
  if (row.d_words === null) {
    findings.add('keyword index', `${name} has no row`)
    return
  }
  const wrong = keywordDifferences(row, expected)
  if (wrong.length > 0) {
    findings.add('keyword index', `its row no longer agrees with ${name} in ${wrong.join(', ')}`)
  }
}

function toVersion(row: VersionRow, memory: Memory | null): Version {
  return {
    number: row.version,
    began: row.updated_at,
    ended: row.ended_at ?? null,
    memory: memory === null ? null : { ...memory, content: '' },
  }
}
