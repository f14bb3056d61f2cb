/** Child processes that work on a store, one line of JSON for each thing that was acknowledged to them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { type Heirloom, toHeirloom } from '../../src/heirloom.ts'
import { type OpenOptions, openStore } from '../../src/open.ts'
import type { Row, TestStore } from './engines.ts'

const WORKER = join(import.meta.dirname, '../faults/worker.ts')

export interface Line {
  readonly id?: string
  readonly content?: string
  readonly status?: string
  readonly version?: number
  readonly passages?: number
  readonly created?: boolean
}

export interface Child {
  readonly process: ChildProcess
  readonly lines: readonly Line[]
  /** What it said on stderr, and how it ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>
}

/** Starts `worker.ts`; `onLine` is called for each acknowledged line. */
export function startChild(args: readonly string[], onLine: (count: number) => void = () => {}): Child {
  const child = spawn(process.execPath, [WORKER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: Line[] = []
  let errors = ''
  const reader = createInterface({ input: child.stdout })
  const read = new Promise<void>(resolve => reader.on('close', resolve))
  reader.on('line', line => {
    lines.push(JSON.parse(line) as Line)
    onLine(lines.length)
  })
  child.stderr.on('data', data => {
    errors += data
  })
  const ended = new Promise<Awaited<Child['ended']>>(resolve =>
    child.on('close', async (code, signal) => {
      await read
      resolve({ code, signal, errors })
    }),
  )
  return { process: child, lines, ended }
}

export interface RealStore extends Pick<TestStore, 'memory' | 'raw'>, AsyncDisposable {
  readonly memory: Heirloom
}

/** A store with the real clock and ids, as the children have it. */
export async function openReal(store: string, options: Partial<OpenOptions> = {}): Promise<RealStore> {
  const opened = await openStore({ store, mode: 'initialise', ...options })
  const memory = toHeirloom(opened)
  return {
    memory,
    raw: async text => (await opened.store.engine.read(db => sql.raw<Row>(text).execute(db))).rows,
    [Symbol.asyncDispose]: () => memory.close(),
  }
}
