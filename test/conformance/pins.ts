import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const words = (count: number, word = 'word') =>
  Array.from({ length: count }, (_, at) => `${word}${at}`).join(' ')

export function pinning(engine: TestEngine): void {
  describe('pins', () => {
    it('are made once and taken away once, told in the journal', async () => {
      await using store = await engine.open()
      const { memory } = store
      const { id } = await memory.remember({ content: 'Say colour', project: 'apollo' })
      const made = await memory.pin({ id, note: 'house style' })
      expect(made).toMatchObject({ id, outcome: 'pinned', project: 'apollo', budget: 2000 })
      expect(made.pinned_tokens).toBe(made.tokens)
      expect(await memory.pin({ id })).toMatchObject({
        outcome: 'pinned_already',
        receipt: null,
        pinned_tokens: made.tokens,
      })
      expect((await memory.get({ id })).pinned).toBe(true)
      expect(await memory.unpin({ id })).toMatchObject({ outcome: 'unpinned' })
      expect(await memory.unpin({ id })).toMatchObject({ outcome: 'not_pinned', receipt: null })
      expect((await memory.get({ id })).pinned).toBe(false)
      const { entries } = await memory.journal({ subject_kind: 'pin' })
      expect(entries.map(({ operation, subject_id }) => [operation, subject_id])).toEqual([
        ['unpin', id],
        ['pin', id],
      ])
      await expectSound(store)
    })

    it('take what a project has for them, and no more', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const ids: string[] = []
      for (const project of ['apollo', 'apollo', 'hermes', undefined]) {
        const content = words(200, `of${ids.length}n`)
        ids.push((await memory.remember({ content, ...(project === undefined ? {} : { project }) })).id)
      }
      const [a, b, c, d] = ids as [string, string, string, string]
      const { tokens } = await memory.pin({ id: a })
      await memory.settings({ name: 'pin_tokens', value: tokens + 10 })
      const refused = memory.pin({ id: b })
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(refused).rejects.toThrow(`take ${tokens} of the ${tokens + 10}`)
      await expect(refused).rejects.toThrow(`${a} (${tokens})`)
      await expect(refused).rejects.toThrow('heirloom unpin')
      await expect(refused).rejects.toThrow('heirloom settings pin_tokens')
      // Each project has its own, and what is of none has one together.
      await memory.settings({ name: 'pin_tokens', value: 2 * tokens })
      await memory.pin({ id: c })
      await memory.pin({ id: d })
      // What is not live any more takes nothing.
      await memory.settings({ name: 'pin_tokens', value: tokens + 400 })
      await memory.forget({ id: a })
      expect(await memory.pin({ id: b })).toMatchObject({ outcome: 'pinned' })
      await expectSound(store)
    })

    it('are of what is live alone', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const ids = [
        await memory.remember({ content: 'proposed', candidate: true }),
        await memory.remember({ content: 'from elsewhere', third_party: true }),
        await memory.remember({ content: 'over', valid_until: '2025-01-01' }),
      ].map(({ id }) => id)
      const { id: entity } = await memory.entity_create({ type: 'team', name: 'Crew' })
      for (const id of ids) await expect(memory.pin({ id })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(memory.pin({ id: entity })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await memory.journal({ subject_kind: 'pin' })).entries).toEqual([])
    })

    it('are taken back and put back, and hold what they pin', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const state = async () => (await memory.digest({})).digest
      const { id, receipt } = await memory.remember({ content: 'Say colour' })
      const before = await state()
      const pinned = await memory.pin({ id })
      const after = await state()
      expect(after).not.toBe(before)
      await expect(memory.undo({ receipt: receipt ?? '' })).rejects.toThrow('was pinned')
      const undone = await memory.undo({ receipt: pinned.receipt ?? '' })
      expect(await state()).toBe(before)
      await memory.undo({ receipt: undone.receipt ?? '' })
      expect(await state()).toBe(after)
      const unpinned = await memory.unpin({ id })
      await memory.undo({ receipt: unpinned.receipt ?? '' })
      expect((await memory.get({ id })).pinned).toBe(true)
      await expect(memory.undo({ receipt: pinned.receipt ?? '' })).resolves.toMatchObject({
        operation: 'pin',
      })
      await expectSound(store)
    })

    if (engine.shared)
      it('made at once by two take no more than there is', async () => {
        await using store = await engine.open({ actor: 'person' })
        const { memory } = store
        const other = await store.another()
        const ids: string[] = []
        for (const word of ['oak', 'pine', 'ash', 'elm'])
          ids.push((await memory.remember({ content: words(50, word) })).id)
        const [first = ''] = ids
        const { tokens } = await memory.pin({ id: first })
        await memory.unpin({ id: first })
        await memory.settings({ name: 'pin_tokens', value: 2 * tokens + 20 })
        const tries = ids.map((id, at) => (at % 2 === 0 ? memory : other).pin({ id }))
        const done = await Promise.allSettled(tries)
        expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
        const refused = done.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
        for (const reason of refused) expect(reason).toMatchObject({ code: 'INVALID_INPUT' })
        await expectSound(store)
      })
  })
}
