import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming, openConflicts, valuesOf } from '../kit/slots.ts'

const UNKNOWN = '01900000-0000-7000-8000-00000000ffff'

/** Two memories that contradict each other, with the id of their conflict. */
async function contradiction({ memory, clock }: Pick<TestStore, 'memory' | 'clock'>, also = {}) {
  const a = (await memory.remember(claiming('8080', also))).id
  clock.advance(1000)
  const { id: b, conflict } = await memory.remember(claiming('9090', also))
  return { a, b, id: conflict?.id ?? '' }
}

export function settling(engine: TestEngine): void {
  describe('resolve', () => {
    it('lets one win: the others are superseded by it, and it can be taken back', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { a, b, id } = await contradiction(store)
      const same = (await memory.remember(claiming('8080', { content: 'The gateway: port 8080' }))).id
      const c = (await memory.remember(claiming('7070'))).id
      const state = async () => (await memory.digest({})).digest
      const before = await state()
      store.clock.advance(1000)
      const resolved = await memory.resolve({ id, winner: a, because: 'measured' })
      expect(resolved).toMatchObject({
        id,
        status: 'resolved',
        resolution: 'winner',
        winner: a,
        note: 'measured',
        resolved_by: 'person',
        resolved_at: store.clock.now(),
        changed: [],
      })
      expect(resolved.superseded).toEqual([b, c].sort())
      for (const loser of [b, c]) {
        expect(await memory.get({ id: loser })).toMatchObject({
          status: 'superseded',
          superseded_by: a,
          contested: null,
        })
      }
      for (const stays of [a, same])
        expect(await memory.get({ id: stays })).toMatchObject({ status: 'active', version: 1 })
      const { edges } = await memory.lineage({ id: a })
      expect(edges.map(({ type, target }) => [type, target]).sort()).toEqual(
        [b, c].map(target => ['superseded_by', target]).sort(),
      )
      expect(await openConflicts(memory)).toEqual([])
      const after = await state()
      const entries = (await memory.journal({ operation: 'resolve' })).entries
      expect(entries.filter(({ subject_kind }) => subject_kind === 'conflict')).toHaveLength(1)
      expect(new Set(entries.map(({ note }) => note))).toEqual(new Set(['measured']))
      const { receipt } = await memory.undo({ receipt: resolved.receipt ?? '' })
      expect(await state()).toBe(before)
      expect(await openConflicts(memory)).toMatchObject([{ id, status: 'open' }])
      await memory.undo({ receipt: receipt ?? '' })
      expect(await state()).toBe(after)
      await expectSound(store)
    })

    it('leaves both as they are where both are kept or it is dismissed, and never asks again', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      for (const [project, decision] of [
        ['kept', { keep_both: true }],
        ['dismissed', { dismiss: true }],
      ] as const) {
        const { a, b, id } = await contradiction(store, { project })
        const before = (await memory.digest({})).digest
        const resolved = await memory.resolve({ id, ...decision, because: 'two listeners' })
        expect(resolved).toMatchObject({
          status: project === 'kept' ? 'resolved' : 'dismissed',
          resolution: project === 'kept' ? 'kept_both' : 'dismissed',
          winner: null,
          note: 'two listeners',
          superseded: [],
        })
        for (const one of [a, b])
          expect(await memory.get({ id: one })).toMatchObject({ status: 'active', contested: null })
        await memory.undo({ receipt: resolved.receipt ?? '' })
        expect((await memory.digest({})).digest).toBe(before)
        await memory.resolve({ id, ...decision, because: 'two listeners' })
        await memory.forget({ id: b })
        expect((await memory.restore({ id: b })).conflict).toBeNull()
        await memory.revise({ id: a, content: `said otherwise in ${project}` })
        expect(await openConflicts(memory)).toEqual([])
        const third = await memory.remember(claiming('7070', { project }))
        expect(third.conflict?.id).not.toBe(id)
        expect(valuesOf(third.conflict)).toEqual(['7070', '8080', '9090'])
        // Of the two that were kept, neither gives way to the other.
        const settled = await memory.resolve({ id: third.conflict?.id ?? '', winner: a })
        expect(settled.superseded).toEqual([third.id])
        expect(await openConflicts(memory)).toEqual([])
        const slot = { subject: 'gateway', attribute: 'port', value: '9191' }
        expect(valuesOf((await memory.revise({ id: b, slot })).conflict)).toEqual(['8080', '9191'])
        await memory.forget({ id: b })
      }
      await expectSound(store)
    })

    it('taken back after a member has gone leaves nothing open, as nothing differs', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { b, id } = await contradiction(store)
      const { receipt } = await memory.resolve({ id, keep_both: true, because: 'two listeners' })
      await memory.forget({ id: b })
      await memory.undo({ receipt: receipt ?? '' })
      expect(await openConflicts(memory)).toEqual([])
      expect(await memory.conflict({ id })).toMatchObject({ status: 'closed', resolution: 'superseded' })
      // The two were never settled now.
      expect(valuesOf((await memory.restore({ id: b })).conflict)).toEqual(['8080', '9090'])
      await expectSound(store)
    })

    it('opens another conflict where a loser comes back', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { a, b, id } = await contradiction(store)
      await memory.resolve({ id, winner: b })
      const { conflict } = await memory.restore({ id: a })
      expect(conflict?.id).not.toBe(id)
      expect(valuesOf(conflict)).toEqual(['8080', '9090'])
      await expectSound(store)
    })

    it('touches only what claims another value at the same time still', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const early = (await memory.remember(claiming('1', { valid_until: '2026-03-01' }))).id
      const middle = (
        await memory.remember(claiming('2', { valid_from: '2026-02-01', valid_until: '2026-05-01' }))
      ).id
      const late = await memory.remember(claiming('3', { valid_from: '2026-04-01' }))
      const gone = (await memory.remember(claiming('4'))).id
      const id = late.conflict?.id ?? ''
      await memory.forget({ id: gone })
      await expect(memory.resolve({ id, winner: gone })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(`heirloom restore ${gone}`),
      })
      expect((await memory.resolve({ id, winner: late.id })).superseded).toEqual([middle])
      expect((await memory.get({ id: early })).status).toBe('active')
      expect((await memory.get({ id: gone })).status).toBe('retired')
      await expectSound(store)
    })

    it('refuses what is no decision, and names the way', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const { a, b, id } = await contradiction(store)
      const outsider = (await memory.remember({ content: 'no member' })).id
      const refused: [object, string, string][] = [
        [{ id }, 'INVALID_INPUT', 'exactly one'],
        [{ id, winner: a, dismiss: true, because: 'x' }, 'INVALID_INPUT', 'exactly one'],
        [{ id, keep_both: true, dismiss: true, because: 'x' }, 'INVALID_INPUT', 'exactly one'],
        [{ id, keep_both: true }, 'INVALID_INPUT', '--because'],
        [{ id, dismiss: true, because: '  ' }, 'INVALID_INPUT', '--because'],
        [{ id, winner: outsider }, 'INVALID_INPUT', `${a} (8080), ${b} (9090)`],
        [{ id: UNKNOWN, winner: a }, 'NOT_FOUND', 'heirloom conflicts'],
        [{ id: a, winner: a }, 'NOT_FOUND', 'heirloom conflicts'],
        [{ id: 'nonsense', winner: a }, 'INVALID_INPUT', 'not an id'],
      ]
      const before = (await memory.digest({})).full
      for (const [input, code, message] of refused) {
        await expect(memory.resolve(input as never)).rejects.toMatchObject({
          code,
          message: expect.stringContaining(message),
        })
      }
      expect((await memory.digest({})).full).toBe(before)
      const { receipt } = await memory.resolve({ id, winner: a })
      await expect(memory.resolve({ id, winner: b })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(
          new RegExp(`resolved already, by person at .*${a} won.*heirloom undo ${receipt}`),
        ),
      })
      const { id: closed, b: other } = await contradiction(store, { project: 'closed' })
      await memory.forget({ id: other })
      await expect(memory.resolve({ id: closed, winner: other })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('closed by itself'),
      })
      const expiring = { project: 'expired', valid_until: '2026-01-02' }
      const { id: expired, a: one } = await contradiction(store, expiring)
      store.clock.advance(48 * 60 * 60 * 1000)
      await expect(memory.resolve({ id: expired, winner: one })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('expired'),
      })
      await expectSound(store)
    })

    it('by an agent is refused where a person has said one of them', async () => {
      await using store = await engine.open({ actor: 'agent' })
      const { memory } = store
      const { a, b, id } = await contradiction(store)
      expect(await memory.resolve({ id, winner: b })).toMatchObject({ resolved_by: 'agent', superseded: [a] })
      if (!engine.shared) return
      const person = await store.another({ actor: 'person' })
      const { id: stated } = (await person.remember(claiming('7070'))).conflict ?? { id: '' }
      for (const decision of [
        { winner: b },
        { keep_both: true, because: 'x' },
        { dismiss: true, because: 'x' },
      ]) {
        await expect(memory.resolve({ id: stated, ...decision })).rejects.toMatchObject({
          code: 'ACCESS_DENIED',
          message: expect.stringContaining('Ask the user'),
        })
      }
      expect((await person.resolve({ id: stated, winner: b })).status).toBe('resolved')
      await expectSound(store)
    })

    it('under one idempotency key resolves once', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { a, id } = await contradiction(store)
      const said = { id, winner: a, idempotency_key: 'once' }
      expect(await store.memory.resolve(said)).toEqual(await store.memory.resolve(said))
    })
  })
}
