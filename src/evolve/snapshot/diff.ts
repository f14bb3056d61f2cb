/** What changed between two snapshots, or since one. Parts that both have are not read. */
import { HeirloomError } from '../../model/errors.ts'
import { canonicalRow, parseCanonicalRow } from '../../store/digest/canonical-row.ts'
import { type Row, rowsOf } from '../../store/digest/rows.ts'
import { DIGESTED, type TableSpec } from '../../store/digest/tables.ts'
import type { Database } from '../../store/engine.ts'
import { mustNotBeAborted } from '../../store/waiting.ts'
import { ahead } from './ahead.ts'
import { damaged, type Manifest, mustReadManifest } from './manifest.ts'
import { PartProblem, readPart, release } from './part.ts'
import { linesOf } from './read-back.ts'
import type { Watched } from './watched.ts'

/** The store as it is now, on one moment of it. */
export interface LiveRows {
  readonly db: Database
  /** The tables that it has. */
  readonly present: ReadonlySet<string>
}

export interface DiffOptions extends Watched {
  readonly folder: string
  /** A snapshot's id. */
  readonly before: string
  readonly after: string | LiveRows
}

const CHANGES = ['added', 'removed', 'changed'] as const
type Change = (typeof CHANGES)[number]

export interface TableDiff {
  readonly table: string
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** Keys without their tenant, the first few of each. */
  readonly ids: Readonly<Record<Change, readonly string[]>>
}

const IDS_SHOWN = 20

/**
 * Every table with rows that differ, in the order of foreign keys.
 * @throws NOT_FOUND, SNAPSHOT_DAMAGED naming the part, UNSUPPORTED for snapshots of the kind `file`.
 */
export async function diffSnapshots(options: DiffOptions): Promise<TableDiff[]> {
  const { folder, before, after, signal, progress } = options
  const old = await mustReadRows(folder, before)
  const young = typeof after === 'string' ? await mustReadRows(folder, after) : after
  const diffs: TableDiff[] = []
  for (const [done, spec] of DIGESTED.entries()) {
    mustNotBeAborted(signal)
    progress?.({ done, total: DIGESTED.length, item: spec.name })
    const found = new Findings(spec)
    const sides = [entriesOf({ folder, spec }, old, young), entriesOf({ folder, spec }, young, old)] as const
    if (NAMED.has(spec.name)) await compareByName(sides, found)
    else await compareInOrder(sides, found, signal)
    if (!found.isEmpty()) diffs.push(found.diff())
  }
  return diffs
}

async function mustReadRows(folder: string, id: string): Promise<Manifest> {
  const manifest = await mustReadManifest(folder, id)
  if (manifest.kind === 'rows') return manifest
  throw new HeirloomError(
    'UNSUPPORTED',
    `Snapshot ${id} is a copy of a file: only those of rows are compared.`,
  )
}

class Findings {
  readonly #spec: TableSpec
  readonly #counts: Record<Change, number> = { added: 0, removed: 0, changed: 0 }
  readonly #ids: Record<Change, string[]> = { added: [], removed: [], changed: [] }

  constructor(spec: TableSpec) {
    this.#spec = spec
  }

  add(change: Change, { row }: Entry): void {
    this.#counts[change]++
    if (this.#ids[change].length >= IDS_SHOWN) return
    const columns = this.#spec.key.filter(column => column !== 'tenant_id' || this.#spec.key.length === 1)
    this.#ids[change].push(columns.map(column => row[column]).join(' '))
  }

  isEmpty(): boolean {
    return CHANGES.every(change => this.#counts[change] === 0)
  }

  diff(): TableDiff {
    return { table: this.#spec.name, ...this.#counts, ids: this.#ids }
  }
}

interface Entry {
  readonly key: readonly unknown[]
  readonly row: Row
  /** The canonical text of the row. */
  readonly text: string
}

type Side = Manifest | LiveRows
type Sides = readonly [AsyncGenerator<Entry>, AsyncGenerator<Entry>]

/** The rows of one side in the order of keys, without those of parts that the other side has too. */
function entriesOf(at: { folder: string; spec: TableSpec }, side: Side, other: Side): AsyncGenerator<Entry> {
  return 'db' in side ? liveEntries(at.spec, side) : storedEntries(at, side, other)
}

async function* liveEntries(spec: TableSpec, { db, present }: LiveRows): AsyncGenerator<Entry> {
  if (!present.has(spec.name)) return
  for await (const rows of rowsOf(db, spec)) {
    for (const row of rows) yield toEntry(spec, row, canonicalRow(spec, row, 'full'))
  }
}

async function* storedEntries(
  { folder, spec }: { folder: string; spec: TableSpec },
  manifest: Manifest,
  other: Side,
): AsyncGenerator<Entry> {
  const both = new Set('db' in other ? [] : other.parts.map(({ hash }) => hash))
  const parts = manifest.parts.filter(part => part.table === spec.name && !both.has(part.hash))
  try {
    for await (const text of ahead(parts, part => readPart(folder, part))) {
      for (const line of linesOf(text)) yield toEntry(spec, parseCanonicalRow(spec, line), line)
      release(text)
    }
  } catch (error) {
    throw error instanceof PartProblem ? damaged(manifest.id, [error.message]) : error
  }
}

function toEntry(spec: TableSpec, row: Row, text: string): Entry {
  return { key: spec.key.map(column => row[column]), row, text }
}

async function compareInOrder(
  [before, after]: Sides,
  found: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  let old = await nextOf(before)
  let young = await nextOf(after)
  while (old !== null || young !== null) {
    mustNotBeAborted(signal)
    const order = old === null ? 1 : young === null ? -1 : byKey(old, young)
    if (order < 0) found.add('removed', old!)
    else if (order > 0) found.add('added', young!)
    else if (old!.text !== young!.text) found.add('changed', young!)
    if (order <= 0) old = await nextOf(before)
    if (order >= 0) young = await nextOf(after)
  }
}

async function nextOf(entries: AsyncGenerator<Entry>): Promise<Entry | null> {
  const next = await entries.next()
  return next.done ? null : next.value
}

/** Ids, which every engine sorts as their text, and numbers. */
function byKey(a: Entry, b: Entry): number {
  for (const [at, value] of a.key.entries()) {
    const other = b.key[at]
    if (value === other) continue
    return (value as string | number) < (other as string | number) ? -1 : 1
  }
  return 0
}

/** Keyed by names, which engines sort differently. They are few. */
const NAMED: ReadonlySet<string> = new Set(['projects', 'project_aliases'])

async function compareByName([before, after]: Sides, found: Findings): Promise<void> {
  const old = new Map<string, Entry>()
  for await (const entry of before) old.set(entry.key.join('\n'), entry)
  for await (const entry of after) {
    const name = entry.key.join('\n')
    const earlier = old.get(name)
    old.delete(name)
    if (earlier === undefined) found.add('added', entry)
    else if (earlier.text !== entry.text) found.add('changed', entry)
  }
  for (const entry of old.values()) found.add('removed', entry)
}
