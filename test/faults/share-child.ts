/**
 * Work of a child process on shares: `node share-child.ts <what> <store> …`. It says what was acknowledged, a line of
 * JSON each, at once. Work that is done by several at once begins when the parent says so, on stdin.
 */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { type Heirloom, openHeirloom } from '../../src/heirloom.ts'

const [what = '', store = '', ...rest] = process.argv.slice(2)

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function begin(): Promise<void> {
  say({ ready: true })
  await once(process.stdin, 'data')
}

/** `one <store> <id> <to> [key]` */
async function one(memory: Heirloom, id = '', to = '', key?: string): Promise<void> {
  await memory.share({ id, to, ...(key === undefined ? {} : { idempotency_key: key }) })
}

/** `careless <store> <id> <to>`: what a careless build would do, the copy and its link in a change each. */
async function careless(memory: Heirloom, id = '', to = ''): Promise<void> {
  const { content } = await memory.get({ id })
  const project = to.replace('project:', '')
  const copy = await memory.remember({ content, project, tags: [`shared-from=${id}`] })
  await memory.link({ target: copy.id, type: 'shared_from', source: id })
}

/** `loop <store> <other store> <label>`: thoughts and their copies, here and there, until it is killed. */
async function loop(memory: Heirloom, other = '', label = ''): Promise<void> {
  for (let index = 0; ; index++) {
    const { id } = await memory.remember({ content: `thought ${index} of ${label}` })
    const here = await memory.share({ id, to: 'project:here' })
    say({ source: id, copy: here.id, to: 'project:here' })
    const further = await memory.share({ id: here.id, to: 'project:further' })
    say({ source: here.id, copy: further.id, to: 'project:further' })
    const there = await memory.share({ id: further.id, to: other })
    say({ source: further.id, copy: there.id, to: other })
  }
}

/** `all <store> <to> <id>,…`: each in turn, also where another one has changed or replaced it meanwhile. */
async function all(memory: Heirloom, to = '', ids = ''): Promise<void> {
  await begin()
  for (const id of ids.split(',')) {
    const call = memory.share({ id, to })
    const refused = (error: { code?: string }) => {
      if (error.code !== 'ILLEGAL_TRANSITION') throw error
      say({ source: id, refused: true })
    }
    await call.then(({ id: copy, outcome }) => say({ source: id, copy, outcome }), refused)
  }
}

/** `change <store> <id>,…`: revises each and supersedes every second one. */
async function change(memory: Heirloom, ids = ''): Promise<void> {
  await begin()
  for (const [index, id] of ids.split(',').entries()) {
    await memory.revise({ id, content: `thought ${index}, said better` })
    if (index % 2 === 0) await memory.supersede({ id, content: `thought ${index}, anew` })
    say({ changed: id })
  }
}

/** `succeed <store> <id>,… <id>,…`: each of the first is superseded by its counterpart. */
async function succeed(memory: Heirloom, ids = '', successors = ''): Promise<void> {
  await begin()
  const by = successors.split(',')
  for (const [index, id] of ids.split(',').entries()) await memory.supersede({ id, by: by[index] ?? '' })
}

/** `revise <store> <id>,…`: one of them may be named often. */
async function revise(memory: Heirloom, ids = ''): Promise<void> {
  await begin()
  for (const [index, id] of ids.split(',').entries())
    await memory.revise({ id, content: `what ${id} says now, ${index}` })
}

/** `read <store> <name> <count>`: a document again and again, of which every second section is another one. */
async function read(memory: Heirloom, name = '', count = '0'): Promise<void> {
  await begin()
  for (let round = 1; round <= Number(count); round++) {
    const sections = Array.from({ length: 8 }, (_, index) => {
      return `# Part ${index}\n\nWords ${index}, as of ${index % 2 === 0 ? 0 : round}.\n`
    })
    const { errors } = await memory.ingest({ text: sections.join('\n'), name })
    if (errors.length > 0) throw new Error(JSON.stringify(errors))
  }
}

const WORK: Readonly<Record<string, (memory: Heirloom, ...rest: string[]) => Promise<void>>> = {
  one,
  careless,
  loop,
  all,
  change,
  succeed,
  revise,
  read,
}

const work = WORK[what]
if (work === undefined) throw new Error(`not known: ${what}`)
const memory = await openHeirloom({ store })
await work(memory, ...rest)
await memory.close()
process.stdin.destroy()
