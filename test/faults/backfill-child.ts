/**
 * A child process that dies in a long change: `node backfill-child.ts <store> <point> <count> [memtomem]`. It opens the
 * store, which back-fills it, and imports a memtomem database if one is named. It kills itself after the batch with
 * that number (`batch`, told by the progress) or in the middle of one (`entry`, before that entry of the journal);
 * with `never` it says, a line for each batch, how many entries there were until then.
 */
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openHeirloom } from '../../src/heirloom.ts'

const [store = '', point = '', number = '0', memtomem] = process.argv.slice(2)
let batches = 0
let entries = 0

function dieAt(here: string, count: number): void {
  if (here === point && count === Number(number)) process.kill(process.pid, 'SIGKILL')
}

// Each entry of the journal takes one salt, in the transaction that it is part of.
function salt(): string {
  dieAt('entry', ++entries)
  return randomBytes(16).toString('hex')
}

function progress(): void {
  dieAt('batch', ++batches)
  if (point === 'never') writeSync(1, `${JSON.stringify({ batches, entries })}\n`)
}

const memory = await openHeirloom({ store, salt, progress })
if (memtomem !== undefined) await memory.import_memtomem({ path: memtomem }, { progress })
await memory.close()
