import { expect, test } from 'vitest'
import { type Heirloom, openHeirloom } from '../../src/heirloom.ts'
import { newStore } from './cli-process.ts'

/** A store that was written by the library, and the program on it. */
async function filled(work: (memory: Heirloom) => Promise<string[]>) {
  const { store, ...program } = newStore()
  const memory = await openHeirloom({ store, actor: 'person' })
  const ids = await work(memory)
  await memory.close()
  return { ...program, store, ids: ids as [string, ...string[]] }
}

async function remembered(memory: Heirloom, contents: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const content of contents) ids.push((await memory.remember({ content })).id)
  return ids
}

/** Each pair says that the first came from the second, by their places. */
const linked = (contents: readonly string[], pairs: readonly (readonly [number, number])[]) =>
  filled(async memory => {
    const ids = await remembered(memory, contents)
    for (const [target, source] of pairs)
      await memory.link({ target: ids[target]!, type: 'derived_from', source: ids[source]! })
    return ids
  })

/** With words for ids, and without trailing space. */
function named(text: string, ids: readonly string[], names: readonly string[]): string {
  return ids.reduce((named, id, index) => named.replaceAll(id, `<${names[index]}>`), text)
}

const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`)

test('lineage shows a circle as one, on either side', async () => {
  const { heirloom, ids } = await linked(
    ['alpha', 'beta'],
    [
      [0, 1],
      [1, 0],
    ],
  )
  const { code, stdout, stderr } = await heirloom(['lineage', ids[0]])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(named(stdout, ids, ['a', 'b'])).toBe(`<a> live · note “alpha”

Came from
└─ derived_from <b> live · note “beta”
   └─ derived_from <a> live · note “alpha” (a circle: it is above)

Went to
└─ derived_from <b> live · note “beta”
   └─ derived_from <a> live · note “alpha” (a circle: it is above)

2 memories, 2 links
`)
})

test('lineage follows a memory that is reached twice once', async () => {
  const { heirloom, ids } = await linked(
    ['top', 'left', 'right', 'bottom', 'root'],
    [
      [0, 4],
      [1, 0],
      [2, 0],
      [3, 1],
      [3, 2],
    ],
  )
  const { stdout } = await heirloom(['lineage', ids[3]!])
  const names = ['top', 'left', 'right', 'bottom', 'root']
  expect(named(stdout, ids, names)).toBe(`<bottom> live · note “bottom”

Came from
├─ derived_from <left> live · note “left”
│  └─ derived_from <top> live · note “top”
│     └─ derived_from <root> live · note “root”
└─ derived_from <right> live · note “right”
   └─ derived_from <top> live · note “top” (shown above)

Went to
  nowhere

