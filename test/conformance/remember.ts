import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { full, NOTES } from '../kit/samples.ts'

export function remembering(engine: TestEngine): void {
  describe('remember', () => {
    it('keeps every field and returns it', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { id, outcome } = await store.memory.remember(full())
      expect(outcome).toBe('remembered')
      expect(await store.memory.get({ id })).toMatchObject({
        ...full(),
        id,
        status: 'active',
        trust: 'stated',
        revision: 1,
        version: 1,
        shared_with_groups: [],
        partition: 'apollo/decision',
        scheme_version: 1,
        recorded_at: '2026-01-01T00:00:00.000Z',
        updated_at: '2026-01-01T00:00:00.000Z',
        document_id: null,
        position: null,
        superseded_by: null,
        reference_count: 0,
        last_referenced_at: null,
      })
      await expectSound(store)
    })

    it('leaves out what nobody said', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'plain' })
      const found = await store.memory.get({ id })
      expect(found).toMatchObject({ kind: 'note', tags: [], topics: [], metadata: {}, trust: 'inferred' })
      const { title, project, codebase, file, author, slot, confidence, valid_from, valid_until } = found
      expect([title, project, codebase, file, author, slot, confidence, valid_from, valid_until]).toEqual(
        new Array(9).fill(null),
      )
    })

    it('takes any text that can be stored, byte for byte', async () => {
      await using store = await engine.open()
      const texts = [
        '  spaces stay \n\ttabs too  ',
        "'; drop table memories; --",
        '👩‍👩‍👧 ＡＢＣ',
        '\u0001 control',
        'x'.repeat(65536),
      ]
      for (const content of texts) {
        const { id } = await store.memory.remember({ content, title: content.slice(0, 20) })
        expect(await store.memory.get({ id })).toMatchObject({ content, title: content.slice(0, 20) })
      }
      await expectSound(store)
    })

    it('takes the first and the last time that a year of four digits allows, and no other', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({
        content: 'long',
        valid_from: '0001-01-01T00:00:00Z',
        valid_until: '9999-12-31T23:59:59.999Z',
      })
      expect(await store.memory.get({ id })).toMatchObject({
        valid_from: '0001-01-01T00:00:00.000Z',
        valid_until: '9999-12-31T23:59:59.999Z',
      })
      for (const valid_from of ['0000-06-01', '0001-01-01T00:00:00+12:00', '9999-12-31T23:00:00-12:00']) {
        await expect(store.memory.remember({ content: 'odd', valid_from })).rejects.toMatchObject({
          code: 'INVALID_INPUT',
        })
      }
    })

    it('keeps no time but milliseconds of UTC', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({
        content: 'c',
        valid_from: '2026-03-01T01:30:00.123456+02:00',
      })
      expect((await store.memory.get({ id })).valid_from).toBe('2026-02-28T23:30:00.123Z')
    })

    it('stores nothing of a refused memory', async () => {
      await using store = await engine.open()
      const refused = [
        { content: ' ' },
        { content: 'a\0b' },
        { content: '\ud800' },
        { content: 'x'.repeat(65537) },
        { content: 'c', kind: 'Not A Kind' },
        { content: 'c', tags: ['x'.repeat(300)] },
        { content: 'c', valid_from: '2026-02-30' },
        { content: 'c', valid_from: '2026-02-02', valid_until: '2026-02-01' },
        { content: 'c', confidence: 2 },
        { content: 'c', metadata: { big: 'x'.repeat(9000) } },
        { content: 'c', visibility: 'public' as const },
      ]
      for (const input of refused) {
        await expect(store.memory.remember(input)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      }
      await expect(store.memory.remember({ content: 'c', colour: 'red' } as never)).rejects.toThrow(/colour/)
      expect((await store.memory.list({})).total).toBe(0)
      expect((await store.memory.journal({})).entries).toEqual([])
    })
  })
  duplicates(engine)
  idempotency(engine)
}

