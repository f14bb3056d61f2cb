/**
 * What long changes of a whole SQLite store cost, each in a process of its own, beside what one could not go below by
 * hand: a plain copy of the file, `VACUUM INTO`, or reading every row and hashing it with SHA-256.
 *
 *   npm run bench:evolution -- --memories 10000,100000 [--runs 3] [--json <file>]
 *
 * Ratios are the result; the seconds are those of one machine at one time.
 */
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Answer, Places, TaskName } from './evolution-tasks.ts'
import { table } from './table.ts'

const FLOORS = { copy: 'copy of the file', vacuum: 'VACUUM INTO', scan: 'SHA-256 scan' } as const

interface Pair {
  readonly operation: string
  readonly task: TaskName
  readonly floor: keyof typeof FLOORS
  /** It works on a copy: of the filled store, of that store as the first build made it, or with 1 % more in it. */
  readonly on?: 'copy' | 'old' | 'more'
  /** Where its snapshot goes, or is. */
  readonly folder?: string
}

/** In an order in which each finds the snapshot that it needs. */
const PAIRS: readonly Pair[] = [
  { operation: 'migrate from schema 1', task: 'migrate', floor: 'copy', on: 'old' },
  { operation: 'rebuild of the keyword index', task: 'rebuild', floor: 'vacuum', on: 'copy' },
  { operation: 'snapshot of rows', task: 'snapshot rows', floor: 'vacuum', folder: 'rows' },
  { operation: 'verify', task: 'verify', floor: 'scan', folder: 'rows' },
  { operation: 'restore', task: 'restore', floor: 'vacuum', folder: 'rows' },
  { operation: 'second, 1 % more', task: 'snapshot rows', floor: 'vacuum', on: 'more', folder: 'rows' },
  { operation: 'snapshot of the file', task: 'snapshot file', floor: 'copy', folder: 'file' },
  { operation: 'digest', task: 'digest', floor: 'scan' },
  { operation: 'doctor', task: 'doctor', floor: 'scan' },
]

/**
 * V8 takes room for a heap several times as large as what is in it, and the more the longer a process runs. In a heap
 * that may not grow, what is left of the peak is what the operation holds: were that to grow with the store, the
 * operation would die for want of memory.
 */
const SMALL_HEAP = ['--max-old-space-size=48', '--max-semi-space-size=8']

interface Measured extends Answer {
  readonly peak_mb: number
}

/** An operation, the floor right before it, and the same operation once more in a small heap. */
interface Compared {
  readonly floor: Measured
  readonly operation: Measured
  readonly confined: Measured
}

interface Row {
  readonly operation: string
  readonly seconds: number
  readonly rows_per_s: number
  readonly peak_mb: number
  /** In a small heap. */
  readonly confined_peak_mb: number
  readonly floor: string
  readonly floor_seconds: number
  readonly floor_peak_mb: number
  /** The operation's time as a multiple of the floor's, the median of all runs. */
  readonly ratio: number
  readonly within: Readonly<Record<string, number>>
}

interface Size {
  readonly memories: number
  /** Rows that each operation reads: those that a digest covers. */
  readonly rows: number
  readonly store_bytes: number
  readonly snapshot_bytes: number
  readonly second_snapshot_bytes: number
  readonly second_snapshot_ratio: number
  readonly operations: readonly Row[]
}

