/** Reads a snapshot as a restore would, and says what is wrong with it. Everything is read. */
import { join } from 'node:path'
import { assertBug } from '../../model/errors.ts'
import { parseCanonicalRow } from '../../store/digest/canonical-row.ts'
import { DigestSum, type StoreDigest } from '../../store/digest/digest.ts'
import type { Row } from '../../store/digest/rows.ts'
import { DIGESTED, type TableSpec } from '../../store/digest/tables.ts'
import { SCHEMA_VERSION } from '../../store/schema/index.ts'
import { mustNotBeAborted } from '../../store/waiting.ts'
import { ahead } from './ahead.ts'
import { partName } from './folder.ts'
import type { Manifest, Part } from './manifest.ts'
import { mustBeSoundFile, PartProblem, readPart, release } from './part.ts'
import type { Watched } from './watched.ts'

/** Gives the digest of a database file. Handed in, since only an engine may open one. */
export type DigestOfFile = (path: string) => Promise<StoreDigest>

export interface ReadBackOptions extends Watched {
  /**
   * `rows` makes the digest from the rows again. `bytes` compares the hash of each part: enough for who has just
   * summed the digest over the very texts that those hashes were made of.
   */
  readonly depth?: 'rows' | 'bytes' | undefined
  readonly digestOfFile?: DigestOfFile | undefined
}

export interface ReadBack {
  readonly ok: boolean
  /** Each names the part: its table, its file and what is wrong. */
  readonly problems: readonly string[]
  /** Of what was read; null where some of it could not be. */
  readonly digest: { readonly state: string; readonly full: string } | null
}

type Found = { readonly part: Part; readonly text: Buffer } | { readonly problem: string }

export async function readBack(
  folder: string,
  manifest: Manifest,
  options: ReadBackOptions,
): Promise<ReadBack> {
  // What was just written by this build is compared byte by byte, whatever schema it has.
  if (manifest.schema_version > SCHEMA_VERSION && options.depth !== 'bytes') {
    const problem = `it has schema ${manifest.schema_version}; this build knows ${SCHEMA_VERSION}. Install a newer heirloom`
    return { ok: false, problems: [problem], digest: null }
  }
  return manifest.kind === 'rows'
    ? readRowsBack(folder, manifest, options)
    : readFileBack(folder, manifest, options)
}

async function readRowsBack(
  folder: string,
  manifest: Manifest,
  { depth = 'rows', signal, progress }: ReadBackOptions,
): Promise<ReadBack> {
  const problems: string[] = []
  const sum = new DigestSum()
  const total = manifest.parts.reduce((rows, part) => rows + (part.rows ?? 0), 0)
  let done = 0
  for await (const found of readAhead(folder, manifest.parts)) {
    mustNotBeAborted(signal)
    const problem = 'problem' in found ? found.problem : depth === 'rows' ? addRows(sum, found) : null
    if (problem !== null) problems.push(problem)
    if ('part' in found) {
      done += found.part.rows ?? 0
      release(found.text)
    }
    progress?.({ done, total, item: 'reading the snapshot back' })
  }
  if (problems.length > 0) return { ok: false, problems, digest: null }
  return depth === 'rows' ? compared(manifest, sum.end()) : { ok: true, problems, digest: manifest.digest }
}

async function readFileBack(
  folder: string,
  manifest: Manifest,
  { signal, digestOfFile }: ReadBackOptions,
): Promise<ReadBack> {
  const part = filePart(manifest)
  try {
    await mustBeSoundFile(folder, part, signal)
  } catch (error) {
    return { ok: false, problems: [problemOf(error)], digest: null }
  }
  if (digestOfFile === undefined || manifest.digest === null)
    return { ok: true, problems: [], digest: manifest.digest }
  return compared(manifest, await digestOfFile(join(folder, partName(part.hash, 'file'))))
}

/** The one part of a snapshot of the kind `file`. */
export function filePart(manifest: Manifest): Part {
  const [part] = manifest.parts
  assertBug(part !== undefined && part.table === null, 'a snapshot of a file without its file')
  return part
}

/** The texts of parts, in order. */
function readAhead(folder: string, parts: readonly Part[]): AsyncGenerator<Found> {
  return ahead(parts, async part => {
    try {
      return { part, text: await readPart(folder, part) }
    } catch (error) {
      return { problem: problemOf(error) }
    }
  })
}

function problemOf(error: unknown): string {
  if (error instanceof PartProblem) return error.message
  throw error
}

/** @returns what is wrong with the rows, or null. */
function addRows(sum: DigestSum, { part, text }: { part: Part; text: Buffer }): string | null {
  const spec = specOf(part)
  if (spec === null) return new PartProblem(part, 'is of a table that this build does not know').message
  let rows = 0
  for (const line of linesOf(text)) {
    const row = rowOf(spec, line)
    if (row === null || sum.add(spec, row) !== line)
      return new PartProblem(part, `holds a line that is no row of ${spec.name}: line ${rows + 1}`).message
    rows++
  }
  if (rows !== part.rows) return new PartProblem(part, `holds ${rows} rows of ${part.rows}`).message
  return null
}

function rowOf(spec: TableSpec, line: string): Row | null {
  try {
    return parseCanonicalRow(spec, line)
  } catch {
    return null
  }
}

export function specOf(part: Part): TableSpec | null {
  return DIGESTED.find(({ name }) => name === part.table) ?? null
}

const NEWLINE = 10

/** The lines of a part, each a row. One at a time: a text of megabytes lives as long as the last piece of it. */
export function* linesOf(text: Buffer): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf(NEWLINE, start)
    const end = found === -1 ? text.length : found
    yield text.toString('utf8', start, end)
    start = end + 1
  }
}

function compared(manifest: Manifest, found: StoreDigest): ReadBack {
  const digest = { state: found.state, full: found.full }
  const tables = Object.entries(manifest.tables)
    .filter(([name, said]) => found.tables[name]?.full !== said.full)
    .map(([name, said]) => `${name}: ${found.tables[name]?.rows ?? 0} rows read back, ${said.rows} expected`)
  const same = digest.state === manifest.digest?.state && digest.full === manifest.digest.full
  const problems = tables.length > 0 || same ? tables : ['the digest of what was read back is another one']
  return { ok: problems.length === 0, problems, digest }
}
