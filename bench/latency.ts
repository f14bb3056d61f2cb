/**
 * How fast a store is, as it grows, beside what a user would otherwise write in the same run: an FTS5 OR query and
 * single commits in bare better-sqlite3.
 *
 *   npm run bench:latency -- --memories 10000,100000,500000 [--store <address>] [--json <file>]
 *     [--knowledge 100000] [--entities 100000] [--relationships 1000000]
 *
 * `--knowledge` is how many memories slots, mentions, graphs and context are measured with; 0 leaves them out.
 *
 * Ratios are the result; the milliseconds are those of one machine at one time.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Heirloom } from '../src/index.ts'
import { type BareStore, openBare } from './bare.ts'
import { type Figure, measureKnowledge } from './knowledge.ts'
import { type BenchStores, benchStores } from './stores.ts'
import { table } from './table.ts'
import { type TextSource, textSource } from './text.ts'

const PASSAGES_A_FILE = 1000
const QUERIES = 200
const COMMITS = 300
/** Bare commits after which its log has come to its full length of a thousand pages. */
const WARMING = 1500

interface Row {
  readonly memories: number
  readonly recall_p50_ms: number
  readonly recall_p95_ms: number
  readonly bare_p50_ms: number
  readonly bare_p95_ms: number
  /** Bare query's time as a multiple of recall's: above 1, recall is faster. */
  readonly recall_speedup: number
  /** Recall's time as a multiple of its own at the first size. */
  readonly recall_growth: number
  readonly remember_per_s: number
  readonly bare_commits_per_s: number
  readonly remember_ratio: number
  readonly warm_remember_per_s: number
  readonly warm_bare_commits_per_s: number
  readonly warm_remember_ratio: number
  readonly ingest_per_s: number
  readonly open_ms: number
  readonly resident_mb: number
  readonly bytes_per_memory: number | null
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      memories: { type: 'string', default: '10000,100000,500000' },
      store: { type: 'string' },
      json: { type: 'string' },
      knowledge: { type: 'string', default: '100000' },
      entities: { type: 'string', default: '100000' },
      relationships: { type: 'string', default: '1000000' },
    },
  })
  const sizes = values.memories.split(',').map(Number)
  if (sizes.some(size => !Number.isInteger(size) || size < 1))
    throw new Error('--memories takes whole numbers: 10000,100000')
  await using stores = await benchStores(values.store)
  const rows: Row[] = []
  for (const size of sizes) {
    const row = await measure(stores, size, rows[0])
    rows.push(row)
    console.error(`${size}: recall ${row.recall_p50_ms} ms, bare ${row.bare_p50_ms} ms`)
  }
  const knowledge = {
    memories: Number(values.knowledge),
    entities: Number(values.entities),
    relationships: Number(values.relationships),
  }
  const figures = knowledge.memories > 0 ? await measureKnowledge(stores, knowledge, fillTurns) : []
  if (values.json !== undefined) {
    const result = { engine: stores.engine, rows, knowledge: { ...knowledge, figures } }
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  }
  console.log(`${stores.engine}\n\n${toTable(rows)}`)
  if (figures.length > 0) console.log(`\n${toKnowledgeTable(figures)}`)
}

