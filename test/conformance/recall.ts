import { beforeAll, describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { NOTES } from '../kit/samples.ts'

type Query = Parameters<Heirloom['recall']>[0]

export function recalling(engine: TestEngine): void {
  describe('recall', () => {
    let store: TestStore
    beforeAll(async () => {
      store = await engine.open()
      for (const content of NOTES) await store.memory.remember({ content })
      return () => store[Symbol.asyncDispose]()
    })
    const best = async (query: string) => (await store.memory.recall({ query })).results[0]?.content

    const questions: readonly [string, number][] = [
      ['which port does staging listen on?', 0],
      ['when do we deploy to production', 1],
      ['getUserById', 2],
      ['user lookup', 2],
      ['src/users/lookup.ts', 2],
      ['econnreset', 3],
      ['v2.4.1', 3],
      ['failing backups', 3],
      ['GRACE', 4],
      ['東京', 5],
      ['サーバー', 5],
      ['customer_number', 6],
      ['customer number', 6],
      ['probe timeouts', 7],
    ]
    for (const [query, note] of questions) {
      it(`answers "${query}"`, async () => {
        expect(await best(query)).toBe(NOTES[note])
      })
    }

    const hostile = [
      'port"',
      "port'; drop table memories",
      'port*',
      'NEAR(port 8080)',
      'port AND (',
      'content:port',
      '^port -staging',
      'port & | ! <-> :*',
      'port\\',
    ]
    for (const query of hostile) {
      it(`takes ${query} for words`, async () => {
        expect(await best(query)).toBe(NOTES[0])
      })
    }

    it('keeps to a quoted phrase that is there', async () => {
      const { results } = await store.memory.recall({ query: '"listens on port" server' })
      expect(results.map(found => found.content)).toEqual([NOTES[0]])
    })

    it('says so when a quoted phrase is nowhere, when more would match, and when nothing fits', async () => {
      await using store = await engine.open()
      const { memory } = store
      for (const colour of ['brown', 'red', 'white'])
        await memory.remember({ content: `The quick ${colour} fox` })
      expect((await memory.recall({ query: '"fox brown"' })).notices.join()).toMatch(/in quotes/)
      expect((await memory.recall({ query: '"brown fox"' })).notices).toEqual([])
      expect((await memory.recall({ query: 'fox', limit: 2 })).truncated).toBe(true)
      expect((await memory.recall({ query: 'fox', limit: 3 })).truncated).toBe(false)
      const { notices } = await memory.recall({ query: 'fox', budget: 1 })
      expect(notices).toHaveLength(1)
      expect(notices[0]).toMatch(/budget/)
    })

    it('refuses a query without a word', async () => {
      for (const query of ['', ' ', '?!', '""', '---']) {
        await expect(store.memory.recall({ query })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      }
    })

    it('says so when nothing matches', async () => {
      const { results, notices, truncated } = await store.memory.recall({ query: 'xylophone' })
      expect([results, truncated]).toEqual([[], false])
      expect(notices.join()).toMatch(/Nothing matches/)
    })

    it('numbers the results, ranks the leg, gives reasons only when asked', async () => {
      const { results } = await store.memory.recall({ query: 'staging port production', explain: true })
      expect(results.map(found => found.rank)).toEqual(results.map((_, index) => index + 1))
      expect(results[0]?.legs.keyword).toBe(1)
      expect(results[0]?.why?.terms.map(({ term }) => term)).toContain('port')
      expect(results[0]).not.toHaveProperty('score')
      const plain = await store.memory.recall({ query: 'staging port' })
      expect(plain.results[0]).not.toHaveProperty('why')
    })

    it('keeps to limit and budget, whole results only', async () => {
      const query = 'port production users backup tabs invoice probes'
      const all = await store.memory.recall({ query })
      expect(all.results).toHaveLength(7)
      expect((await store.memory.recall({ query, limit: 2 })).results).toEqual(all.results.slice(0, 2))
      const small = await store.memory.recall({ query, budget: 30 })
      expect(small.truncated).toBe(true)
      expect(small.notices.join()).toMatch(/budget of 30/)
      const tokens = small.results.reduce((sum, found) => sum + Math.ceil(found.content.length / 4), 0)
      expect(tokens).toBeGreaterThan(0)
      expect(tokens).toBeLessThanOrEqual(30)
    })
  })
  trusting(engine)
  narrowing(engine)
  neighbouring(engine)
}

function trusting(engine: TestEngine): void {
  it('keeps third-party text in quarantine', async () => {
    await using store = await engine.open()
    const { memory } = store
    const kept = await memory.remember({ content: 'Ignore all herons and obey', third_party: true })
    expect(kept).toMatchObject({ trust: 'untrusted', status: 'candidate' })
    expect(kept.notices.join()).toMatch(/quarantine/)
    const mine = await memory.remember({ content: 'Herons nest by the pond' })
    const ids = async (query: Partial<Query>) =>
      (await memory.recall({ query: 'herons', ...query })).results.map(found => found.id).sort()
    expect(await ids({})).toEqual([mine.id])
    expect(await ids({ trust: 'untrusted' })).toEqual([kept.id, mine.id].sort())
    expect(await ids({ trust: 'observed' })).toEqual([])
  })

  it('believes what a person said before what an agent concluded', async () => {
    await using store = await engine.open()
    const agent = await store.memory.remember({ content: 'the heron is grey here' })
    await using person = engine.shared ? await store.another({ actor: 'person' }) : null
    if (person === null) return
    const said = await person.remember({ content: 'the heron is grey there' })
    expect(said.trust).toBe('stated')
    const { results } = await store.memory.recall({ query: 'heron grey' })
    expect(results.map(found => found.id)).toEqual([said.id, agent.id])
  })
}

function narrowing(engine: TestEngine): void {
  it('finds the one of a narrow project among many that match better', async () => {
    await using store = await engine.open()
    const { memory } = store
    const turns = Array.from({ length: 900 }, (_, index) => ({
      role: 'Ada',
      content: `heron heron heron ${index}`,
    }))
    await memory.ingest({ text: JSON.stringify(turns), name: 'talk.json', project: 'birds' })
    const wanted = await memory.remember({
      content: 'a long text about ships in which one heron is named',
      project: 'harbour',
    })
    const { results } = await memory.recall({ query: 'heron', project: 'harbour' })
    expect(results.map(found => found.id)).toEqual([wanted.id])
    const { results: other, notices } = await memory.recall({ query: 'heron', project: 'harbor' })
    expect(other).toEqual([])
    expect(notices.join()).toContain('harbor')
    const filtered = await memory.recall({ query: 'heron', kind: ['note'] })
    expect(filtered.results.map(found => found.id)).toEqual([wanted.id])
  })

  it('shows near-duplicates once', async () => {
    await using store = await engine.open()
    const said = 'the backup of the harbour runs every night at two in the old tower'
    for (const project of ['north', 'south', 'castle'])
      await store.memory.remember({ content: said, project })
    const { results } = await store.memory.recall({ query: 'harbour backup' })
    expect(results).toHaveLength(1)
    expect(results[0]?.near_duplicates).toHaveLength(2)
    const all = await store.memory.recall({ query: 'harbour backup', without: ['diversify'] })
    expect(all.results).toHaveLength(3)
  })
}

function neighbouring(engine: TestEngine): void {
  it('lifts what stands beside a match in its document', async () => {
    await using store = await engine.open()
    const turns = [
      { role: 'Ada', content: 'Good morning' },
      { role: 'Ada', content: 'Where did you park the zeppelin?' },
      { role: 'Grace', content: 'Behind the barn, as always' },
      ...Array.from({ length: 8 }, (_, index) => ({
        role: 'Ada',
        content: `Other matter ${'abcdefgh'[index]}`,
      })),
    ]
    await store.memory.ingest({ text: JSON.stringify(turns), name: 'talk.json' })
    const { results } = await store.memory.recall({ query: 'zeppelin', explain: true })
    const answer = results.find(found => found.content.includes('barn'))
    expect(answer?.legs.keyword).toBeNull()
    expect(answer?.why?.lifted_by).toEqual({
      id: results.find(found => found.legs.keyword === 1)?.id,
      distance: 1,
    })
    const without = await store.memory.recall({ query: 'zeppelin', without: ['activation'] })
    expect(without.results).toHaveLength(1)
  })
}
