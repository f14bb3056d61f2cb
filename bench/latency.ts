/**
 * How fast a store is, as it grows, beside what a user would otherwise write in the same run: an FTS5 OR query, the same
 * joined with a scan of all vectors, and single commits, in bare better-sqlite3.
 *
 *   npm run bench:latency -- --memories 10000,100000,500000 [--store <address>] [--json <file>]
 *     [--embedder static] [--knowledge 100000] [--entities 100000] [--relationships 1000000]
 *
 * `--embedder` is what makes the vectors, those of the store and those of the baseline: `none` (then the baseline scans
 * random ones), `static`, `model2vec:<folder>` and whatever else openHeirloom takes.
 * `--knowledge` is how many memories slots, mentions, graphs and context are measured with; 0 leaves them out.
 *
 * Ratios are the result; the milliseconds are those of one machine at one time. With `npm run build` before it, also how
 * long a whole process takes to its first answer.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Heirloom } from '../src/index.ts'
import { openBare } from './bare.ts'
import { compareCommits } from './commits.ts'
import { type BenchEmbedder, benchEmbedder } from './embedder.ts'
import { openHybrid } from './hybrid.ts'
import { type Figure, measureKnowledge } from './knowledge.ts'
import { firstAnswer, openInChild } from './processes.ts'
import { compareQueries, questionsOf } from './queries.ts'
import { type BenchStores, benchStores } from './stores.ts'
import { table } from './table.ts'
import { textSource } from './text.ts'
import { growthExponent, timed } from './times.ts'
import { indexFileBytes, measureVectors } from './vectors.ts'

const PASSAGES_A_FILE = 1000

/** Questions by which the index is held against comparing all. */
const INDEX_QUERIES = 100

/** Texts that the embedder is timed with; the first ones load its model. */
const EMBEDDED = 20_000
const EMBEDDED_WARMING = 1000

/** A column of the table. `speedup` is above 1 where recall is faster. */
type Row = Awaited<ReturnType<typeof measure>> & {
  /** Recall's time as a multiple of its own at the first size. */
  readonly recall_growth: number
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      memories: { type: 'string', default: '10000,100000,500000' },
      store: { type: 'string' },
      json: { type: 'string' },
      embedder: { type: 'string', default: 'static' },
      knowledge: { type: 'string', default: '100000' },
      entities: { type: 'string', default: '100000' },
      relationships: { type: 'string', default: '1000000' },
    },
  })
  const sizes = values.memories.split(',').map(Number)
  if (sizes.some(size => !Number.isInteger(size) || size < 1))
    throw new Error('--memories takes whole numbers: 10000,100000')
  await using embedder = await benchEmbedder(values.embedder)
  await using stores = await benchStores(values.store, { embedder: embedder.name })
  const rows: Row[] = []
  for (const size of sizes) {
    const measured = await measure(stores, embedder, size)
    const growth = measured.recall_p50_ms / (rows[0] ?? measured).recall_p50_ms
    const row = { ...measured, recall_growth: Math.round(growth * 100) / 100 }
    rows.push(row)
    console.error(`${size}: recall ${row.recall_p50_ms} ms, hybrid ${row.hybrid_p50_ms} ms`)
  }
  const knowledge = {
    memories: Number(values.knowledge),
    entities: Number(values.entities),
    relationships: Number(values.relationships),
  }
  const figures = knowledge.memories > 0 ? await measureKnowledge(stores, knowledge, fillTurns) : []
  if (values.json !== undefined) {
    const result = {
      engine: stores.engine,
      embedder: embedder.name,
      rows,
      exponents: exponents(rows),
      knowledge: { ...knowledge, figures },
    }
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  }
  console.log(`${stores.engine}, --embedder ${embedder.name}\n\n${toTable(rows)}`)
  if (figures.length > 0) console.log(`\n${toKnowledgeTable(figures)}`)
}

