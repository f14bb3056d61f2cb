/**
 * The work of a child process on a store's lock: `node lock-holder.ts <what> <store>`. Says a line of JSON once it has
 * what it was started for.
 */
import { writeSync } from 'node:fs'
import { openEngine } from '../../src/engines.ts'
import { openHeirloom } from '../../src/heirloom.ts'

const [what = '', store = '', snapshots] = process.argv.slice(2)

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

/** Takes the lock, and keeps it until it is killed or its input ends. */
async function hold(): Promise<void> {
  const engine = await openEngine(
    { store, mode: 'create' },
    {
      now: () => new Date().toISOString(),
      random: Math.random,
      pause: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
    },
  )
  await engine.exclusively('hold on to it', async () => {
    say({ held: true })
    await new Promise(resolve => process.stdin.on('end', resolve).resume())
  })
  await engine.close()
}

/** Opens what may be old, and writes one memory. */
async function open(): Promise<void> {
  const memory = await openHeirloom({ store, ...(snapshots === undefined ? {} : { snapshots }) })
  const { id } = await memory.remember({ content: `opened by ${process.pid}` })
  say({ id, content: `opened by ${process.pid}` })
  await memory.close()
}

if (what === 'hold') await hold()
else if (what === 'open') await open()
else throw new Error(`not known: ${what}`)
