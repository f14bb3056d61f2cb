import { describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

async function settingOf(memory: Heirloom, name: 'review' | 'read_slots' | 'pin_tokens', project?: string) {
  const { settings } = await memory.settings({ name, ...(project === undefined ? {} : { project }) })
  return settings.map(({ value, from }) => `${value} ${from}`)
}

export function settingUp(engine: TestEngine): void {
  describe('settings', () => {
    it('are as usual until somebody asks for something else, and again then', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const usual = (await memory.settings({})).settings
      expect(usual.map(({ name, value }) => [name, value])).toEqual([
        ['interaction_days', 365],
        ['interaction_bytes', 65_536],
        ['pin_tokens', 2000],
        ['review', 'none'],
        ['read_slots', true],
      ])
      const state = async () => (await memory.digest({})).digest
      const before = await state()
      const set = await memory.settings({ name: 'pin_tokens', value: '3000', note: 'more room' })
      expect(set.settings).toMatchObject([{ name: 'pin_tokens', value: 3000, usual: 2000, from: 'store' }])
      expect(await memory.settings({ name: 'pin_tokens', value: 3000 })).toMatchObject({ receipt: null })
      const after = await state()
      const undone = await memory.undo({ receipt: set.receipt ?? '' })
      expect(await state()).toBe(before)
      expect(await settingOf(memory, 'pin_tokens')).toEqual(['2000 usual'])
      await memory.undo({ receipt: undone.receipt ?? '' })
      expect(await state()).toBe(after)
      await memory.settings({ name: 'pin_tokens', value: 'default' })
      expect(await state()).toBe(before)
      const { entries } = await memory.journal({ subject_kind: 'setting' })
      expect(entries.map(({ operation, subject_id }) => [operation, subject_id])).toEqual([
        ['settings', 'pin_tokens'],
        ['undo', 'pin_tokens'],
        ['undo', 'pin_tokens'],
        ['settings', 'pin_tokens'],
      ])
      await expectSound(store)
    })

    it('hold where a project says nothing of its own', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      await memory.remember({ content: 'one', project: 'apollo' })
      await memory.remember({ content: 'two', project: 'hermes' })
      await memory.project({ action: 'set', name: 'hermes', review: 'none', read_slots: true })
      await memory.settings({ name: 'review', value: 'agents' })
      await memory.settings({ name: 'read_slots', value: false })
      expect(await settingOf(memory, 'review', 'apollo')).toEqual(['agents store'])
      expect(await settingOf(memory, 'review', 'hermes')).toEqual(['none project'])
      expect(await settingOf(memory, 'read_slots')).toEqual(['false store'])
      const said = (project?: string) => ({
        content: `The gateway of ${project} listens on port 8080`,
        ...(project === undefined ? {} : { project }),
      })
      const agent = engine.shared ? await store.another({ actor: 'agent' }) : memory
      const status = engine.shared ? 'candidate' : 'active'
      expect(await agent.remember(said('apollo'))).toMatchObject({ status, slot: null })
      expect(await agent.remember(said())).toMatchObject({ status, slot: null })
      expect(await agent.remember(said('hermes'))).toMatchObject({
        status: 'active',
        slot: { value: '8080' },
      })
      const shown = (await memory.project({ action: 'list' })).projects
      expect(shown.map(({ name, review, read_slots }) => [name, review, read_slots])).toEqual([
        ['apollo', 'agents', false],
        ['hermes', 'none', true],
      ])
      // Setting one thing of a project leaves the other to the store.
      await memory.project({ action: 'set', name: 'apollo', review: 'none' })
      expect(await settingOf(memory, 'review', 'apollo')).toEqual(['none project'])
      expect(await settingOf(memory, 'read_slots', 'apollo')).toEqual(['false store'])
      await expectSound(store)
    })

    it('are refused where they make no sense, or an agent sets them', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const wrong = [
        { name: 'interaction_days', value: 0 },
        { name: 'interaction_days', value: 'soon' },
        { name: 'pin_tokens', value: -1 },
        { name: 'pin_tokens', value: 1.5 },
        { name: 'interaction_bytes', value: 10_000_000 },
        { name: 'review', value: 'everybody' },
        { name: 'read_slots', value: 'perhaps' },
        { value: 3 },
        { name: 'pin_tokens', value: 3, project: 'apollo' },
      ] as const
      for (const input of wrong)
        await expect(memory.settings(input)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(memory.settings({ project: 'nowhere' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await using other = await engine.open({ actor: 'agent' })
      const asked = other.memory.settings({ name: 'review', value: 'none' })
      await expect(asked).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
      await expect(asked).rejects.toThrow('heirloom settings review none')
    })
  })
}
