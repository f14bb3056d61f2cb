/** What a process of its own takes to answer from a store, where nothing else has taken time or memory yet. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { quantile } from './times.ts'

const RUNS = 5
const HEIRLOOM = join(import.meta.dirname, '../bin/heirloom.js')
const BUILT = join(import.meta.dirname, '../dist/main.js')

export interface InProcess {
  readonly open_ms: number
  readonly resident_mb: number
}

/** Opening, and what the process holds after it has answered the questions. */
export function openInChild(store: string, queries: readonly string[]): InProcess {
  const args = [join(import.meta.dirname, 'open-once.ts'), store, ...queries]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as InProcess
}

/**
 * Milliseconds from the start of a process to its end with one answer, the median of five, as on the command line; null
 * where nothing is built, or where no other process can open the store.
 */
export function firstAnswer(store: string, query: string): number | null {
  if (!existsSync(BUILT) || store === 'memory:' || store === 'pglite:') return null
  const times = Array.from({ length: RUNS + 1 }, () => {
    const started = performance.now()
    const args = [HEIRLOOM, 'recall', query, '--json', '--store', store]
    const { status, stderr } = spawnSync(process.execPath, args)
    if (status !== 0) throw new Error(`heirloom recall ended with ${status}: ${stderr}`)
    return performance.now() - started
  })
  // The first one fills the compile cache.
  return Math.round(quantile(times.slice(1), 0.5))
}
