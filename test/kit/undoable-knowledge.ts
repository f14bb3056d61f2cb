/** Changes of entities, relationships and conflicts, for the list of all that can be taken back. */
import type { Heirloom } from '../../src/heirloom.ts'
import { kept, port, type Undoable } from './undoable-case.ts'
import { UNDOABLE_LIFECYCLE } from './undoable-lifecycle.ts'

async function component(memory: Heirloom, name: string, also: object = {}): Promise<string> {
  return (await memory.entity_create({ type: 'component', name, ...also })).id
}

export const UNDOABLE_KNOWLEDGE: readonly Undoable[] = [
  {
    name: 'entity create',
    prepare: async memory => {
      await kept(memory, 'The beacon is lit', { slot: 'beacon / colour = red' })
      const properties = { colour: 'green' }
      return () => memory.entity_create({ type: 'component', name: 'Beacon', project: 'apollo', properties })
    },
  },
  {
    name: 'entity update',
    prepare: async memory => {
      await kept(memory, 'The lamp is lit by the beacon')
      const id = await component(memory, 'Beacon')
      return () => memory.entity_update({ id, aliases: ['lamp'], properties: { colour: 'red' } })
    },
  },
  {
    name: 'entity merge',
    prepare: async memory => {
      const [id, into] = [await component(memory, 'Beacon'), await component(memory, 'Lamp')]
      await component(memory, 'Tower')
      await memory.relate({ source: 'Tower', type: 'contains', target: 'Beacon' })
      return () => memory.entity_merge({ id, into })
    },
  },
  {
    name: 'entity merge that brings names, properties and a conflict',
    prepare: async memory => {
      await kept(memory, 'The lantern is lit, and the beacon')
      await kept(memory, 'The lamp shines', { slot: 'lamp / colour = white' })
      const brought = { aliases: ['lantern'], description: 'It shines', properties: { colour: 'red' } }
      const id = await component(memory, 'Beacon', brought)
      const into = await component(memory, 'Lamp')
      await component(memory, 'Tower')
      for (const source of ['Beacon', 'Lamp'])
        await memory.relate({ source, type: 'depends_on', target: 'Tower' })
      await memory.relate({ source: 'Beacon', type: 'supports', target: 'Lamp' })
      return () => memory.entity_merge({ id, into })
    },
  },
  {
    name: 'relate',
    prepare: async memory => {
      for (const name of ['Tower', 'Beacon']) await component(memory, name)
      const evidence = await kept(memory, 'the plan says so')
      return () => memory.relate({ source: 'Tower', type: 'contains', target: 'Beacon', evidence })
    },
  },
  {
    name: 'unrelate',
    prepare: async memory => {
      for (const name of ['Tower', 'Beacon']) await component(memory, name)
      const { id } = await memory.relate({ source: 'Tower', type: 'contains', target: 'Beacon' })
      return () => memory.unrelate({ source: id })
    },
  },
  {
    name: 'graduate',
    prepare: async memory => {
      const id = await kept(memory, 'We chose two lamps', { slot: 'lamps / count = 2' })
      return () => memory.graduate({ id, type: 'decision', name: 'Two lamps' })
    },
  },
  {
    name: 'graduate into an entity that is there',
    prepare: async memory => {
      await component(memory, 'Lamps', { type: 'decision', properties: { colour: 'red' } })
      const id = await kept(memory, 'We chose two lamps', { slot: 'lamps / count = 2' })
      return () => memory.graduate({ id, into: 'Lamps' })
    },
  },
  {
    name: 'pin',
    prepare: async memory => {
      const id = await kept(memory, 'a heron')
      return () => memory.pin({ id })
    },
  },
  {
    name: 'unpin',
    prepare: async memory => {
      const id = await kept(memory, 'a heron')
      await memory.pin({ id })
      return () => memory.unpin({ id })
    },
  },
  {
    name: 'settings',
    prepare: async memory => () => memory.settings({ name: 'pin_tokens', value: 10 }),
  },
  {
    name: 'settings that were set, as usual again',
    prepare: async memory => {
      await memory.settings({ name: 'review', value: 'agents' })
      return () => memory.settings({ name: 'review', value: 'default' })
    },
  },
  ...UNDOABLE_LIFECYCLE,
  ...(['winner', 'keep_both', 'dismiss'] as const).map(
    (how): Undoable => ({
      name: `resolve: ${how}`,
      prepare: async (memory, clock) => {
        const winner = (await memory.remember(port('1'))).id
        clock.advance(1000)
        const { conflict } = await memory.remember(port('2'))
        const chosen = how === 'winner' ? { winner } : { [how]: true }
        return () => memory.resolve({ id: conflict?.id ?? '', ...chosen, because: 'asked' })
      },
    }),
  ),
]
