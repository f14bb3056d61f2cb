/** What people read of graphs: every end at its shortest way, every relationship once. */
import picocolors from 'picocolors'
import { expect, it } from 'vitest'
import { render } from '../../src/surfaces/cli/render.ts'
import { sqliteMemory, type TestStore } from '../kit/engines.ts'
import { related, things } from '../kit/things.ts'

const ink = { ...picocolors.createColors(false), width: Number.POSITIVE_INFINITY }

async function buoys({ memory }: TestStore): Promise<void> {
  await things(memory, 'system', ['Station'])
  await things(memory, 'component', ['Board', 'Radio', 'Vane'])
  await things(memory, 'service', ['Telemetry'])
  await related(memory, [
    'Station / contains / Board',
    'Station / contains / Radio',
    'Station / contains / Vane',
    'Radio / depends_on / Board',
    'Vane / interfaces_with / Radio',
    'Telemetry / depends_on / Radio',
  ])
}

/** Without ids. */
async function drawn(
  name: 'graph_show' | 'graph_usage' | 'graph_interfaces',
  { memory }: TestStore,
  id: string,
) {
  const text = await render(name, await memory[name]({ id }), ink)
  return text.replaceAll(/ {2}01900000[-\da-f]+/g, '').trimEnd()
}

it('what uses an entity stands at its shortest way, and what was shown is not shown again', async () => {
  await using store = await sqliteMemory.open()
  await buoys(store)
  expect(await drawn('graph_usage', store, 'Board')).toBe(
    [
      'Board  component',
      '├─ ← contains Station  system',
      '└─ ← depends_on Radio  component',
      '   ├─ ← contains Station  system (above)',
      '   └─ ← depends_on Telemetry  service',
      '',
      '3 others, 4 relationships',
    ].join('\n'),
  )
  // A branch ends where its last line stands, whatever follows from elsewhere.
  expect(await drawn('graph_usage', store, 'Radio')).toBe(
    [
      'Radio  component',
      '├─ ← contains Station  system',
      '├─ ← depends_on Telemetry  service',
      '└─ interfaces_with → Vane  component',
      '   └─ ← contains Station  system (above)',
      '',
      '3 others, 4 relationships',
    ].join('\n'),
  )
})

it('several relationships of two are one line, one to itself says so, and nothing is told in a word', async () => {
  await using store = await sqliteMemory.open()
  await buoys(store)
  await related(store.memory, ['Radio / interfaces_with / Radio', 'Board / supports / Radio'])
  const text = await drawn('graph_show', store, 'Board')
  expect(text).toContain('─ supports →, ← depends_on Radio  component\n')
  expect(text.match(/Telemetry/g)).toHaveLength(1)
  expect(await drawn('graph_interfaces', store, 'Radio')).toContain(
    'interfaces_with → Radio  component (itself)',
  )
  expect(await drawn('graph_interfaces', store, 'Board')).toBe('Board  component\n  nothing')
})

it('a long chain stays narrow', async () => {
  await using store = await sqliteMemory.open()
  const { memory } = store
  const names = Array.from({ length: 40 }, (_, index) => `part ${index}`)
  await things(memory, 'component', names)
  await related(
    memory,
    names.slice(1).map((name, index) => `${names[index]} / contains / ${name}`),
  )
  const graph = await memory.graph_contents({ id: 'part 0', depth: 50 })
  const lines = (await render('graph_contents', graph, ink)).split('\n')
  expect(graph.nodes).toHaveLength(40)
  expect(Math.max(...lines.map(line => line.search(/[└├]/)))).toBeLessThan(60)
  expect(lines[39]).toContain('part 39')
})
