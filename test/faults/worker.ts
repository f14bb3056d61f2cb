/** The work of a child process: `node worker.ts <what> <store> …`. Says what was acknowledged, a line each, at once. */
import { writeSync } from 'node:fs'
import { type Heirloom, openHeirloom } from '../../src/heirloom.ts'
import { seeded } from '../kit/random.ts'

const [what = '', store = '', ...rest] = process.argv.slice(2)

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

/** `write <store> <label> <count>`: memories one by one, with readings and one reopening in between. */
async function write(label: string, count: number): Promise<void> {
  let memory = await openHeirloom({ store })
  for (let index = 0; index < count; index++) {
    const content = `note ${index} of writer ${label}`
    const { id, outcome } = await memory.remember({ content, project: `project ${index % 3}` })
    if (outcome !== 'remembered') throw new Error(`twice: ${content}`)
    say({ id, content })
    if (index % 200 === 99) await memory.recall({ query: `writer ${label} note`, limit: 3 })
    if (index === count >> 1) {
      await memory.close()
      memory = await openHeirloom({ store })
    }
  }
  await memory.close()
}

/** `stream <store> <label> <seed>`: changes of every kind, until it is killed. */
async function stream(label: string, seed: number): Promise<never> {
  const memory = await openHeirloom({ store })
  const random = seeded(seed)
  const known: string[] = []
  for (let index = 0; ; index++) {
    const chance = random()
    const id = known[Math.floor(random() * known.length)]
    if (chance < 0.1) await ingest(memory, `${label}-${index % 3}.md`, index)
    else if (chance < 0.6 || id === undefined) {
      const made = await memory.remember({ content: `thought ${label} ${index}`, tags: ['a', 'b'] })
      known.push(made.id)
      await sayMemory(memory, made.id)
    } else await change(memory, id, `thought ${label} ${index}, revised`)
  }
}

async function ingest(memory: Heirloom, name: string, index: number): Promise<void> {
  const text = ['one', 'two', 'three']
    .map(part => `# Part ${part}\n\nWords ${index} of ${name} ${part}.\n`)
    .join('\n')
  const { errors, passages } = await memory.ingest({ text, name })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  say({ passages })
}

async function change(memory: Heirloom, id: string, content: string): Promise<void> {
  const { status } = await memory.get({ id })
  if (status === 'retired') await memory.restore({ id })
  else if (content.length % 2 === 0) await memory.forget({ id })
  else await memory.revise({ id, content })
  await sayMemory(memory, id)
}

async function sayMemory(memory: Heirloom, id: string): Promise<void> {
  const { content, status, version } = await memory.get({ id })
  say({ id, content, status, version })
}

/** `once <store> <key>`: dies after the commit, before anybody hears of it. */
async function once(key: string): Promise<void> {
  const memory = await openHeirloom({ store })
  await memory.remember({ content: `under the key ${key}`, idempotency_key: key })
  process.kill(process.pid, 'SIGKILL')
}

/** `create <store> <label>`: opens what may not be there yet, and writes one memory. */
async function create(label: string): Promise<void> {
  const memory = await openHeirloom({ store })
  const { created } = await memory.init({})
  const content = `made by ${label}`
  const { id } = await memory.remember({ content })
  say({ id, content, created })
  await memory.close()
}

const [label = '', number = '0'] = rest
if (what === 'write') await write(label, Number(number))
else if (what === 'stream') await stream(label, Number(number))
else if (what === 'once') await once(label)
else if (what === 'create') await create(label)
else throw new Error(`not known: ${what}`)
