/** How both databases find entries of the journal, and what waits in quarantine: by an index, at any size. */
import { afterAll, describe, expect, it } from 'vitest'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { Engine } from '../../src/store/engine.ts'
import type { JournalQuery } from '../../src/store/journal-reader.ts'
import { Store } from '../../src/store/store.ts'
import { openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import { pglite, sqliteMemory, type TestEngine } from '../kit/engines.ts'
import { insertMemories } from '../kit/graphs.ts'
import { notingEngine, type Plans, scansOf } from '../kit/plans.ts'

const ROWS = 3000
const PRINCIPAL = { tenant_id: BOOTSTRAP_ID, user_id: BOOTSTRAP_ID, kind: 'person' } as never

/** An hour after the hour of the number, from the beginning of 2020. */
function hour(number: number): string {
  return new Date(Date.UTC(2020, 0, 1, number)).toISOString()
}

/** Thousands of entries and memories, of which few are rare. */
async function filled(store: StoreBeneath): Promise<void> {
  const { id } = await store.memory.remember({ content: 'like all the others', project: 'many' })
  await insertMemories(store, id, ROWS)
  const [{ head }] = (await store.raw('select max(sequence) as head from journal')) as [{ head: number }]
  const rows = Array.from({ length: ROWS }, (_, number) => {
    const isRare = number % 500 === 7
    const [kind, operation, actor] = isRare ? ['conflict', 'resolve', 'key'] : ['memory', 'remember', 'agent']
    const about = `01900000-0000-7000-9000-${String(number % 300).padStart(12, '0')}`
    const cells = [hour(number), actor, BOOTSTRAP_ID, operation, kind, about, 'd', 'p', 'h']
    return `('${BOOTSTRAP_ID}', ${Number(head) + number + 1}, ${cells.map(cell => `'${cell}'`).join()})`
  })
  const columns =
    'tenant_id, sequence, at, actor_kind, actor_user_id, operation, subject_kind, subject_id, payload_digest, previous_hash, hash'
  await store.raw(`insert into journal (${columns}) values ${rows.join()}`)
  await store.memory.remember({ content: 'says somebody else', project: 'many', third_party: true })
  const waiting = await store.memory.review({})
  expect(waiting.groups).toHaveLength(1)
  // A server does so by itself; SQLite must do without, as in any store.
  if (store.store.engine.name === 'postgres') await store.raw('analyze')
}

const FILTERS: readonly [what: string, query: Omit<JournalQuery, 'limit'>, index: RegExp][] = [
  ['kind', { subject_kind: 'conflict' }, /journal_by_kind/],
  ['operation', { operation: 'resolve' }, /journal_by_operation/],
  ['actor', { actor_kind: 'key' }, /journal_by_actor/],
  ['time', { after_time: hour(100), before_time: hour(103) }, /journal_by_time/],
  ['time of an actor', { actor_kind: 'agent', after_time: hour(100), before_time: hour(103) }, /by_time/],
  ['kind and operation', { subject_kind: 'conflict', operation: 'resolve' }, /journal_by_kind/],
  ['operation and time', { operation: 'resolve', after_time: hour(0) }, /journal_by_operation/],
  [
    'record, with all the rest',
    {
      subject_id: '01900000-0000-7000-9000-000000000007',
      subject_kind: 'conflict',
      operation: 'resolve',
      actor_kind: 'key',
      after_time: hour(0),
    },
    /journal_by_subject/,
  ],
]

function planning(engine: TestEngine, name: Engine['name']): void {
  describe(`plans of the journal on ${engine.name}`, () => {
    let store: StoreBeneath | undefined
    let opening: Promise<StoreBeneath> | undefined
    afterAll(() => store?.[Symbol.asyncDispose]())

    async function made(): Promise<StoreBeneath> {
      opening ??= openBeneath(engine).then(async opened => {
        store = opened
        await filled(opened)
        return opened
      })
      return opening
    }

    async function noted(): Promise<{ store: Store; plans: Plans }> {
      const { store, clock } = await made()
      const plans: Plans = new Map()
      const surroundings = { now: clock.now, newId: () => '', salt: () => 'salt' }
      return { store: new Store(notingEngine(store.engine, plans), surroundings), plans }
    }

    it.each(FILTERS)('by %s: found by the index', async (_what, query, index) => {
      const { store, plans } = await noted()
      const page = (before?: number) =>
        store.read(PRINCIPAL, tx => tx.journal.entries({ ...query, limit: 1, before }))
      const [newest] = await page()
      const [next] = await page(newest?.sequence)
      expect(next?.sequence).toBeLessThan(newest?.sequence ?? 0)
      expect(plans.size).toBe(2)
      expect(scansOf(plans, name, new Set(['journal']))).toEqual([])
      for (const [sql, plan] of plans) {
        expect(plan, sql).toMatch(index)
        expect(
          plan.match(/journal_by_\w+/g)?.every(used => index.test(used)),
          plan,
        ).toBe(true)
      }
    })

    it('without statistics pages are read in the order of their index', async () => {
      const { store, plans } = await noted()
      for (const [what, query] of FILTERS)
        await store.read(PRINCIPAL, tx => tx.journal.entries({ ...query, limit: what.length }))
      for (const [sql, plan] of plans) expect(plan, sql).not.toMatch(/TEMP B-TREE|Sort/)
    })

    it('what is in quarantine is found without looking at every memory', async () => {
      const { store: opened, plans } = await noted()
      for (const project of [undefined, 'many']) {
        const found = await opened.read(PRINCIPAL, tx =>
          tx.memories.list({ project, statuses: ['active'], trusts: ['untrusted'] }, { limit: 10 }),
        )
        expect(found).toEqual([])
        const waiting = await opened.read(PRINCIPAL, tx =>
          tx.memories.list(
            { project, statuses: ['active', 'candidate'], trusts: ['untrusted'] },
            { limit: 10 },
          ),
        )
        expect(waiting).toHaveLength(1)
      }
      expect(scansOf(plans, name, new Set(['memories']))).toEqual([])
      for (const [sql, plan] of plans) expect(plan, sql).toMatch(/memories_untrusted/)
    })
  })
}

planning(sqliteMemory, 'sqlite')
planning(pglite(), 'postgres')
