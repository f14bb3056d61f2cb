import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

async function withSixEntries(engine: TestEngine): Promise<TestStore & { id: string }> {
  const store = await engine.open({ client: 'claude', session: 'session 1' })
  const { memory, clock } = store
  const { id } = await memory.remember({ content: 'one', project: 'apollo', note: 'heard at lunch' })
  clock.advance(1000)
  await memory.revise({ id, content: 'two' })
  await memory.forget({ id })
  await memory.restore({ id })
  await memory.invalidate({ id, note: 'measured again' })
  return Object.assign(store, { id })
}

export function journalling(engine: TestEngine): void {
  describe('journal', () => {
    it('has one chained entry for every change, by whom, through what, why', async () => {
      await using store = await withSixEntries(engine)
      const { entries, verification } = await store.memory.journal({ verify: true })
      expect(verification).toMatchObject({ ok: true, entries: 6, head: entries[0]?.hash, broken: null })
      expect(entries.map(entry => [entry.sequence, entry.operation, entry.subject_kind, entry.note])).toEqual(
        [
          [6, 'invalidate', 'memory', 'measured again'],
          [5, 'restore', 'memory', null],
          [4, 'forget', 'memory', null],
          [3, 'revise', 'memory', null],
          [2, 'remember', 'memory', 'heard at lunch'],
          [1, 'remember', 'project', 'heard at lunch'],
        ],
      )
      expect(entries[3]).toMatchObject({ actor_kind: 'agent', client: 'claude', session: 'session 1' })
      expect(entries[3]?.after).toMatchObject({ revision: 2, version: 2 })
      expect(entries[3]?.before).toMatchObject({ revision: 1, version: 1 })
      expect(JSON.stringify(entries)).not.toContain('"two"')
      await expectSound(store)
    })

    it('has no entry for what changed nothing', async () => {
      await using store = await withSixEntries(engine)
      await store.memory.remember({ content: 'x' })
      await store.memory.remember({ content: 'x' })
      await store.memory.forget({ id: store.id }).catch(() => undefined)
      await store.memory.get({ id: store.id })
      await store.memory.recall({ query: 'two' })
      expect((await store.memory.journal({ verify: true })).verification?.entries).toBe(8)
    })

    it('is narrowed by its fields and read page by page', async () => {
      await using store = await withSixEntries(engine)
      const { memory, id } = store
      const sequences = async (query: Parameters<typeof memory.journal>[0]) =>
        (await memory.journal(query)).entries.map(entry => entry.sequence)
      expect(await sequences({ subject_id: id })).toEqual([6, 5, 4, 3, 2])
      expect(await sequences({ subject_kind: 'project' })).toEqual([1])
      expect(await sequences({ operation: 'revise' })).toEqual([3])
      expect(await sequences({ actor_kind: 'person' })).toEqual([])
      expect(await sequences({ before: '2026-01-01T00:00:01Z' })).toEqual([2, 1])
      expect(await sequences({ after: '2026-01-01T00:00:01Z' })).toEqual([6, 5, 4, 3])
      const first = await memory.journal({ limit: 4 })
      expect(first.truncated).toBe(true)
      expect(await sequences({ limit: 4, cursor: first.cursor ?? '' })).toEqual([2, 1])
    })

    it('narrowed by time is read in the order of time, each entry once, where clocks went differently', async () => {
      await using store = await withSixEntries(engine)
      const { memory, clock, id } = store
      clock.advance(-500)
      await memory.restore({ id })
      const pages = async (query: Parameters<typeof memory.journal>[0]) => {
        const found: number[] = []
        for (let cursor: string | undefined; ; ) {
          const page = await memory.journal({
            ...query,
            limit: 1,
            ...(cursor === undefined ? {} : { cursor }),
          })
          found.push(...page.entries.map(entry => entry.sequence))
          if (page.cursor === null) return found
          cursor = page.cursor
        }
      }
      const after = '2026-01-01T00:00:00.500Z'
      expect(await pages({ after })).toEqual([6, 5, 4, 3, 7])
      expect(await pages({ after, actor_kind: 'agent' })).toEqual([6, 5, 4, 3, 7])
      expect(await pages({ before: '2026-01-01T00:00:01Z' })).toEqual([7, 2, 1])
      expect(await pages({ after, operation: 'restore' })).toEqual([7, 5])
      expect(await pages({ after, subject_id: id })).toEqual([7, 6, 5, 4, 3])
      expect(await pages({ after, subject_kind: 'memory' })).toEqual([6, 5, 4, 3, 7])
    })
  })
  history(engine)
  tampering(engine)
}

