/** Recall with all its stages beside what one would otherwise write, asked the same questions in one run. */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Heirloom } from '../src/index.ts'
import type { BareStore } from './bare.ts'
import type { HybridStore } from './hybrid.ts'
import { PhaseClock } from './phases.ts'
import { textSource } from './text.ts'
import { quantile, timed } from './times.ts'

const QUERIES = 200
const WARMING = 20

/**
 * Questions that each is asked before it is another's turn: all meet the same noise, and none pays at every question
 * for what the others have pushed out of the processor's caches.
 */
const TURN = 10

/** Of each turn so many go to the hybrid baseline, which takes most of a second for each. */
const HYBRID = 3

export interface Asked {
  readonly memory: Heirloom
  readonly bare: BareStore
  readonly hybrid: HybridStore
  /** Files that are read through first, as far as they are there: a store in use is in the system's cache. */
  readonly files: readonly string[]
}

export async function compareQueries({ memory, bare, hybrid, files }: Asked, texts: readonly string[]) {
  for (const file of files) readThrough(file)
  const queries = questionsOf(texts, QUERIES + WARMING)
  const [first, rest] = [queries.slice(0, WARMING), queries.slice(WARMING)]
  for (const query of first) await memory.recall({ query })
  for (const query of first.slice(0, HYBRID)) await hybrid.query(query)
  for (const query of first.slice(0, TURN)) bare.query(query)
  const phases = new PhaseClock()
  const [recalls, hybrids, bares]: [number[], number[], number[]] = [[], [], []]
  let fromDisk: number | null = 0
  for (let start = 0; start < rest.length; start += TURN) {
    const turn = rest.slice(start, start + TURN)
    const before = bytesFromDisk()
    for (const query of turn) recalls.push(await phases.time(() => memory.recall({ query })))
    fromDisk = before === null || fromDisk === null ? null : fromDisk + bytesFromDisk()! - before
    for (const query of turn.slice(0, HYBRID)) hybrids.push((await timed(() => hybrid.query(query)))[0])
    for (const query of turn) bares.push((await timed(() => bare.query(query)))[0])
  }
  return {
    ...ofRecall(recalls),
    recall_disk_kb: fromDisk === null ? null : Math.round(fromDisk / 1024 / recalls.length),
    ...phases.shares(),
    hybrid_p50_ms: round(quantile(hybrids, 0.5)),
    hybrid_p95_ms: round(quantile(hybrids, 0.95)),
    hybrid_speedup: round(quantile(hybrids, 0.5) / quantile(recalls, 0.5)),
    bare_p50_ms: round(quantile(bares, 0.5)),
    bare_p95_ms: round(quantile(bares, 0.95)),
    recall_speedup: round(quantile(bares, 0.5) / quantile(recalls, 0.5)),
  }
}

/** Six words of one text each, of texts from all over. */
export function questionsOf(texts: readonly string[], count: number): string[] {
  const source = textSource(texts.length + 1)
  return Array.from({ length: count }, (_, index) => source.queryFrom(texts[(index * 7919) % texts.length]!))
}

function readThrough(file: string): void {
  if (!existsSync(file)) return
  const opened = openSync(file, 'r')
  const chunk = Buffer.alloc(8 * 1024 * 1024)
  try {
    while (readSync(opened, chunk) > 0);
  } finally {
    closeSync(opened)
  }
}

function ofRecall(times: readonly number[]) {
  return {
    recall_p50_ms: round(quantile(times, 0.5)),
    recall_p95_ms: round(quantile(times, 0.95)),
    recall_p99_ms: round(quantile(times, 0.99)),
  }
}

/** What this process has had read from the disk itself, past the system's cache; null where the system does not tell. */
function bytesFromDisk(): number | null {
  try {
    return Number(/^read_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  } catch {
    // Linux tells it, others do not.
    return null
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
