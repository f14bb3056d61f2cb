import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

export function handling(engine: TestEngine): void {
  projects(engine)
  paging(engine)
  stopping(engine)
  opening(engine)
}

function projects(engine: TestEngine): void {
  describe('projects', () => {
    it('have one spelling, and aliases lead to them', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.remember({ content: 'a', project: 'P04 Gigabit' })
      await memory.project({ action: 'alias', name: 'p04-gigabit', alias: 'P04' })
      expect((await memory.remember({ content: 'b', project: 'p04' })).project).toBe('p04-gigabit')
      expect((await memory.list({ project: 'P04' })).total).toBe(2)
      expect((await memory.recall({ query: 'b', project: 'p04' })).results).toHaveLength(1)
      const { projects } = await memory.project({ action: 'list' })
      expect(projects).toEqual([
        {
          name: 'p04-gigabit',
          aliases: ['p04'],
          memories: 2,
          created_at: '2026-01-01T00:00:00.000Z',
          review: 'none',
          read_slots: true,
        },
      ])
      await expect(memory.project({ action: 'alias', name: 'other', alias: 'p05' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      expect((await memory.project({ action: 'list' })).projects).toHaveLength(1)
      await memory.remember({ content: 'c', project: 'other' })
      await expect(memory.project({ action: 'alias', name: 'other', alias: 'p04' })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
      await expectSound(store)
    })

    it('that are new and nearly known are offered', async () => {
      await using store = await engine.open()
      await store.memory.remember({ content: 'a', project: 'apollo' })
      const { notices, project } = await store.memory.remember({ content: 'a', project: 'apolo' })
      expect(project).toBe('apolo')
      expect(notices.join()).toMatch(/Did you mean apollo/)
    })
  })
}

function paging(engine: TestEngine): void {
  describe('pages', () => {
    it('are newest first, without a gap or a repeat', async () => {
      await using store = await engine.open()
      const ids: string[] = []
      for (let index = 0; index < 7; index++) {
        ids.unshift((await store.memory.remember({ content: `memory ${index}` })).id)
      }
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<typeof store.memory.list>> = await store.memory.list({
          limit: 3,
          ...(cursor === null ? {} : { cursor }),
        })
        expect(page.total).toBe(7)
        expect(page.truncated).toBe(page.cursor !== null)
        seen.push(...page.results.map(found => found.id))
        cursor = page.cursor
      } while (cursor !== null)
      expect(seen).toEqual(ids)
    })

    it('refuse a cursor that was not theirs', async () => {
      await using store = await engine.open()
      await using foreign = await engine.open()
      for (const { memory } of [store, foreign]) {
        for (const content of ['one', 'two', 'three']) await memory.remember({ content })
      }
      const { memory } = store
      const own = (await memory.list({ limit: 1 })).cursor ?? ''
      const decoded = Buffer.from(own, 'base64url').toString()
      const moved = Buffer.from(`${decoded.slice(0, 22)}01900000-0000-7000-8000-000000000002`).toString(
        'base64url',
      )
      const wrong = [
        'nonsense',
        own.slice(0, -2),
        moved,
        (await foreign.memory.list({ limit: 1 })).cursor ?? '',
        (await memory.journal({ limit: 1 })).cursor ?? '',
      ]
      for (const cursor of wrong) {
        await expect(memory.list({ cursor }), cursor).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      }
      expect((await memory.list({ cursor: own })).results).toHaveLength(2)
    })
  })
}

function stopping(engine: TestEngine): void {
  it('a call that is cancelled beforehand does nothing', async () => {
    await using store = await engine.open()
    const { memory } = store
    const signal = AbortSignal.abort()
    const { id } = await memory.remember({ content: 'kept' })
    const calls = [
      () => memory.remember({ content: 'never' }, { signal }),
      () => memory.forget({ id }, { signal }),
      () => memory.recall({ query: 'kept' }, { signal }),
      () => memory.list({}, { signal }),
      () => memory.get({ id }, { signal }),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await memory.list({})).toMatchObject({ total: 1, results: [{ status: 'active', version: 1 }] })
    expect((await memory.remember({ content: 'later' })).outcome).toBe('remembered')
    await expectSound(store)
  })
}

function opening(engine: TestEngine): void {
  describe('opening', () => {
    it('init says whether the store is new, and status what it holds', async () => {
      await using store = await engine.open({ isNew: true })
      expect(await store.memory.init({})).toMatchObject({ schema_version: 7, created: true })
      await store.memory.remember({ content: 'a', project: 'apollo' })
      const { id } = await store.memory.remember({ content: 'b' })
      await store.memory.forget({ id })
      expect(await store.memory.status({})).toMatchObject({
        schema_version: 7,
        memories: { total: 2, by_status: { active: 1, retired: 1 } },
        documents: 0,
        projects: 1,
        notices: [],
      })
    })

    it('two stores in one process know nothing of each other', async () => {
      await using one = await engine.open()
      await using two = await engine.open()
      await Promise.all([
        one.memory.remember({ content: 'in one' }),
        two.memory.remember({ content: 'in two' }),
      ])
      expect((await one.memory.list({})).results.map(found => found.content)).toEqual(['in one'])
      expect((await two.memory.list({})).results.map(found => found.content)).toEqual(['in two'])
      expect((await one.memory.recall({ query: 'two' })).results).toEqual([])
    })

    it('use is counted when a store closes, and makes no version', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'used' })
      if (!engine.shared) return
      const other = await store.another()
      await other.get({ id })
      await other.get({ id })
      await other.close()
      expect(await store.memory.get({ id })).toMatchObject({
        reference_count: 2,
        last_referenced_at: '2026-01-01T00:00:00.000Z',
        version: 1,
      })
      await expectSound(store)
    })

    it('a closed store refuses every call', async () => {
      await using store = await engine.open()
      await store.memory.remember({ content: 'x' })
      await store.memory.close()
      await expect(store.memory.list({})).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await expect(store.memory.remember({ content: 'y' })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      })
      await store.memory.close()
    })
  })
}
