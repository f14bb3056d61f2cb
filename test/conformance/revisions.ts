import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { full } from '../kit/samples.ts'

const HOUR = 60 * 60 * 1000

export function revising(engine: TestEngine): void {
  describe('revise', () => {
    it('changes any field and keeps what was said before', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember(full())
      const change = {
        content: 'The staging API listens on port 9090',
        kind: 'fact',
        title: 'New',
        tags: ['ports'],
        project: 'hermes-2',
        codebase: 'hermes-server',
        file: 'b.ts',
        topics: ['moved'],
        author: 'Grace',
        slot: { subject: 'staging api', attribute: 'port', value: '9090' },
        confidence: 0.25,
        valid_from: '2025-02-01T00:00:00.000Z',
        valid_until: '2028-01-01T00:00:00.000Z',
        metadata: { other: 1 },
      }
      store.clock.advance(HOUR)
      expect(await store.memory.revise({ id, ...change })).toMatchObject({ outcome: 'revised', revision: 2 })
      const now = await store.memory.get({ id, revisions: true })
      expect(now).toMatchObject({
        ...change,
        partition: 'hermes-2/fact',
        recorded_at: '2026-01-01T00:00:00.000Z',
      })
      const { visibility: _visibility, ...said } = full()
      expect(now.revisions).toHaveLength(1)
      expect(now.revisions?.[0]).toMatchObject({ ...said, revision: 1, version: 1 })
      await expectSound(store)
    })

    it('empties fields that are to be cleared', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember(full())
      const clear = [
        'title',
        'tags',
        'topics',
        'project',
        'codebase',
        'file',
        'author',
        'slot',
        'confidence',
      ] as const
      await store.memory.revise({ id, clear: [...clear, 'valid_from', 'valid_until', 'metadata'] })
      const found = await store.memory.get({ id })
      for (const field of clear) expect([null, []]).toContainEqual(found[field])
      expect(found).toMatchObject({
        valid_from: null,
        valid_until: null,
        metadata: {},
        partition: 'shared/decision',
      })
      expect((await store.memory.list({ tags: ['api'] })).total).toBe(0)
      await expectSound(store)
    })

    it('changes nothing where nothing differs, whatever the order of keys', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember(full())
      const same = {
        metadata: { nested: { ant: true, zebra: [1, null, 'ä'] }, ticket: 12 },
        tags: ['api', 'staging'],
      }
      expect(await store.memory.revise({ id, ...same })).toMatchObject({ outcome: 'unchanged', revision: 1 })
      expect((await store.memory.history({ id })).versions).toHaveLength(1)
    })

    it('refuses a revision that somebody else overtook', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'a' })
      await store.memory.revise({ id, content: 'b', if_revision: 1 })
      await expect(store.memory.revise({ id, content: 'c', if_revision: 1 })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      await expect(
        store.memory.revise({ id, valid_from: '2026-01-02', valid_until: '2026-01-01' }),
      ).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      expect(await store.memory.get({ id })).toMatchObject({ content: 'b', revision: 2 })
    })
  })
  times(engine)
}

function times(engine: TestEngine): void {
  describe('as_of and valid_at', () => {
    it('get gives the version that was there at a time', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const { id } = await memory.remember({ content: 'one' })
      clock.advance(HOUR)
      await memory.revise({ id, content: 'two' })
      clock.advance(HOUR)
      await memory.invalidate({ id })
      const at = (as_of: string) => memory.get({ id, as_of })
      expect(await at('2026-01-01T00:00:00Z')).toMatchObject({ content: 'one', status: 'active' })
      expect(await at('2026-01-01T00:59:59.999Z')).toMatchObject({ content: 'one' })
      expect(await at('2026-01-01T01:00:00Z')).toMatchObject({ content: 'two', status: 'active' })
      expect(await at('2026-01-01T02:00:00Z')).toMatchObject({ content: 'two', status: 'invalid' })
      await expect(at('2025-12-31T23:59:59Z')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('orders changes of one millisecond', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'one' })
      await store.memory.revise({ id, content: 'two' })
      await store.memory.revise({ id, content: 'three' })
      const { versions } = await store.memory.history({ id })
      expect(versions.map(version => version.updated_at.slice(-5))).toEqual(['.000Z', '.001Z', '.002Z'])
      for (const version of versions) {
        expect(await store.memory.get({ id, as_of: version.updated_at })).toMatchObject({
          content: version.content,
        })
      }
      await expectSound(store)
    })

    it('recall finds what was live then, and only that', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      const { id } = await memory.remember({ content: 'The lighthouse is red' })
      const kept = await memory.remember({ content: 'The lighthouse stands on a rock' })
      clock.advance(HOUR)
      await memory.revise({ id, content: 'The lighthouse is white' })
      clock.advance(HOUR)
      await memory.forget({ id })
      await memory.remember({ content: 'The lighthouse was sold' })
      const contents = async (as_of?: string) =>
        (await memory.recall({ query: 'lighthouse', ...(as_of ? { as_of } : {}) })).results
          .map(found => found.content)
          .sort()
      expect(await contents('2026-01-01T00:30:00Z')).toEqual([
        'The lighthouse is red',
        'The lighthouse stands on a rock',
      ])
      expect(await contents('2026-01-01T01:30:00Z')).toEqual([
        'The lighthouse is white',
        'The lighthouse stands on a rock',
      ])
      expect(await contents()).toEqual(['The lighthouse stands on a rock', 'The lighthouse was sold'])
      expect(await contents('2025-06-01')).toEqual([])
      const { results } = await memory.recall({ query: 'red', as_of: '2026-01-01T00:30:00Z' })
      expect(results).toMatchObject([{ id, status: 'active', revision: 1 }])
      expect((await memory.recall({ query: 'red' })).results).toEqual([])
      expect(kept.outcome).toBe('remembered')
    })

    it('recall and list keep to what holds at a time', async () => {
      await using store = await engine.open()
      const { memory, clock } = store
      await memory.remember({ content: 'The gate opens at nine', valid_until: '2026-06-01' })
      await memory.remember({ content: 'The gate opens at ten', valid_from: '2026-06-01' })
      await memory.remember({ content: 'The gate is green' })
      const recalled = async (valid_at?: string) =>
        (await memory.recall({ query: 'gate', ...(valid_at ? { valid_at } : {}) })).results
          .map(found => found.content)
          .sort()
      expect(await recalled()).toEqual(['The gate is green', 'The gate opens at nine'])
      expect(await recalled('2026-06-01')).toEqual(['The gate is green', 'The gate opens at ten'])
      clock.advance(200 * 24 * HOUR)
      expect(await recalled()).toEqual(['The gate is green', 'The gate opens at ten'])
      expect((await memory.list({})).total).toBe(3)
      expect((await memory.list({ valid_at: '2026-05-31' })).total).toBe(2)
    })
  })
}