function main(): void {
  const { values } = parseArgs({
    options: {
      memories: { type: 'string', default: '10000,100000' },
      runs: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  })
  const memories = values.memories.split(',').map(Number)
  if (memories.some(size => !Number.isInteger(size) || size < 1))
    throw new Error('--memories takes whole numbers: 10000,100000')
  const sizes = memories.map(size => measure(size, Number(values.runs)))
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ sizes }, null, 2)}\n`)
  console.log([...sizes.map(toTable), growthTable(sizes)].join('\n\n'))
}

function measure(memories: number, runs: number): Size {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-evolution-'))
  const [store, old, input] = [join(folder, 'store.db'), join(folder, 'old.db'), join(folder, 'input')]
  const places = { store, target: input, snapshots: '', snapshot: '', memories }
  try {
    const { rows = 0 } = inChild('fill', places)
    inChild('outdate', { ...places, target: old })
    const rounds = Array.from({ length: runs }, () => round({ ...places, target: folder }))
    const operations = PAIRS.map(({ operation, floor }, at) => {
      const pairs = rounds.map(({ measured }) => measured[at]!)
      const counted = operation.startsWith('rebuild') ? memories : rows
      return { operation, ...summary(pairs, counted), floor: FLOORS[floor] }
    })
    const [first, both] = [
      median(rounds.map(({ bytes }) => bytes[0])),
      median(rounds.map(({ bytes }) => bytes[1])),
    ]
    return {
      memories,
      rows,
      store_bytes: statSync(store).size,
      snapshot_bytes: first,
      second_snapshot_bytes: both - first,
      second_snapshot_ratio: rounded((both - first) / first),
      operations,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Round {
  readonly measured: readonly Compared[]
  /** Of the folder of snapshots, after the first of them and after the second. */
  readonly bytes: readonly [number, number]
}

/** Each operation right after its floor, so that both meet the same noise. */
function round(places: Places): Round {
  const folder = join(places.target, 'round')
  mkdirSync(folder)
  const bytes: number[] = []
  let snapshot = ''
  try {
    const measured = PAIRS.map((pair): Compared => {
      const target = join(folder, 'target.db')
      const run = (task: TaskName, snapshots: string, flags: readonly string[] = []) => {
        const store = prepared(pair, places, folder)
        const answer = inChild(task, { ...places, store, target, snapshots, snapshot }, flags)
        for (const made of store === places.store ? [target] : [target, store]) removeStore(made)
        return answer
      }
      const snapshots = join(folder, pair.folder ?? '')
      const floor = run(pair.floor, snapshots)
      const operation = run(pair.task, snapshots)
      // A snapshot is made in a folder of its own again: in the first one it would find its parts there already.
      const confined = run(pair.task, operation.snapshot ? `${snapshots} again` : snapshots, SMALL_HEAP)
      if (pair.task === 'snapshot rows') bytes.push(bytesIn(snapshots))
      snapshot = operation.snapshot ?? snapshot
      console.error(
        `${pair.operation}: ${rounded(operation.seconds)} s, ${FLOORS[pair.floor]} ${rounded(floor.seconds)} s`,
      )
      return { floor, operation, confined }
    })
    return { measured, bytes: [bytes[0] ?? 0, bytes[1] ?? 0] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The store that an operation works on. */
function prepared({ on }: Pair, places: Places, folder: string): string {
  if (on === undefined) return places.store
  const copy = join(folder, 'work.db')
  copyFileSync(on === 'old' ? join(places.target, 'old.db') : places.store, copy)
  // Else the system would write it to the disk while something is measured.
  const file = openSync(copy, 'r+')
  fsyncSync(file)
  closeSync(file)
  if (on === 'more') inChild('append', { ...places, store: copy })
  return copy
}

function removeStore(file: string): void {
  for (const end of ['', '-wal', '-shm', '.lock', '.lock.json', '.snapshots'])
    rmSync(`${file}${end}`, { recursive: true, force: true })
}

/** In a process of its own, whose memory is its own. */
function inChild(task: TaskName, places: Places, flags: readonly string[] = []): Measured {
  const once = join(import.meta.dirname, 'evolution-once.ts')
  const given = [...flags, once, task, JSON.stringify(places)]
  const answer = execFileSync(process.execPath, given, { encoding: 'utf8' })
  return JSON.parse(answer) as Measured
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

function summary(pairs: readonly Compared[], rows: number): Omit<Row, 'operation' | 'floor'> {
  const [floors, operations] = [pairs.map(({ floor }) => floor), pairs.map(({ operation }) => operation)]
  const seconds = median(operations.map(operation => operation.seconds))
  const parts = Object.keys(operations[0]?.within ?? {})
  return {
    seconds: rounded(seconds),
    rows_per_s: Math.round(rows / seconds),
    peak_mb: Math.max(...operations.map(({ peak_mb }) => peak_mb)),
    confined_peak_mb: Math.max(...pairs.map(({ confined }) => confined.peak_mb)),
    floor_seconds: rounded(median(floors.map(floor => floor.seconds))),
    floor_peak_mb: Math.max(...floors.map(({ peak_mb }) => peak_mb)),
    ratio: rounded(median(pairs.map(({ floor, operation }) => operation.seconds / floor.seconds))),
    within: Object.fromEntries(
      parts.map(part => [part, rounded(median(operations.map(({ within }) => within?.[part] ?? 0)))]),
    ),
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function toTable({ memories, rows, operations }: Size): string {
  const shown = operations.flatMap(row => [
    [
      row.operation,
      String(row.seconds),
      row.rows_per_s.toLocaleString('en'),
      String(row.peak_mb),
      String(row.confined_peak_mb),
      row.floor,
      String(row.floor_seconds),
      String(row.floor_peak_mb),
      String(row.ratio),
    ],
    ...Object.entries(row.within).map(([part, seconds]) => [`- ${part}`, String(seconds)]),
  ])
  const heading = [
    '',
    'seconds',
    'rows/s',
    'peak MB',
    'in a small heap',
    'beside',
    'seconds',
    'peak MB',
    'ratio',
  ]
  const title = `${memories.toLocaleString('en')} memories, ${rows.toLocaleString('en')} rows:`
  return `${title}\n\n${table([heading, ...shown.map(cells => heading.map((_, at) => cells[at] ?? ''))])}`
}

/** What depends on the size, side by side; memory as a multiple of that at the first size. */
function growthTable(sizes: readonly Size[]): string {
  const count = (value: number) => value.toLocaleString('en')
  const mb = (bytes: number) => String(Math.round(bytes / 1e4) / 100)
  const peaks = PAIRS.flatMap(({ operation }, at) => [
    peaksOf(
      `${operation}: peak MB`,
      sizes.map(({ operations }) => operations[at]?.peak_mb ?? 0),
    ),
    peaksOf(
      '- in a small heap',
      sizes.map(({ operations }) => operations[at]?.confined_peak_mb ?? 0),
    ),
  ])
  const bytes = [
    ['store: MB', ...sizes.map(size => mb(size.store_bytes)), ''],
    ['snapshot of rows: MB', ...sizes.map(size => mb(size.snapshot_bytes)), ''],
    ['second, 1 % more: MB', ...sizes.map(size => mb(size.second_snapshot_bytes)), ''],
    ['second / first', ...sizes.map(size => String(size.second_snapshot_ratio)), ''],
  ]
  return table([['', ...sizes.map(({ memories }) => count(memories)), 'growth'], ...bytes, ...peaks])
}

function peaksOf(name: string, peaks: readonly number[]): string[] {
  return [name, ...peaks.map(String), String(rounded((peaks.at(-1) ?? 0) / (peaks[0] ?? 1)))]
}

main()
