/** What people read of conflicts, in full: the wording is part of the product. */
import picocolors from 'picocolors'
import { expect, it } from 'vitest'
import { render } from '../../src/surfaces/cli/render.ts'
import { sqliteMemory } from '../kit/engines.ts'
import { claiming } from '../kit/slots.ts'

const ink = { ...picocolors.createColors(false), width: Number.POSITIVE_INFINITY }

it('remember tells the conflict with its members and what settles it', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  const a = await store.memory.remember(claiming('8080'))
  const b = await store.memory.remember(claiming('9090'))
  const id = b.conflict?.id
  const text = await render('remember', b, ink)
  expect(text).toContain('! It contradicts what is known of gateway.port.')
  expect(text).toContain(`heirloom resolve ${id} --winner <id>`)
  expect(text).toContain(`  8080  memory ${a.id} · stated\n  9090  memory ${b.id} · stated`)
  const again = await render(
    'revise',
    await store.memory.revise({ id: b.id, content: 'said otherwise' }),
    ink,
  )
  expect(again).toContain(`heirloom conflict ${id}`)
  await store.memory.forget({ id: b.id })
  expect(await render('restore', await store.memory.restore({ id: b.id }), ink)).toMatch(
    /retired → active\n! It contradicts.*\n {2}8080 {2}memory/,
  )
})

it('of many members some are told, and how many there are besides', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  for (let value = 1; value < 12; value++) await store.memory.remember(claiming(String(value)))
  const last = await store.memory.remember(claiming('12'))
  const text = await render('remember', last, ink)
  expect(text).toContain('; shown are 10 of its 12')
  expect(text).toMatch(/\n {2}5 {2}memory \S+ · stated\n {2}7 more\n/)
  expect(await render('conflicts', await store.memory.conflicts({}), ink)).toContain('\n  7 more\n')
})

it('conflicts lists them, conflict shows them side by side, resolve tells what became of them', async () => {
  await using store = await sqliteMemory.open({ actor: 'person', client: 'desk' })
  const { memory } = store
  expect(await render('conflicts', await memory.conflicts({}), ink)).toBe('No conflicts.')
  const a = await memory.remember(claiming('8080', { author: 'Ada' }))
  store.clock.advance(1000)
  const b = await memory.remember(claiming('9090'))
  const id = b.conflict?.id ?? ''
  expect(await render('conflicts', await memory.conflicts({}), ink)).toBe(
    [
      `gateway.port  open  apollo · since 2026-01-01 · ${id}`,
      `  8080  memory ${a.id} · stated`,
      `  9090  memory ${b.id} · stated`,
      `Side by side: heirloom conflict ${id}`,
    ].join('\n'),
  )
  expect(await render('conflict', await memory.conflict({ id }), ink)).toBe(
    [
      `gateway.port  open  apollo · since 2026-01-01 · ${id}`,
      '',
      `  8080  memory ${a.id}`,
      '    The gateway has the port of 8080',
      '    stated · said 2026-01-01 00:00:00Z · Ada · desk',
      '',
      `→ 9090  memory ${b.id}`,
      '    The gateway has the port of 9090',
      '    stated · said 2026-01-01 00:00:01Z · desk',
      '',
      `Suggested: 9090  ${b.id}`,
      '  None is trusted more than stated, and of those it has said so last: since 2026-01-01T00:00:01.000Z.',
      `! To keep one of them: heirloom resolve ${id} --winner ${b.id}`,
      `! Where both are true: heirloom resolve ${id} --keep-both --because "…"; where it is no contradiction: heirloom resolve ${id} --dismiss --because "…"`,
    ].join('\n'),
  )
  expect(await render('recall', await memory.recall({ query: 'gateway' }), ink)).toContain(
    `contested in ${id}`,
  )
  expect(await render('get', await memory.get({ id: a.id }), ink)).toContain(`contested: ${id}`)
  const resolved = await memory.resolve({ id, winner: b.id, because: 'measured' })
  expect(await render('resolve', resolved, ink)).toMatch(
    new RegExp(
      `^gateway\\.port {2}resolved .*\\n {2}winner · 2026-01-01 00:00:01Z by person · measured\\n {2}${a.id} → superseded`,
    ),
  )
  const shown = await render('conflict', await memory.conflict({ id }), ink)
  expect(shown).toContain(`→ 9090  memory ${b.id}`)
  expect(shown).toContain('claims it no more, superseded')
  expect(shown).not.toContain('Suggested')
})

it('conflict shows what an entity claimed, and beside it what it says since it lost', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  const { memory } = store
  const entity = { type: 'service', name: 'gateway', project: 'apollo', properties: { port: 8080 } }
  const made = await memory.entity_create(entity)
  store.clock.advance(1000)
  const { id: winner, conflict } = await memory.remember(claiming('9090'))
  const id = conflict?.id ?? ''
  store.clock.advance(1000)
  await memory.resolve({ id, winner })
  const shown = await render('conflict', await memory.conflict({ id }), ink)
  expect(shown).toContain(
    [
      `  8080, now 9090  entity ${made.id}`,
      '    service gateway, its property port',
      '    stated · said 2026-01-01 00:00:00Z',
    ].join('\n'),
  )
  expect(shown).toContain(`→ 9090  memory ${winner}`)
})

it('suggestions show both texts, why, and the way to let one go', async () => {
  await using store = await sqliteMemory.open()
  const { memory } = store
  expect(await render('suggestions', await memory.suggestions({}), ink)).toBe(
    'Nothing looks like a contradiction.',
  )
  const older = (await memory.remember({ content: 'The nightly import is retried 3 times' })).id
  const newer = (await memory.remember({ content: 'The nightly import is retried 5 times' })).id
  const text = await render('suggestions', await memory.suggestions({}), ink)
  expect(text).toContain('% 3 against 5; 100 % of their other words are the same')
  expect(text).toContain(`heirloom supersede ${older} --by ${newer}`)
})
