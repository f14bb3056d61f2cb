import { describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming, openConflicts, valuesOf } from '../kit/slots.ts'

const SERVICE = { type: 'service', project: 'apollo' }

/** Claims by two names that nobody knows to be names of one thing. */
async function twoNames(memory: Heirloom, attributes: readonly string[] = ['port']): Promise<string[]> {
  const ids: string[] = []
  for (const attribute of attributes) {
    for (const [subject, value] of [
      ['API gateway', '8080'],
      ['front door', '9090'],
    ] as const)
      ids.push((await memory.remember(claiming(value, { subject, attribute }))).id)
  }
  expect(await openConflicts(memory)).toEqual([])
  return ids
}

interface Told {
  readonly conflict: { readonly id: string; readonly members: readonly { readonly value: string }[] } | null
  readonly notices: readonly string[]
}

async function expectTold(memory: Heirloom, { conflict, notices }: Told): Promise<void> {
  const [open] = await openConflicts(memory)
  expect(open).toBeDefined()
  expect(conflict).toMatchObject({ id: open?.id, slot: open?.slot, members: open?.members })
  expect(notices.join()).toMatch(
    new RegExp(`What is known of .*port”? is contradictory now. To settle it: heirloom resolve ${open?.id} `),
  )
}

export function tellingOfConflicts(engine: TestEngine): void {
  describe('a change by which others contradict each other', () => {
    it('says so where an entity comes to have both names', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await twoNames(memory)
      const both = { ...SERVICE, name: 'API gateway', aliases: ['front door'] }
      const made = await memory.entity_create(both)
      await expectTold(memory, made)
      // What was open already is not told as though it were new.
      const renamed = await memory.entity_update({
        id: made.id,
        name: 'Gateway',
        add_aliases: ['API gateway'],
      })
      expect(renamed).toMatchObject({ conflict: null, notices: [] })
      expect(await openConflicts(memory)).toHaveLength(1)
      await memory.entity_update({ id: made.id, aliases: ['API gateway'] })
      expect(await openConflicts(memory)).toEqual([])
      await expectTold(memory, await memory.entity_update({ id: made.id, add_aliases: ['front door'] }))
      await memory.forget({ id: made.id })
      expect(await openConflicts(memory)).toEqual([])
      await expectTold(memory, await memory.restore({ id: made.id }))
      await expectSound(store)
    })

    it('says so where two entities become one, or one of two of a name goes', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await twoNames(memory)
      const one = await memory.entity_create({ ...SERVICE, name: 'API gateway' })
      const other = await memory.entity_create({ ...SERVICE, name: 'front door' })
      const merged = await memory.entity_merge({ id: other.id, into: one.id })
      await expectTold(memory, merged)
      await memory.undo({ receipt: merged.receipt ?? '' })
      // A third that is called the same keeps the name from meaning one.
      const third = await memory.entity_create({ ...SERVICE, type: 'building', name: 'front door' })
      const again = await memory.entity_merge({ id: other.id, into: one.id })
      expect(again).toMatchObject({ conflict: null })
      await expectTold(memory, await memory.forget({ id: third.id }))
      await expectSound(store)
    })

    it('says so where a candidate is promoted, by itself or in bulk, and where a memory graduates', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const [first = ''] = await twoNames(memory)
      const waiting = { ...SERVICE, name: 'API gateway', aliases: ['front door'], candidate: true }
      const { id } = await memory.entity_create(waiting)
      expect(await openConflicts(memory)).toEqual([])
      const promoted = await memory.promote({ id })
      await expectTold(memory, promoted)
      await memory.undo({ receipt: promoted.receipt ?? '' })
      const { decided, receipt } = await memory.review({ promote: [id] })
      await expectTold(memory, decided[0]!)
      const undone = await memory.undo({ receipt: receipt ?? '' })
      expect(undone.notices).toEqual([])
      await memory.reject({ id })
      const { id: named } = await memory.entity_create({ ...SERVICE, name: 'front door' })
      const done = await memory.graduate({ id: first, into: named })
      expect(valuesOf(done.conflict)).toEqual(['8080', '9090'])
      expect(done.notices.join()).toContain(`heirloom resolve ${done.conflict?.id} --winner`)
      await expectSound(store)
    })

    it('names a few where there are many, and how many more', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await twoNames(memory, ['port', 'age', 'owner', 'size', 'colour'])
      const both = { ...SERVICE, name: 'API gateway', aliases: ['front door'] }
      const made = await memory.entity_create({ ...both, properties: { port: 7070 } })
      const open = await openConflicts(memory)
      expect(open).toHaveLength(5)
      // Its own comes first.
      expect(made.conflict?.slot.attribute).toBe('port')
      const contradictions = made.notices.filter(notice => /contradict/i.test(notice))
      expect(contradictions).toHaveLength(5)
      expect(contradictions[0]).toContain('It contradicts what is known of')
      expect(contradictions.at(-1)).toBe('Contradictory now besides: 1 more. See: heirloom conflicts')
      await expectSound(store)
    })

    it('says so where a copy is shared, and where an undo brings it about', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.remember(claiming('8080', { project: 'hermes' }))
      const { id } = await memory.remember(claiming('9090'))
      const shared = await memory.share({ id, to: 'project:hermes' })
      const [open] = await openConflicts(memory)
      expect(shared.notices.join()).toContain(`heirloom resolve ${open?.id}`)
      const forgotten = await memory.forget({ id })
      await memory.remember(claiming('7070'))
      const undone = await memory.undo({ receipt: forgotten.receipt ?? '' })
      expect(undone.notices.join()).toContain('What is known of gateway.port is contradictory now.')
      await expectSound(store)
    })
  })
}