function duplicates(engine: TestEngine): void {
  describe('duplicates', () => {
    it('answers already_known for the same text, kind and project, and names what differs', async () => {
      await using store = await engine.open()
      const first = await store.memory.remember({ content: 'café', project: 'apollo', tags: ['a'] })
      const same = await store.memory.remember({ content: 'cafe\u0301', project: 'Apollo' })
      expect(same).toMatchObject({ id: first.id, outcome: 'already_known', notices: [] })
      const other = await store.memory.remember({
        content: 'café',
        project: 'apollo',
        tags: ['b'],
        valid_until: '2030-01-01',
      })
      expect(other).toMatchObject({ id: first.id, outcome: 'already_known' })
      expect(other.notices.join()).toMatch(/tags/)
      expect(other.notices.join()).toMatch(/valid_until/)
      expect(other.notices.join()).toContain(`revise ${first.id}`)
      expect((await store.memory.history({ id: first.id })).entries).toHaveLength(1)
    })

    it('keeps apart what differs in kind or project', async () => {
      await using store = await engine.open()
      const ids = new Set<string>()
      for (const extra of [{}, { kind: 'fact' }, { project: 'a-project' }, { project: 'other-thing' }]) {
        ids.add((await store.memory.remember({ content: 'one text', ...extra })).id)
      }
      expect(ids.size).toBe(4)
    })

    it('remembers anew what was forgotten, and refuses to restore a twin', async () => {
      await using store = await engine.open()
      const first = await store.memory.remember({ content: 'again' })
      await store.memory.forget({ id: first.id })
      const second = await store.memory.remember({ content: 'again' })
      expect(second).toMatchObject({ outcome: 'remembered' })
      expect(second.id).not.toBe(first.id)
      await expect(store.memory.restore({ id: first.id })).rejects.toMatchObject({ code: 'DUPLICATE' })
      const third = await store.memory.remember({ content: 'third' })
      await expect(store.memory.revise({ id: third.id, content: 'again' })).rejects.toMatchObject({
        code: 'DUPLICATE',
      })
      await expectSound(store)
    })

    it('tells near-duplicates and merges nothing', async () => {
      await using store = await engine.open()
      for (const content of NOTES) await store.memory.remember({ content })
      const near = await store.memory.remember({ content: 'The staging API now listens on port 8080' })
      expect(near.outcome).toBe('remembered')
      expect(near.near_duplicates.map(found => found.content)).toEqual([NOTES[0]])
      expect(near.near_duplicates[0]?.similarity).toBeGreaterThan(0.7)
      expect((await store.memory.list({})).total).toBe(NOTES.length + 1)
    })

    it('compares what memories say, whatever their tags, title or author, also of few words', async () => {
      await using store = await engine.open()
      const { memory } = store
      await memory.remember({ content: 'The nightly backup runs on server atlas' })
      await memory.remember({ content: 'Ana likes tea' })
      const about = { tags: ['ops', 'backup', 'server'], title: 'Where backups run', author: 'Grace' }
      const long = await memory.remember({ content: 'The nightly backup runs on server atlas!', ...about })
      expect(long.near_duplicates.map(found => found.similarity)).toEqual([1])
      const short = await memory.remember({ content: 'ANA likes  tea.', ...about })
      expect(short.near_duplicates.map(found => found.content)).toEqual(['Ana likes tea'])
      expect((await memory.remember({ content: 'Ana likes coffee' })).near_duplicates).toEqual([])
    })

    it('believes a person who says again what was not believed, and nobody else', async () => {
      await using person = await engine.open({ actor: 'person' })
      const { memory } = person
      const said = { content: 'The vault code is kept in Bern' }
      const { id } = await memory.remember({ ...said, third_party: true })
      expect(await memory.remember({ ...said, third_party: true })).toMatchObject({ id, trust: 'untrusted' })
      expect((await memory.recall({ query: 'vault code' })).notices.join()).toMatch(/1 in quarantine/)
      person.clock.advance(1000)
      const again = await memory.remember(said)
      expect(again).toMatchObject({ id, outcome: 'already_known', trust: 'stated', revision: 1 })
      expect(again.notices.join()).toMatch(/was untrusted; now it is stated/)
      expect((await memory.recall({ query: 'vault code' })).results.map(found => found.id)).toEqual([id])
      await expectSound(person)

      await using agent = await engine.open({ actor: 'agent' })
      await agent.memory.remember({ ...said, third_party: true })
      const repeated = await agent.memory.remember(said)
      expect(repeated.trust).toBe('untrusted')
      expect(repeated.notices.join()).toMatch(/quarantine/)
    })
  })
}

function idempotency(engine: TestEngine): void {
  describe('idempotency keys', () => {
    it('give the first answer again, from every write', async () => {
      await using store = await engine.open()
      const { memory } = store
      const said = { content: 'keyed', idempotency_key: 'k1' }
      const first = await memory.remember(said)
      expect(await memory.remember(said)).toEqual(first)
      const { id } = first
      const revision = { id, content: 'keyed, revised', idempotency_key: 'k2' }
      expect(await memory.revise(revision)).toEqual(await memory.revise(revision))
      for (const [step, key] of [
        ['forget', 'k3'],
        ['restore', 'k4'],
        ['invalidate', 'k5'],
      ] as const) {
        const once = await memory[step]({ id, idempotency_key: key })
        expect(await memory[step]({ id, idempotency_key: key })).toEqual(once)
      }
      expect((await memory.history({ id })).entries.map(entry => entry.operation)).toEqual([
        'remember',
        'revise',
        'forget',
        'restore',
        'invalidate',
      ])
      await expectSound(store)
    })

    it('refuse other arguments and other operations', async () => {
      await using store = await engine.open()
      const { id } = await store.memory.remember({ content: 'keyed', idempotency_key: 'k' })
      const mismatch = { code: 'IDEMPOTENCY_MISMATCH' }
      await expect(store.memory.remember({ content: 'other', idempotency_key: 'k' })).rejects.toMatchObject(
        mismatch,
      )
      await expect(store.memory.forget({ id, idempotency_key: 'k' })).rejects.toMatchObject(mismatch)
      expect((await store.memory.get({ id })).status).toBe('active')
    })

    it('are free again after a refused call and after a day', async () => {
      await using store = await engine.open()
      const missing = '01900000-0000-7000-8000-00000000ffff'
      await expect(store.memory.forget({ id: missing, idempotency_key: 'k' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await store.memory.remember({ content: 'first', idempotency_key: 'k' })
      store.clock.advance(24 * 60 * 60 * 1000 + 1)
      const second = await store.memory.remember({ content: 'second', idempotency_key: 'k' })
      expect(second.outcome).toBe('remembered')
    })
  })
}