async function measure(stores: BenchStores, embedder: BenchEmbedder, size: number) {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-latency-'))
  try {
    const texts = writeInput(join(folder, 'input'), size)
    const memory = await stores.open()
    const filled = await fill(memory, { input: join(folder, 'input'), size, address: stores.address() })
    await memory.close()
    const embedded = await embeddingAlone(embedder, texts)
    using bare = openBare(folder, texts)
    using hybrid = await openHybrid(bare.file, texts, embedder)
    const queries = texts.slice(0, 20).map(text => text.split(' ').slice(0, 6).join(' '))
    const alone = {
      first_answer_ms: firstAnswer(stores.address(), queries[0]!),
      ...openInChild(stores.address(), queries),
    }
    const again = await stores.reopen()
    const files = [bare.file, stores.address()]
    const asked = await compareQueries({ memory: again, bare, hybrid, files }, texts)
    const commits = await compareCommits(again, bare)
    await again.close()
    const questions = questionsOf(texts, INDEX_QUERIES)
    const vectors = await measureVectors({ address: stores.address(), memories: size }, embedder, questions)
    return {
      memories: size,
      scanned_by: hybrid.scannedBy,
      ...asked,
      ...vectors,
      ...commits,
      ...filled,
      ...embedded,
      ...alone,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * `ingest_per_s` is everything until the answer: text read, filed, indexed and queued for its vector.
 * `ingest_embedded_per_s` goes on until every passage has its vector and the index of these is made.
 */
async function fill(
  memory: Heirloom,
  { input, size, address }: { readonly input: string; readonly size: number; readonly address: string },
) {
  const started = performance.now()
  const report = await memory.ingest({ paths: [input] })
  const answered = (performance.now() - started) / 1000
  if (report.passages !== size) throw new Error(`${report.passages} of ${size} passages went in`)
  const { spaces } = await memory.embed({ drain: true })
  const embedded = (performance.now() - started) / 1000
  const { bytes } = await memory.status({})
  const all = bytes === null ? null : bytes + indexFileBytes(address)
  return {
    ingest_per_s: Math.round(size / answered),
    ingest_embedded_per_s: spaces.length === 0 ? null : Math.round(size / embedded),
    bytes_per_memory: all === null ? null : Math.round(all / size),
  }
}

/** Texts a second that the embedder alone makes vectors of, in this process. */
async function embeddingAlone({ name, embed }: BenchEmbedder, texts: readonly string[]) {
  if (name === 'none') return { embedding_per_s: null }
  await embed(texts.slice(0, EMBEDDED_WARMING), 'document')
  const measured = texts.slice(0, EMBEDDED)
  const [ms] = await timed(() => embed(measured, 'document'))
  return { embedding_per_s: Math.round(measured.length / (ms / 1000)) }
}

/** Reads so many turns in; gives their texts. */
async function fillTurns(memory: Heirloom, size: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-latency-'))
  try {
    const texts = writeInput(join(folder, 'input'), size)
    await memory.ingest({ paths: [join(folder, 'input')] })
    await memory.embed({ drain: true })
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

/** For each time, to which power of the number of memories it grows. */
function exponents(rows: readonly Row[]): Partial<Record<keyof Row, number | null>> {
  const sizes = rows.map(({ memories }) => memories)
  const times = (Object.keys(rows[0]!) as (keyof Row)[]).filter(
    column => column.endsWith('_ms') && rows.every(row => typeof row[column] === 'number'),
  )
  return Object.fromEntries(
    times.map(column => [
      column,
      growthExponent(
        sizes,
        rows.map(row => row[column] as number),
      ),
    ]),
  )
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
  const powers = exponents(rows)
  return table([
    ['', ...rows.map(row => row.memories.toLocaleString('en')), 'grows with the power'],
    ...columns
      .slice(1)
      .map(column => [
        column.replaceAll('_', ' '),
        ...rows.map(row => String(row[column] ?? '–')),
        String(powers[column] ?? ''),
      ]),
  ])
}

await main()
