/** Steps of entities and relationships from state to state, for the list of all that can be taken back. */
import type { Heirloom } from '../../src/heirloom.ts'
import { kept, type Undoable } from './undoable-case.ts'

interface Kind {
  readonly kind: string
  readonly make: (memory: Heirloom, also?: { readonly candidate: boolean }) => Promise<string>
}

/** An entity that a memory mentions, that claims a slot and that stands in a relationship. */
const ENTITY: Kind = {
  kind: 'an entity',
  make: async (memory, also = { candidate: false }) => {
    await kept(memory, 'The beacon is lit by the lamp')
    const properties = { colour: 'red' }
    const { id } = await memory.entity_create({ type: 'component', name: 'Beacon', properties, ...also })
    const { id: tower } = await memory.entity_create({ type: 'component', name: 'Tower' })
    await memory.relate({ source: tower, type: 'contains', target: id })
    return id
  },
}

const RELATIONSHIP: Kind = {
  kind: 'a relationship',
  make: async (memory, also = { candidate: false }) => {
    for (const name of ['Tower', 'Beacon']) await memory.entity_create({ type: 'component', name })
    const evidence = await kept(memory, 'the plan says so')
    return (await memory.relate({ source: 'Tower', type: 'contains', target: 'Beacon', evidence, ...also }))
      .id
  },
}

export const UNDOABLE_LIFECYCLE: readonly Undoable[] = [
  ...[ENTITY, RELATIONSHIP].flatMap(({ kind, make }): Undoable[] => [
    ...(['promote', 'reject'] as const).map(step => ({
      name: `${step} ${kind}`,
      prepare: async (memory: Heirloom) => {
        const id = await make(memory, { candidate: true })
        return () => memory[step]({ id })
      },
    })),
    ...(['invalidate', 'forget'] as const).map(step => ({
      name: `${step} ${kind}`,
      prepare: async (memory: Heirloom) => {
        const id = await make(memory)
        return () => memory[step]({ id })
      },
    })),
    ...(['reject', 'invalidate', 'forget'] as const).map(step => ({
      name: `restore ${kind} after ${step}`,
      prepare: async (memory: Heirloom) => {
        const id = await make(memory, { candidate: step === 'reject' })
        await memory[step]({ id })
        return () => memory.restore({ id })
      },
    })),
    {
      name: `review of ${kind}`,
      prepare: async memory => {
        const id = await make(memory, { candidate: true })
        return () => memory.review({ promote: [id] })
      },
    },
  ]),
  {
    name: 'supersede an entity',
    prepare: async memory => {
      const id = await ENTITY.make(memory)
      const properties = { colour: 'green' }
      const { id: by } = await memory.entity_create({ type: 'component', name: 'Lamp', properties })
      return () => memory.supersede({ id, by })
    },
  },
  {
    name: 'restore an entity that was superseded',
    prepare: async memory => {
      const id = await ENTITY.make(memory)
      const { id: by } = await memory.entity_create({ type: 'component', name: 'Lamp' })
      await memory.supersede({ id, by })
      return () => memory.restore({ id })
    },
  },
  {
    name: 'forget an entity whose property is contested',
    prepare: async memory => {
      const id = await ENTITY.make(memory)
      await kept(memory, 'The beacon shines', { slot: 'beacon / colour = white' })
      return () => memory.forget({ id })
    },
  },
  {
    name: 'resolve where an entity loses',
    prepare: async memory => {
      await ENTITY.make(memory)
      const said = { content: 'The beacon shines', slot: 'beacon / colour = white' as never }
      const { id: winner, conflict } = await memory.remember(said)
      return () => memory.resolve({ id: conflict?.id ?? '', winner })
    },
  },
]
