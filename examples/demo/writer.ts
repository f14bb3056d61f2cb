/** Writes memories one after the other and acknowledges each on stdout, until it is killed. */
import { openHeirloom } from '../../src/index.ts'

const memory = await openHeirloom({ store: process.argv[2] ?? 'memory:', client: 'writer' })
for (let count = 1; ; count++) {
  const content = `Reading ${count} of the north pier: ${100 + ((count * 37) % 50)} cm`
  const { id } = await memory.remember({ content, project: 'readings' })
  process.stdout.write(`${id} ${content}\n`)
}
