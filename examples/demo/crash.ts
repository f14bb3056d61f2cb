import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Heirloom } from '../../src/index.ts'

/** What a writing process said was stored: content by id. */
export type Acknowledged = ReadonlyMap<string, string>

const WRITER = join(import.meta.dirname, 'writer.ts')

/** Lets a process of its own write to the store, and kills it when it has acknowledged so many memories. */
export async function killWriterAfter(count: number, store: string): Promise<Acknowledged> {
  const acknowledged = new Map<string, string>()
  const writer = spawn(process.execPath, [WRITER, store], { stdio: ['ignore', 'pipe', 'inherit'] })
  const signal = new Promise<NodeJS.Signals | null>(resolve =>
    writer.once('close', (_code, signal) => resolve(signal)),
  )
  for await (const line of createInterface(writer.stdout)) {
    const [id = '', ...words] = line.split(' ')
    acknowledged.set(id, words.join(' '))
    if (acknowledged.size === count) writer.kill('SIGKILL')
  }
  if ((await signal) !== 'SIGKILL') throw new Error('the writer ended by itself')
  return acknowledged
}

/** How many of the acknowledged memories are there, word for word. */
export async function countKept(memory: Heirloom, acknowledged: Acknowledged): Promise<number> {
  let kept = 0
  for (const [id, content] of acknowledged) if ((await memory.get({ id })).content === content) kept++
  return kept
}
