import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming, openConflicts, valuesOf } from '../kit/slots.ts'

const ROUNDS = 5

/** What several handles on one store claim and settle at once. */
export function contradictingAtOnce(engine: TestEngine): void {
  describe('conflicts at once', () => {
    it('two writers of one slot end in one open conflict that both are in', async () => {
      await using store = await engine.open()
      const other = await store.another()
      for (let round = 0; round < ROUNDS; round++) {
        const slot = { attribute: `port ${round}` }
        const said = await Promise.all([
          store.memory.remember(claiming('8080', slot)),
          other.remember(claiming('9090', slot)),
        ])
        const open = await openConflicts(store.memory)
        expect(open).toHaveLength(round + 1)
        expect(open[0]?.members.map(({ id }) => id).sort()).toEqual(said.map(({ id }) => id).sort())
        // Whoever came second was told.
        expect(said.filter(({ conflict }) => conflict !== null)).toHaveLength(1)
      }
      await expectSound(store)
    })

    it('many writers of one slot end in one open conflict that all are in', async () => {
      await using store = await engine.open()
      const handles = [store.memory, await store.another(), await store.another()]
      const values = Array.from({ length: 12 }, (_, index) => String(8000 + index))
      await Promise.all(values.map((value, index) => handles[index % 3]!.remember(claiming(value))))
      const open = await openConflicts(store.memory)
      expect(open).toHaveLength(1)
      expect(valuesOf(await store.memory.conflict({ id: open[0]?.id ?? '' }))).toEqual(values)
      const { entries } = await store.memory.journal({ subject_id: open[0]?.id, limit: 100 })
      expect(entries).toHaveLength(values.length - 1)
      await expectSound(store)
    })

    it('one of two who resolve gets through, and the other learns how it ended', async () => {
      await using store = await engine.open({ actor: 'person' })
      const other = await store.another({ actor: 'person' })
      for (let round = 0; round < ROUNDS; round++) {
        const slot = { attribute: `port ${round}` }
        const a = await store.memory.remember(claiming('8080', slot))
        const b = await store.memory.remember(claiming('9090', slot))
        const id = b.conflict?.id ?? ''
        const results = await Promise.allSettled([
          store.memory.resolve({ id, winner: a.id }),
          other.resolve({ id, winner: b.id }),
        ])
        const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
        expect(refused).toMatchObject([{ code: 'CONFLICT', message: expect.stringContaining('won') }])
        const states = [(await other.get({ id: a.id })).status, (await other.get({ id: b.id })).status]
        expect(states.sort()).toEqual(['active', 'superseded'])
      }
      await expectSound(store)
    })

    it('resolving against a write to the same slot ends with what both did', async () => {
      await using store = await engine.open({ actor: 'person' })
      const other = await store.another({ actor: 'person' })
      for (let round = 0; round < ROUNDS; round++) {
        const slot = { attribute: `port ${round}` }
        const a = await store.memory.remember(claiming('8080', slot))
        const b = await store.memory.remember(claiming('9090', slot))
        const id = b.conflict?.id ?? ''
        const [resolved, c] = await Promise.all([
          store.memory.resolve({ id, winner: a.id }),
          other.remember(claiming('7070', slot)),
        ])
        const open = (await openConflicts(store.memory)).filter(
          ({ slot: { attribute } }) => attribute === `port ${round}`,
        )
        const lost = resolved.superseded.includes(c.id)
        expect(resolved.superseded).toContain(b.id)
        expect(open.map(valuesOf)).toEqual(lost ? [] : [['7070', '8080']])
      }
      await expectSound(store)
    })

    it('a subject that becomes the name of an entity at that moment means the entity', async () => {
      await using store = await engine.open()
      const other = await store.another()
      for (let round = 0; round < ROUNDS; round++) {
        const subject = `router ${round}`
        const [made, said] = await Promise.all([
          other.entity_create({
            type: 'component',
            name: `Router-${round}`,
            project: 'apollo',
            properties: { port: 8080 },
          }),
          store.memory.remember(claiming('9090', { subject })),
        ])
        const open = await openConflicts(store.memory)
        expect(open).toHaveLength(round + 1)
        expect(open[0]?.members.map(({ id }) => id).sort()).toEqual([made.id, said.id].sort())
      }
      const { checks } = await store.memory.doctor({})
      const about = checks.filter(({ name }) => ['names', 'claims', 'conflicts', 'journal'].includes(name))
      expect(about.map(({ name, ok }) => [name, ok])).toHaveLength(4)
      expect(about.every(({ ok }) => ok)).toBe(true)
    })

    it('that expired are closed once, however many write next', async () => {
      await using store = await engine.open()
      const other = await store.another()
      const until = { valid_until: '2026-01-02' }
      await store.memory.remember(claiming('8080', until))
      const { conflict } = await store.memory.remember(claiming('9090', until))
      store.clock.advance(48 * 60 * 60 * 1000)
      await Promise.all([
        store.memory.remember({ content: 'one thing' }),
        other.remember({ content: 'another thing' }),
        store.memory.remember(claiming('7070')),
        other.remember(claiming('6060')),
      ])
      const { entries } = await store.memory.journal({ subject_id: conflict?.id, limit: 100 })
      expect(entries.map(({ operation }) => operation)).toEqual(['close_conflict', 'remember'])
      expect((await openConflicts(store.memory)).map(valuesOf)).toEqual([['6060', '7070']])
      await expectSound(store)
    })
  })
}