async function measure(stores: BenchStores, size: number, first: Row | undefined): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-latency-'))
  try {
    const texts = writeInput(join(folder, 'input'), size)
    const memory = await stores.open()
    const started = performance.now()
    const report = await memory.ingest({ paths: [join(folder, 'input')] })
    const ingestSeconds = (performance.now() - started) / 1000
    if (report.passages !== size) throw new Error(`${report.passages} of ${size} passages went in`)
    const bytes = (await memory.status({})).bytes
    await memory.close()
    const opened = openInChild(stores.address(), texts[0]!)
    using bare = openBare(folder, texts)
    const again = await stores.reopen()
    const recall = await compareQueries(again, bare, texts)
    const commits = await compareCommits(again, bare)
    await again.close()
    const growth = recall.recall_p50_ms / (first?.recall_p50_ms ?? recall.recall_p50_ms)
    return {
      memories: size,
      ...recall,
      recall_growth: round(growth),
      ...commits,
      ingest_per_s: Math.round(size / ingestSeconds),
      ...opened,
      bytes_per_memory: bytes === null ? null : Math.round(bytes / size),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Reads so many turns in; gives their texts. */
async function fillTurns(memory: Heirloom, size: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-latency-'))
  try {
    const texts = writeInput(join(folder, 'input'), size)
    await memory.ingest({ paths: [join(folder, 'input')] })
    return texts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Conversations of a thousand turns, as JSON lines; gives the texts. */
function writeInput(folder: string, size: number): string[] {
  mkdirSync(folder)
  const source = textSource(size)
  const texts = Array.from({ length: size }, () => source.next())
  for (let start = 0; start < size; start += PASSAGES_A_FILE) {
    const turns = texts.slice(start, start + PASSAGES_A_FILE)
    const lines = turns.map((content, turn) =>
      JSON.stringify({ role: turn % 2 === 0 ? 'ana' : 'ben', content }),
    )
    writeFileSync(join(folder, `${String(start).padStart(9, '0')}.jsonl`), `${lines.join('\n')}\n`)
  }
  return texts
}

/** Recall with all its stages and the bare query in turn, so that both meet the same noise. */
async function compareQueries(memory: Heirloom, bare: BareStore, texts: readonly string[]) {
  const source = textSource(texts.length + 1)
  const queries = Array.from({ length: QUERIES + 20 }, (_, index) =>
    source.queryFrom(texts[(index * 7919) % texts.length]!),
  )
  const ours: number[] = []
  const theirs: number[] = []
  for (const [index, query] of queries.entries()) {
    const first = performance.now()
    await memory.recall({ query })
    const second = performance.now()
    bare.query(query)
    const third = performance.now()
    // The first few warm both up.
    if (index < 20) continue
    ours.push(second - first)
    theirs.push(third - second)
  }
  const recall_p50_ms = quantile(ours, 0.5)
  const bare_p50_ms = quantile(theirs, 0.5)
  return {
    recall_p50_ms,
    recall_p95_ms: quantile(ours, 0.95),
    bare_p50_ms,
    bare_p95_ms: quantile(theirs, 0.95),
    recall_speedup: round(bare_p50_ms / recall_p50_ms),
  }
}

/**
 * Single durable writes of both in turn, in groups of ten. At first both write-ahead logs grow, and making a file
 * longer is most of what a commit costs; once they are as long as they get, a commit that writes little gains more.
 */
async function compareCommits(memory: Heirloom, bare: BareStore) {
  const source = textSource(-1)
  const first = await race(memory, bare, source)
  for (let done = 0; done < WARMING; done++) bare.commit(source.next())
  for (let done = 0; done < COMMITS; done++) await memory.remember({ content: source.next() })
  const warm = await race(memory, bare, source)
  return {
    remember_per_s: Math.round((COMMITS / first.ours) * 1000),
    bare_commits_per_s: Math.round((COMMITS / first.theirs) * 1000),
    remember_ratio: round(first.theirs / first.ours),
    warm_remember_per_s: Math.round((COMMITS / warm.ours) * 1000),
    warm_bare_commits_per_s: Math.round((COMMITS / warm.theirs) * 1000),
    warm_remember_ratio: round(warm.theirs / warm.ours),
  }
}

/** Milliseconds that each took for all its commits. */
async function race(memory: Heirloom, bare: BareStore, source: TextSource) {
  let ours = 0
  let theirs = 0
  for (let done = 0; done < COMMITS; done += 10) {
    const texts = Array.from({ length: 20 }, () => source.next())
    const first = performance.now()
    for (const content of texts.slice(0, 10)) await memory.remember({ content })
    const second = performance.now()
    for (const content of texts.slice(10)) bare.commit(content)
    const third = performance.now()
    ours += second - first
    theirs += third - second
  }
  return { ours, theirs }
}

/** Opening and a first recall in a process of their own, where nothing else has taken memory yet. */
function openInChild(store: string, text: string): { open_ms: number; resident_mb: number } {
  const query = text.split(' ').slice(0, 6).join(' ')
  const answer = execFileSync(process.execPath, [join(import.meta.dirname, 'open-once.ts'), store, query], {
    encoding: 'utf8',
  })
  return JSON.parse(answer) as { open_ms: number; resident_mb: number }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function toKnowledgeTable(figures: readonly Figure[]): string {
  const cells = figures.map(({ what, p50_ms, p95_ms, ratio }) => [
    what,
    String(p50_ms),
    String(p95_ms),
    String(ratio ?? '–'),
  ])
  return table([['', 'p50 ms', 'p95 ms', 'times as long'], ...cells])
}

function toTable(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0]!) as (keyof Row)[]
  return table([
    ['', ...rows.map(row => row.memories.toLocaleString('en'))],
    ...columns
      .slice(1)
      .map(column => [column.replaceAll('_', ' '), ...rows.map(row => String(row[column] ?? '–'))]),
  ])
}

await main()
