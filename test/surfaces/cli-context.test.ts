/** What people read of context and what became of it. */
import { expect, onTestFinished, test } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { render } from '../../src/surfaces/cli/render.ts'
import type { Ink } from '../../src/surfaces/cli/terminal.ts'
import { fixedClock, fixedSurroundings } from '../../src/testing.ts'

const plain = (text: string) => text
const INK = new Proxy(
  { width: 100 },
  { get: (it, name) => (name in it ? it[name as 'width'] : plain) },
) as never as Ink

async function store() {
  const clock = fixedClock()
  const memory = await openHeirloom({
    store: 'memory:',
    actor: 'person',
    mode: 'initialise',
    ...fixedSurroundings(clock),
  })
  onTestFinished(() => memory.close())
  return { memory, clock }
}

const show = (name: string, output: unknown) => render(name, output, INK)

test('context is printed as it is, with the pack behind it', async () => {
  const { memory } = await store()
  await memory.remember({ content: 'The gateway listens on port 8080' })
  const given = await memory.context({ prompt: 'gateway port' })
  const printed = await show('context', given)
  expect(printed.startsWith(given.text)).toBe(true)
  expect(printed).toContain(`Pack ${given.pack} · ${given.tokens} of 2000 tokens`)
  expect(await show('context', await memory.context({ prompt: 'nobody knows' }))).toMatch(
    /^Nothing is remembered about this\.[\s\S]*! Nothing matches/,
  )
})

test('capture says how each use is known, and interactions and replay show what was kept', async () => {
  const { memory, clock } = await store()
  const { id } = await memory.remember({ content: 'The gateway listens on port 8080' })
  const { pack, text } = await memory.context({ prompt: 'gateway port' })
  const prompt = 'which port is it?'
  const kept = await memory.capture({
    prompt,
    response: 'The gateway listens on port 8080',
    pack,
    session: 'monday',
  })
  const printed = await show('capture', kept)
  expect(printed).toContain('1 memory used')
  expect(printed).toContain(`${id}  quoted: “the gateway listens on port 8080”`)
  expect(printed).toContain(`heirloom replay ${kept.id}`)
  expect(await show('capture', await memory.capture({ prompt, response: id }))).toContain(
    'named in the response',
  )
  expect(await show('capture', await memory.capture({ prompt, response: 'x', used: [id] }))).toContain(
    'as you say',
  )
  const list = await show('interactions', await memory.interactions({ session: 'monday' }))
  expect(list).toMatch(
    /^2026-01-01 00:00:00Z · monday\n {2}asked {5}which port is it\?\n {2}answered {2}The gateway/,
  )
  const replayed = await show('replay', await memory.replay({ id: kept.id }))
  expect(replayed).toContain('asked  gateway port')
  expect(replayed).toContain('answered  The gateway listens on port 8080')
  expect(replayed.split('\n').length).toBeGreaterThan(text.split('\n').length)
  const other = await memory.capture({ prompt, response: 'a slip' })
  expect(await show('shred', await memory.shred({ id: other.id }))).toBe(
    `Shredded: what interaction ${other.id} said is let go`,
  )
  expect(await show('shred', await memory.shred({ id: other.id }))).toMatch(
    /^Shredded already, at 2026-01-01/,
  )
  await memory.settings({ name: 'interaction_days', value: 1 })
  clock.advance(2 * 86_400_000)
  expect(await show('capture', await memory.capture({ prompt, response: 'y' }))).toContain(
    '3 older interactions let go',
  )
  expect(await show('interactions', await memory.interactions({ session: 'monday' }))).toContain(
    'let go at 2026-01-03',
  )
})

test('pins, grades, what is due and settings are told in a line each', async () => {
  const { memory, clock } = await store()
  const { id } = await memory.remember({ content: 'Say colour' })
  expect(await show('pin', await memory.pin({ id }))).toMatch(
    /^Pinned: \S+ {2}\d+ tokens; \d+ of 2000 pinned here\nUndo: /,
  )
  expect(await show('pin', await memory.pin({ id }))).toMatch(/^Pinned already: /)
  expect(await show('unpin', await memory.unpin({ id }))).toMatch(`Unpinned: ${id}\nUndo: `)
  expect(await show('unpin', await memory.unpin({ id }))).toBe(`Not pinned: ${id}`)
  expect(await show('due', await memory.due({}))).toContain('! Nothing is due.')
  expect(await show('grade', await memory.grade({ id, grade: 'good' }))).toBe(
    `${id}: good  due 2026-01-04 · recalled 100 % · 1 review`,
  )
  clock.advance(10 * 86_400_000)
  expect(await show('due', await memory.due({}))).toMatch(
    /^Say colour\ndue 2026-01-04 · recalled \d\d % · 1 review · /,
  )
  await memory.settings({ name: 'pin_tokens', value: 10 })
  expect(await show('settings', await memory.settings({}))).toMatch(
    /^pin_tokens {9}10 \(usually 2000\) {2}Tokens/m,
  )
})