5 memories, 5 links
`)
})

test('lineage of a long chain stays narrow', async () => {
  const chain = Array.from({ length: 59 }, (_, index) => [index + 1, index] as const)
  const { heirloom, ids } = await linked(words(60), chain)
  const { stdout } = await heirloom(['lineage', ids[59]!])
  const indents = stdout.split('\n').flatMap(line => {
    const found = /^( *)└─ derived_from /.exec(line)
    return found === null ? [] : [found[1]!.length]
  })
  expect(indents).toHaveLength(59)
  expect(indents).toEqual(indents.toSorted((a, b) => a - b))
  expect(indents.slice(0, 3)).toEqual([0, 3, 6])
  expect(new Set(indents.slice(20)).size).toBe(1)
  expect(stdout).toContain('60 memories, 59 links')
})

test('lineage tells what was superseded in the order of events', async () => {
  const { heirloom, ids } = await filled(async memory => {
    const [old = ''] = await remembered(memory, ['old'])
    return [old, (await memory.supersede({ id: old, content: 'new' })).superseded_by]
  })
  const [before, after] = await Promise.all(ids.map(id => heirloom(['lineage', id])))
  expect(named(before!.stdout, ids, ['old', 'new'])).toMatch(
    /^<old> superseded[\s\S]*Came from\n {2}nothing else\n\nWent to\n└─ superseded_by <new> live/,
  )
  expect(named(after!.stdout, ids, ['old', 'new'])).toMatch(/Came from\n└─ superseded_by <old> superseded/)
})

test('lineage says that a limit cut it, and which option shows more', async () => {
  const { heirloom, json, ids } = await linked(words(5), [
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 1],
  ])
  expect((await heirloom(['lineage', ids[0], '--depth', '1'])).stdout).toContain('--depth')
  expect((await heirloom(['lineage', ids[0], '--nodes', '3'])).stdout).toContain('--nodes')
  expect((await heirloom(['lineage', ids[0]])).stdout).not.toContain('--')
  expect(await json(['lineage', ids[0], '--depth', '1'])).toMatchObject({ cut: 'depth' })
  expect(await heirloom(['lineage', ids[0], '--depth', '0'])).toMatchObject({ code: 2, stdout: '' })
})

test('lineage --json gives nodes, edges and cut', async () => {
  const { json, ids } = await linked(['alpha', 'beta'], [[1, 0]])
  const [source, target] = ids
  const answer = await json(['lineage', ids[0]])
  const linked_at = expect.any(String)
  const node = { kind: 'note', project: null, label: null, state: 'live' }
  expect(answer).toEqual({
    id: source,
    sources: [],
    fan_out: [target],
    nodes: [
      { ...node, id: source, summary: 'alpha', distance: 0 },
      { ...node, id: target, summary: 'beta', distance: 1 },
    ],
    edges: [{ type: 'derived_from', source, target, linked_at }],
    cut: null,
    notices: [],
  })
})

test('lineage --mermaid prints the drawing and nothing else', async () => {
  const { heirloom, json, ids } = await linked(['say "hi" <now>', 'beta'], [[1, 0]])
  const { stdout } = await heirloom(['lineage', ids[0], '--mermaid'])
  expect(stdout).toBe(
    [
      'flowchart TD',
      `  n0["say #34;hi#34; #60;now#62;<br/>live<br/>${ids[0]}"]`,
      `  n1["beta<br/>live<br/>${ids[1]}"]`,
      '  n0 -->|derived_from| n1\n',
    ].join('\n'),
  )
  expect((await json(['lineage', ids[0], '--mermaid'])).mermaid).toBe(stdout.trimEnd())
})

test.each([
  ['after each other', (a: string, b: string, c: string) => ['--from', a, b, c]],
  ['with commas', (a: string, b: string, c: string) => ['--from', `${a},${b}, ${c}`]],
  ['by --from again', (a: string, b: string, c: string) => ['--from', a, '--from', b, '--from', c]],
])('consolidate takes its sources %s', async (_how, from) => {
  const { json, heirloom, ids } = await linked(['a', 'b', 'c'], [])
  const [a, b, c] = ids as unknown as [string, string, string]
  const made = await json(['consolidate', ...from(a, b, c), '--content', 'all of it', '--supersede'])
  expect(made).toMatchObject({ from: ids, superseded: ids, kind: 'note', trust: 'stated' })
  const { stdout } = await heirloom(['get', made.id])
  expect(stdout).toContain('consolidated from 3 memories')
  expect((await heirloom(['restore', a])).code).toBe(0)
  const missing = await heirloom(['consolidate', '--content', 'of nothing'])
  expect(missing).toMatchObject({ code: 2, stdout: '' })
  expect(missing.stderr).toContain('--from')
})

test('link, unlink, links and share say what they did', async () => {
  const { heirloom, ids } = await linked(['alpha', 'beta'], [])
  const [a, b] = ids as unknown as [string, string]
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await heirloom(args)
    return { code, text: named(stdout + stderr, ids, ['a', 'b']) }
  }
  expect(await said('link', b, 'derived_from', a)).toEqual({
    code: 0,
    text: expect.stringMatching(/^Linked: <b> derived_from <a>\nUndo: heirloom undo r\d+-1-[0-9a-f]{12}\n$/),
  })
  expect((await said('link', b, 'derived_from', a)).text).toBe('Linked already: <b> derived_from <a>\n')
  expect((await said('links', a)).text).toBe(
    '<a> live · note “alpha”\n\nCame from\n  nothing else\n\nWent to\n  derived_from <b> live · note “beta”\n',
  )
  expect((await said('unlink', b, 'derived_from', a)).text).toMatch(/^Unlinked: <b>/)
  const shared = await said('share', a, '--to', 'project:x')
  expect(shared.text).toMatch(/^Shared <a>\n {2}as [0-9a-f-]{36} {2}x · /)
  expect((await said('share', a, '--to', 'project:x')).text).toMatch(/^Shared already <a>\n/)
  expect(await said('link', b, 'copied_from', a)).toMatchObject({
    code: 2,
    text: expect.stringContaining('shared_from, superseded_by'),
  })
  expect(await said('share', a, '--to', 'user:ada')).toMatchObject({
    text: expect.stringMatching(/^heirloom: [^\n]+\n$/),
  })
})
