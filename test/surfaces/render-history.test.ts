/** What people read of what became of an entity or a relationship: which fields changed, and from what to what. */
import picocolors from 'picocolors'
import { expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import { render } from '../../src/surfaces/cli/render.ts'
import { sqliteMemory } from '../kit/engines.ts'
import { things } from '../kit/things.ts'

const ink = { ...picocolors.createColors(false), width: 100 }

/** The lines below each entry, by its operation; the newest last. */
async function changesOf(memory: Heirloom, id: string): Promise<[string, string[]][]> {
  const text = await render('history', await memory.history({ id }), ink)
  return text
    .split('● ')
    .slice(1)
    .map(step => {
      const [head = '', ...lines] = step.trimEnd().split('\n')
      return [head.split(' ')[3] ?? '', lines.map(line => line.trim())]
    })
}

it('the history of an entity says what each step changed', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  const { memory } = store
  const properties = { port: 1, owner: 'Ada', 'made by': 'hand' }
  const made = {
    type: 'service',
    name: 'Gateway',
    aliases: ['gw', 'front door'],
    project: 'apollo',
    properties,
  }
  const { id } = await memory.entity_create(made)
  await memory.entity_update({ id, set: ['port=2', 'tls=true'], unset: ['owner'] })
  await memory.entity_update({ id, name: 'API gateway', aliases: ['gw', 'gate'], description: 'Lets\nin.' })
  await memory.entity_update({ id, clear: ['description'], valid_until: '2027-01-01' })
  const { receipt } = await memory.forget({ id })
  await memory.undo({ receipt: receipt ?? '' })
  expect(await changesOf(memory, id)).toEqual([
    [
      'entity_create',
      [
        'name: Gateway',
        'type: service',
        'alias: gw',
        'alias: front door',
        'property made by: hand',
        'property owner: Ada',
        'property port: 1',
        'project: apollo',
        'status: active',
        'trust: stated',
      ],
    ],
    ['entity_update', ['property owner: Ada → gone', 'property port: 1 → 2', 'property tls: true']],
    [
      'entity_update',
      ['name: Gateway → API gateway', 'alias: front door → gone', 'alias: gate', 'description: Lets in.'],
    ],
    ['entity_update', ['description: Lets in. → gone', 'valid until: 2027-01-01T00:00:00.000Z']],
    ['forget', ['status: active → retired']],
    ['undo', ['status: retired → active']],
  ])
})

it('the history of a relationship says what it relates and what became of it', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  const { memory } = store
  const { Rover, Wheel } = await things(memory, 'component', ['Rover', 'Wheel'])
  const { id } = await memory.relate({ source: 'Rover', type: 'contains', target: 'Wheel' })
  await memory.unrelate({ source: id })
  const [related, unrelated] = await changesOf(memory, id)
  expect(related).toMatchObject([
    'relate',
    expect.arrayContaining(['type: contains', `source: ${Rover}`, `target: ${Wheel}`]),
  ])
  expect(unrelated).toEqual(['unrelate', ['status: active → retired']])
})

it('what changed is bounded, and cannot command a terminal', async () => {
  await using store = await sqliteMemory.open({ actor: 'person' })
  const { memory } = store
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`property ${index}`, index]))
  const { id } = await memory.entity_create({ type: 'service', name: 'Gateway', properties: { port: 80 } })
  const long = 'word '.repeat(400)
  await memory.entity_update({ id, description: `${long}one`, set: ['port="80"', 'red=\x1b[31m'] })
  await memory.entity_update({ id, description: `${long}other`, properties: many })
  const [, first, second] = await changesOf(memory, id)
  expect(first?.[1]).toContain('property red: \\x1b[31m')
  expect(first?.[1]).toContain('property port: 80 (number → string)')
  expect(second?.[1].join(' ')).toMatch(/^description: word .*…? \(differs farther on\) property /)
  expect(second?.[1].at(-1)).toMatch(/^and \d+ more$/)
  expect(second?.[1].join('').length).toBeLessThan(1500)
})
