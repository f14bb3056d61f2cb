import { beforeAll, describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { full } from '../kit/samples.ts'

type Filter = NonNullable<Parameters<Heirloom['list']>[0]>

/** Each filter with a value that finds the sample and one that does not. */
const FILTERS: readonly { readonly finds: Filter; readonly misses: Filter }[] = [
  { finds: { project: 'Apollo' }, misses: { project: 'hermes' } },
  { finds: { kind: ['fact', 'decision'] }, misses: { kind: ['fact'] } },
  { finds: { tags: ['api', 'staging'] }, misses: { tags: ['api', 'other'] } },
  { finds: { topics: ['Networking'] }, misses: { topics: ['networking'] } },
  { finds: { topics: ['ports 50%', 'Networking'] }, misses: { topics: ['ports 500'] } },
  { finds: { codebase: 'apollo-server' }, misses: { codebase: 'apollo' } },
  { finds: { file: 'src/server.ts' }, misses: { file: 'src/server' } },
  { finds: { author: 'Ada Lovelace' }, misses: { author: 'ada lovelace' } },
  { finds: { session_id: 'session 1' }, misses: { session_id: 'session 2' } },
  { finds: { client_id: 'claude' }, misses: { client_id: 'codex' } },
  { finds: { status: ['active'] }, misses: { status: ['retired', 'invalid'] } },
  { finds: { trust: 'inferred' }, misses: { trust: 'observed' } },
  { finds: { min_confidence: 0.8 }, misses: { min_confidence: 0.81 } },
  { finds: { slot_subject: 'staging api' }, misses: { slot_subject: 'staging' } },
  { finds: { slot_attribute: 'port' }, misses: { slot_attribute: 'host' } },
  { finds: { recorded_after: '2026-01-01' }, misses: { recorded_after: '2026-01-02' } },
  { finds: { recorded_before: '2026-01-02' }, misses: { recorded_before: '2026-01-01' } },
]

export function filtering(engine: TestEngine): void {
  describe('filters', () => {
    let store: TestStore
    let id: string
    beforeAll(async () => {
      store = await engine.open()
      id = (await store.memory.remember(full())).id
      await store.memory.remember({ content: 'Herons nest by the port', kind: 'note' })
      return () => store[Symbol.asyncDispose]()
    })

    for (const { finds, misses } of FILTERS) {
      const field = Object.keys(finds).join()
      it(`${field} ${JSON.stringify(Object.values(finds))} narrows list and recall`, async () => {
        const { memory } = store
        expect((await memory.list(finds)).results.map(found => found.id)).toContain(id)
        expect((await memory.list(misses)).results.map(found => found.id)).not.toContain(id)
        const recalled = await memory.recall({ query: 'staging port', ...finds })
        expect(recalled.results.map(found => found.id)).toContain(id)
        const missed = await memory.recall({ query: 'staging port', ...misses })
        expect(missed.results.map(found => found.id)).not.toContain(id)
      })

      it(`${field} ${JSON.stringify(Object.values(finds))} narrows what was known then`, async () => {
        const as_of = '2026-01-01T00:00:00Z'
        await using past = await engine.open()
        const known = await past.memory.remember(full())
        past.clock.advance(1000)
        await past.memory.revise({
          id: known.id,
          content: 'nothing of it',
          tags: ['x'],
          clear: ['topics', 'slot'],
        })
        const recalled = await past.memory.recall({ query: 'staging port', as_of, ...finds })
        expect(recalled.results.map(found => found.id)).toEqual([known.id])
        expect((await past.memory.recall({ query: 'staging port', as_of, ...misses })).results).toEqual([])
      })
    }

    it('all together find the one, and any that misses finds nothing', async () => {
      const all = Object.assign({}, ...FILTERS.map(filter => filter.finds)) as Filter
      expect((await store.memory.list(all)).results.map(found => found.id)).toEqual([id])
      expect((await store.memory.recall({ query: 'port', ...all })).results.map(found => found.id)).toEqual([
        id,
      ])
      for (const { misses } of FILTERS) {
        expect((await store.memory.list({ ...all, ...misses })).total).toBe(0)
      }
    })

    it('a filter that is not known is refused by name', async () => {
      await expect(store.memory.list({ colour: 'red' } as never)).rejects.toThrow(/colour/)
    })

    it('finds the passages of one document', async () => {
      await using other = await engine.open()
      await other.memory.ingest({ text: '# One\n\nherons', name: 'one.md' })
      await other.memory.ingest({ text: '# Two\n\nherons', name: 'two.md' })
      const { results } = await other.memory.list({})
      const of = (document: string) => results.find(found => found.document === document)?.document_id ?? ''
      const { results: found } = await other.memory.recall({ query: 'herons', document_id: of('two.md') })
      expect(found.map(({ document }) => document)).toEqual(['two.md'])
      expect((await other.memory.list({ document_id: of('one.md') })).total).toBe(1)
    })
  })
}
