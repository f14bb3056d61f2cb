import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { otherUser } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { ANY_STATUS } from '../kit/samples.ts'
import { claiming, openConflicts, told, valuesOf } from '../kit/slots.ts'

const DAY = 24 * 60 * 60 * 1000

export function endingByThemselves(engine: TestEngine): void {
  describe('conflicts that end by themselves', () => {
    it('close by themselves when fewer than two differ, and say why', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const ways: ((id: string, by: string) => Promise<unknown>)[] = [
        id => memory.forget({ id }),
        id => memory.invalidate({ id }),
        (id, by) => memory.supersede({ id, by }),
        id => memory.revise({ id, slot: { subject: 'gateway', attribute: 'port', value: '8080' } }),
        id => memory.revise({ id, project: 'elsewhere' }),
        id => memory.revise({ id, clear: ['slot'] }),
      ]
      for (const [round, way] of ways.entries()) {
        const project = `project ${round}`
        const stays = (await memory.remember(claiming('8080', { project }))).id
        const { id, conflict } = await memory.remember(claiming('9090', { project }))
        await way(id, stays)
        expect(await openConflicts(memory)).toEqual([])
        const closed = (await memory.conflicts({ project, status: 'closed' })).conflicts[0]
        expect(closed).toMatchObject({ id: conflict?.id, status: 'closed', resolution: 'superseded' })
        expect(closed?.note).toMatch(/no longer claims it|do not differ any more/)
        expect((await memory.get({ id: stays })).contested).toBeNull()
        expect((await told(memory, conflict?.id ?? '')).at(-1)).toEqual(['close_conflict', 'system'])
      }
      await expectSound(store)
    })

    it('stay open while two others differ, and mark only those that claim it still', async () => {
      await using store = await engine.open()
      const { memory } = store
      const [a, b, c] = [
        await memory.remember(claiming('8080')),
        await memory.remember(claiming('9090')),
        await memory.remember(claiming('7070')),
      ]
      await memory.forget({ id: b.id })
      const [open] = await openConflicts(memory)
      expect(open?.id).toBe(c.conflict?.id)
      const { results } = await memory.recall({ query: 'gateway', ...ANY_STATUS })
      expect(new Map(results.map(({ id, contested }) => [id, contested]))).toEqual(
        new Map([
          [a.id, open?.id],
          [b.id, null],
          [c.id, open?.id],
        ]),
      )
      const { members } = await memory.conflict({ id: open?.id ?? '' })
      expect(members.map(({ id, claims_it }) => [id, claims_it])).toEqual([
        [a.id, true],
        [b.id, false],
        [c.id, true],
      ])
      await expectSound(store)
    })

    it('close at read when members expire; the next write tells of it, once', async () => {
      await using store = await engine.open()
      const { memory } = store
      const until = (days: number) => new Date(Date.parse(store.clock.now()) + days * DAY).toISOString()
      const lasting = (await memory.remember(claiming('8080'))).id
      await memory.remember(claiming('9090', { valid_until: until(1) }))
      const id = (await memory.remember(claiming('7070', { valid_until: until(2) }))).conflict?.id ?? ''
      const before = (await told(memory, id)).length
      store.clock.advance(DAY)
      expect((await memory.conflict({ id })).status).toBe('open')
      store.clock.advance(DAY)
      expect(await memory.conflict({ id })).toMatchObject({
        status: 'closed',
        resolution: 'expired',
        suggested_winner: null,
      })
      expect((await memory.conflicts({ status: 'closed' })).conflicts).toMatchObject([
        { id, status: 'closed' },
      ])
      expect(await openConflicts(memory)).toEqual([])
      expect((await memory.get({ id: lasting })).contested).toBeNull()
      expect(await told(memory, id)).toHaveLength(before)
      await memory.remember({ content: 'something else' })
      await memory.remember({ content: 'something else again' })
      expect((await told(memory, id)).slice(before)).toEqual([['close_conflict', 'system']])
      expect((await memory.conflicts({ status: 'closed' })).conflicts).toMatchObject([
        { id, note: expect.stringContaining('expired') },
      ])
      await expectSound(store)
    })

    it('of another user are left to the next write of that user', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory, clock } = store
      const other = actingAs('person', store, await otherUser(store))
      const tomorrow = new Date(Date.parse(clock.now()) + DAY).toISOString()
      const said = (value: string) => claiming(value, { valid_until: tomorrow })
      const opened = async (user: typeof memory) => {
        await user.remember(said('8080'))
        return (await user.remember(said('9090'))).conflict?.id ?? ''
      }
      const [own, theirs] = [await opened(memory), await opened(other)]
      const closed = ['close_conflict', 'system']
      clock.advance(2 * DAY)
      await memory.remember({ content: 'something of mine' })
      expect((await told(memory, own)).at(-1)).toEqual(closed)
      expect(await told(memory, theirs)).toEqual([['remember', 'person']])
      await other.remember({ content: 'something of theirs' })
      expect((await told(memory, theirs)).slice(1)).toEqual([closed])
      await expectSound(store)
    })

    it('that an expiry has ended take no further member: another one opens', async () => {
      await using store = await engine.open()
      const { memory } = store
      const tomorrow = new Date(Date.parse(store.clock.now()) + DAY).toISOString()
      await memory.remember(claiming('8080'))
      const first = (await memory.remember(claiming('9090', { valid_until: tomorrow }))).conflict?.id ?? ''
      store.clock.advance(2 * DAY)
      const second = (await memory.remember(claiming('7070'))).conflict
      expect(second?.id).not.toBe(first)
      expect(valuesOf(second)).toEqual(['7070', '8080'])
      expect(await memory.conflict({ id: first })).toMatchObject({ status: 'closed', resolution: 'expired' })
      expect((await told(memory, first)).slice(1)).toEqual([['close_conflict', 'system']])
      await expectSound(store)
    })

    it('by an expiry stand in the way of taking back nothing that was done before', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      const until = (days: number) => new Date(Date.parse(clock.now()) + days * DAY).toISOString()
      const undo = (receipt: string | null) => memory.undo({ receipt: receipt ?? '' })
      const state = async () => (await memory.digest({})).digest
      await memory.remember(claiming('1'))
      const first = await state()
      const second = await memory.remember(claiming('2', { valid_until: until(1) }))
      const third = await memory.remember(claiming('3', { valid_until: until(2) }))
      const id = second.conflict?.id ?? ''
      clock.advance(3 * DAY)
      const telling = await memory.remember({ content: 'something else' })
      const closed = await state()
      // About the same there is another by now, beside which that one could not be open.
      const fourth = await memory.remember(claiming('4'))
      const undone = await undo(third.receipt)
      const left = await memory.conflict({ id })
      expect(left).toMatchObject({ status: 'closed', resolution: 'expired' })
      expect(valuesOf(left as never)).toEqual(['1', '2'])
      expect((await openConflicts(memory)).map(open => open.id)).toEqual([fourth.conflict?.id])
      await expectSound(store)
      await undo(undone.receipt)
      await undo(fourth.receipt)
      expect(await state()).toBe(closed)
      for (const { receipt } of [third, second, telling]) await undo(receipt)
      expect(await state()).toBe(first)
      await expectSound(store)
    })

    it('by an expiry are open again where that is taken back which made a member expire', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, clock } = store
      await memory.remember(claiming('1'))
      const { id: second, conflict } = await memory.remember(claiming('2'))
      const id = conflict?.id ?? ''
      const valid_until = new Date(Date.parse(clock.now()) + DAY).toISOString()
      const { receipt } = await memory.revise({ id: second, valid_until })
      clock.advance(2 * DAY)
      await memory.remember({ content: 'something else' })
      expect((await memory.conflict({ id })).resolution).toBe('expired')
      const undone = await memory.undo({ receipt: receipt ?? '' })
      expect(await openConflicts(memory)).toMatchObject([{ id, note: null, resolved_at: null }])
      await expectSound(store)
      await memory.undo({ receipt: undone.receipt ?? '' })
      expect(await memory.conflict({ id })).toMatchObject({ status: 'closed', resolution: 'expired' })
      await expectSound(store)
    })

    it('go when the memory that brought them is taken back, and come back with it', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.remember(claiming('8080'))
      const state = async () => (await memory.digest({})).digest
      const before = await state()
      const { receipt, conflict } = await memory.remember(claiming('9090'))
      const after = await state()
      const undone = await memory.undo({ receipt: receipt ?? '' })
      expect(await state()).toBe(before)
      expect(await openConflicts(memory)).toEqual([])
      await memory.undo({ receipt: undone.receipt ?? '' })
      expect(await state()).toBe(after)
      expect(await openConflicts(memory)).toMatchObject([{ id: conflict?.id }])
    })

    it('that closed open again when what closed them is taken back', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.remember(claiming('8080'))
      const { id, conflict } = await memory.remember(claiming('9090'))
      const before = (await memory.digest({})).digest
      const { receipt } = await memory.forget({ id })
      expect(await openConflicts(memory)).toEqual([])
      await memory.undo({ receipt: receipt ?? '' })
      expect((await memory.digest({})).digest).toBe(before)
      expect(await openConflicts(memory)).toMatchObject([{ id: conflict?.id }])
    })
  })
}
