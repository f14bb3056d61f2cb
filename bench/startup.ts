/**
 * How long a whole process takes, as a multiple of `node -e 0` in the same run: the command line's recall at 10,000
 * memories, and the MCP server from its start to the answer of `initialize` with the store open. Needs `npm run build`.
 *
 *   npm run bench:startup -- [--runs 21] [--json <file>]
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openHeirloom } from '../src/index.ts'
import { table } from './table.ts'
import { textSource } from './text.ts'

const MEMORIES = 10_000
const HEIRLOOM = join(import.meta.dirname, '..', 'bin', 'heirloom.js')

const INITIALIZE = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
})}\n`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '21' }, json: { type: 'string' } },
  })
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-startup-'))
  try {
    const store = join(folder, 'store.db')
    const query = await fill(store)
    const times = await measure(Number(values.runs), store, query)
    const base = median(times.node)
    const rows = Object.entries(times).map(([what, list]) => {
      const ms = median(list)
      return { what, median_ms: round(ms), ratio: round(ms / base) }
    })
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`)
    const lines = rows.map(row => [row.what, String(row.median_ms), String(row.ratio)])
    console.log(table([['process', 'median ms', 'times node -e 0'], ...lines]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Gives a query that finds something. */
async function fill(store: string): Promise<string> {
  const source = textSource(MEMORIES)
  const texts = Array.from({ length: MEMORIES }, () => source.next())
  const turns = texts.map((content, turn) => ({ role: turn % 2 === 0 ? 'ana' : 'ben', content }))
  await using memory = await openHeirloom({ store })
  await memory.ingest({ text: JSON.stringify(turns), name: 'turns.json' })
  return source.queryFrom(texts[77]!)
}

async function measure(runs: number, store: string, query: string) {
  const times = { node: [] as number[], 'heirloom recall': [] as number[], 'heirloom mcp': [] as number[] }
  for (let run = -2; run < runs; run++) {
    const node = timed(['-e', '0'])
    const recall = timed([HEIRLOOM, 'recall', query, '--json', '--store', store])
    const mcp = await answered([HEIRLOOM, 'mcp', '--store', store])
    // The first two fill the compile cache.
    if (run < 0) continue
    times.node.push(node)
    times['heirloom recall'].push(recall)
    times['heirloom mcp'].push(mcp)
  }
  return times
}

function timed(args: readonly string[]): number {
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args)
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - started
}

/** Milliseconds until the server has answered the first message. */
async function answered(args: readonly string[]): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.stdin.write(INITIALIZE)
  const took = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', () => resolve(performance.now() - started))
    child.once('exit', code => reject(new Error(`heirloom mcp ended with ${code} before it answered`)))
  })
  child.stdin.end()
  await ended
  return took
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

await main()
