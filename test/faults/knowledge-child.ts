/** One change by a child process: `node knowledge-child.ts <operation> <store> <arguments as JSON>`. */
import { type Heirloom, openHeirloom } from '../../src/heirloom.ts'

const [what = '', store = '', given = '{}'] = process.argv.slice(2)

/** What a careless build would do: each part of a graduation in a change of its own. */
async function careless(memory: Heirloom, { id, type, name }: { id: string; type: string; name: string }) {
  const { id: entity } = await memory.entity_create({ type, name })
  await memory.relate({ source: entity, type: 'evidenced_by', target: id, evidence: id })
  await memory.forget({ id })
}

const memory = await openHeirloom({ store, actor: 'person' })
const input = JSON.parse(given) as never
if (what === 'careless') await careless(memory, input)
else await memory[what as 'graduate' | 'entity_merge' | 'resolve'](input)
await memory.close()