function history(engine: TestEngine): void {
  it('history tells every version and entry of one memory, oldest first', async () => {
    await using store = await withSixEntries(engine)
    await store.memory.remember({ content: 'another' })
    const { versions, entries, status, truncated } = await store.memory.history({ id: store.id })
    expect(status).toBe('invalid')
    expect(truncated).toBe(false)
    expect(versions.map(found => [found.version, found.revision, found.status, found.content])).toEqual([
      [1, 1, 'active', 'one'],
      [2, 2, 'active', 'two'],
      [3, 2, 'retired', 'two'],
      [4, 2, 'active', 'two'],
      [5, 2, 'invalid', 'two'],
    ])
    expect(entries.map(entry => entry.sequence)).toEqual([2, 3, 4, 5, 6])
    const short = await store.memory.history({ id: store.id, limit: 2 })
    expect(short.truncated).toBe(true)
    expect(short.entries.map(entry => entry.sequence)).toEqual([5, 6])
  })
}

/** What an intruder does to the third of six entries, and what verification then says. */
const TAMPERINGS = [
  ['a changed note', `update journal set note = 'forged' where sequence = 3`, 3, /fields/],
  ['a changed operation', `update journal set operation = 'forget' where sequence = 3`, 3, /fields/],
  ['a changed time', `update journal set at = '2026-01-01T00:00:00.500Z' where sequence = 3`, 3, /fields/],
  ['a changed hash', `update journal set hash = payload_digest where sequence = 3`, 3, /fields/],
  ['a changed payload', `update journal_payloads set payload = '{}' where sequence = 3`, 3, /payload/],
  ['a changed salt', `update journal_payloads set salt = 'x' where sequence = 3`, 3, /payload/],
  [
    'a removed entry',
    `delete from journal_payloads where sequence = 3; delete from journal where sequence = 3`,
    4,
    /entry 3 is missing/,
  ],
  [
    'a removed beginning',
    `delete from journal_payloads where sequence = 1; delete from journal where sequence = 1`,
    2,
    /missing/,
  ],
] as const

function tampering(engine: TestEngine): void {
  describe('verification', () => {
    for (const [what, statements, sequence, reason] of TAMPERINGS) {
      it(`names the entry with ${what}`, async () => {
        await using store = await withSixEntries(engine)
        for (const statement of statements.split('; ')) await store.raw(statement)
        const { verification } = await store.memory.journal({ verify: true })
        expect(verification).toMatchObject({ ok: false, broken: { sequence } })
        expect(verification?.broken?.reason).toMatch(reason)
        const { ok, checks } = await store.memory.doctor({})
        expect(ok).toBe(false)
        expect(checks.find(check => check.name === 'journal')?.detail).toContain(`entry ${sequence}`)
      })
    }

    it('names an entry that was forged with a hash of its own', async () => {
      await using store = await withSixEntries(engine)
      await store.raw(`update journal set previous_hash = payload_digest where sequence = 4`)
      const { verification } = await store.memory.journal({ verify: true })
      expect(verification?.broken).toMatchObject({
        sequence: 4,
        reason: expect.stringMatching(/previous hash/),
      })
    })

    it('doctor finds text that does not give its hash, and index rows that disagree', async () => {
      await using store = await withSixEntries(engine)
      const failing = async () =>
        (await store.memory.doctor({})).checks.filter(check => !check.ok).map(check => check.name)
      expect(await failing()).toEqual([])
      await store.raw(`update keyword_totals set documents = documents + 1 where live = 1`)
      expect(await failing()).toEqual(['keyword index'])
      await store.raw(`update keyword_totals set documents = documents - 1 where live = 1`)
      await store.raw(`delete from keyword_documents where version = 5`)
      expect(await failing()).toEqual(['keyword index'])
      await store.raw(`update memories set content = 'forged'`)
      expect(await failing()).toContain('content hashes')
    })
  })
}
