/** Recall by meaning: what is found without its words, and that nothing is found that may not be. */
import { describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const CAR = 'The car needs new tyres before the winter'
const CAR_QUERY = 'automobile maintenance'
const OTHERS = [
  'Grace prefers tabs over spaces',
  'The staging API listens on port 8080',
  'Deploys happen every Friday afternoon',
  'The cat sleeps on the warm radiator',
]

const UNRELATED = 'chromodynamics lagrangian'
const NOTHING_SURE = /^Nothing holds these words or is clearly near to them in meaning/

const withModel = { embedder: 'static', actor: 'person' } as const

async function filled(store: TestStore): Promise<string> {
  for (const content of OTHERS) await store.memory.remember({ content })
  return (await store.memory.remember({ content: CAR })).id
}

/** The contents that a query finds. */
async function found(memory: Heirloom, query: Parameters<Heirloom['recall']>[0]): Promise<string[]> {
  return (await memory.recall(query)).results.map(({ content }) => content)
}

export function meaning(engine: TestEngine): void {
  describe('recall by meaning', () => {
    it('finds a paraphrase by the very next query, before and after it was embedded', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      expect((await found(store.memory, { query: CAR_QUERY }))[0]).toBe(CAR)
      expect(await found(store.memory, { query: CAR_QUERY, without: ['dense'] })).toEqual([])
      const { spaces, notices } = await store.memory.embed({ drain: true })
      expect(notices).toEqual([])
      expect(spaces[0]?.coverage).toMatchObject({ embedded: OTHERS.length + 1, waiting: 0 })
      expect(spaces).toMatchObject([{ name: 'heirloom-static-en', is_default: true, dimensions: 256 }])
      const { results } = await store.memory.recall({ query: CAR_QUERY, explain: true })
      expect(results[0]).toMatchObject({ content: CAR, legs: { keyword: null, dense: 1 } })
      await expectSound(store)
    })

    it('has nothing to complain of while it embeds what waits on its way', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      const { results, notices } = await store.memory.recall({ query: CAR_QUERY })
      expect([results[0]?.content, notices]).toEqual([CAR, []])
      expect((await store.memory.status({})).notices).toEqual([])
      expect((await store.memory.space_check({})).ok).toBe(true)
    })

    it('finds what another handle wrote', async () => {
      if (!engine.shared) return
      await using store = await engine.open(withModel)
      const other = await store.another({ mode: 'existing' })
      expect(await found(store.memory, { query: CAR_QUERY })).toEqual([])
      await other.remember({ content: CAR })
      expect(await found(store.memory, { query: CAR_QUERY })).toEqual([CAR])
      await other.embed({ drain: true })
      expect(await found(store.memory, { query: CAR_QUERY })).toEqual([CAR])
    })

    it('finds what many short processes wrote one after the other, each of which left little', async () => {
      if (!engine.shared) return
      await using store = await engine.open(withModel)
      const contents = Array.from({ length: 70 }, (_, at) => `Shelf ${at} holds ${at * 3} jars of pickles`)
      contents[4] = CAR
      contents[67] = 'Bread is baked on Sundays'
      for (let start = 0; start < contents.length; start += 10) {
        const process = await store.another({ mode: 'existing' })
        for (const content of contents.slice(start, start + 10)) await process.remember({ content })
        await process.close()
      }
      const reader = await store.another({ mode: 'existing' })
      for (const [query, wanted] of [
        [CAR_QUERY, contents[4]],
        ['dough and oven', contents[67]],
      ] as const) {
        const { results, notices } = await reader.recall({ query })
        expect([results[0]?.content, notices]).toEqual([wanted, []])
      }
      await expectSound(store)
    })

    it('says when nothing holds the words or means nearly that, and shows what comes nearest', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      for (const drain of [false, true]) {
        await store.memory.embed({ drain })
        const { results, notices } = await store.memory.recall({ query: UNRELATED })
        expect(results.length).toBeGreaterThan(0)
        expect(notices).toEqual([expect.stringMatching(NOTHING_SURE)])
      }
    })

    it('names the quarantine instead where the words stand there', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      await store.memory.remember({ content: `Somebody wrote of ${UNRELATED}`, third_party: true })
      for (const drain of [false, true]) {
        await store.memory.embed({ drain })
        const { results, notices } = await store.memory.recall({ query: UNRELATED })
        expect(notices).toEqual([expect.stringMatching(/^Nothing trusted matches; 1 in quarantine/)])
        expect(results.map(({ content }) => content)).not.toContain(`Somebody wrote of ${UNRELATED}`)
      }
      const asked = { query: UNRELATED, trust: 'untrusted' } as const
      expect((await store.memory.recall(asked)).notices).toEqual([])
    })

    it('goes by words alone where nothing is to embed', async () => {
      await using store = await engine.open({ actor: 'person' })
      await filled(store)
      expect(await store.memory.recall({ query: CAR_QUERY })).toMatchObject({ results: [] })
      expect((await store.memory.status({})).spaces).toEqual([])
      expect((await found(store.memory, { query: 'new tyres' }))[0]).toBe(CAR)
    })

    it('forgets a meaning together with its text', async () => {
      await using store = await engine.open(withModel)
      const id = await filled(store)
      await store.memory.embed({ drain: true })
      await store.memory.revise({ id, content: 'Bread is baked on Sundays' })
      const best = async (query: string) => (await found(store.memory, { query, limit: 1 }))[0]
      expect(await best('dough and oven')).toBe('Bread is baked on Sundays')
      expect(await store.raw(`select text_hash from vectors where subject_id = '${id}'`)).toEqual([])
      await store.memory.embed({ drain: true })
      expect(await best('dough and oven')).toBe('Bread is baked on Sundays')
      expect(await store.raw(`select text_hash from vectors where subject_id = '${id}'`)).toHaveLength(1)
      await expectSound(store)
    })

    it('keeps a meaning through states that recall does not see', async () => {
      await using store = await engine.open(withModel)
      const id = await filled(store)
      await store.memory.embed({ drain: true })
      const [before] = await store.raw(`select id from vectors where subject_id = '${id}'`)
      await store.memory.forget({ id })
      expect(await found(store.memory, { query: CAR_QUERY })).not.toContain(CAR)
      await store.memory.restore({ id })
      expect((await found(store.memory, { query: CAR_QUERY }))[0]).toBe(CAR)
      await store.memory.embed({ drain: true })
      expect(await store.raw(`select id from vectors where subject_id = '${id}'`)).toEqual([before])
      await expectSound(store)
    })

    it('leaves nothing of what was taken back, and embeds anew what was brought back', async () => {
      await using store = await engine.open(withModel)
      const made = await store.memory.remember({ content: CAR })
      await store.memory.embed({ drain: true })
      const undone = await store.memory.undo({ receipt: made.receipt! })
      expect(await store.raw('select * from vectors')).toEqual([])
      expect(await store.raw('select * from embedding_queue')).toEqual([])
      await store.memory.undo({ receipt: undone.receipt! })
      expect(await found(store.memory, { query: CAR_QUERY })).toEqual([CAR])
      await store.memory.embed({ drain: true })
      await expectSound(store)
    })

    it('embeds passages, and keeps their vectors when nothing of them changed', async () => {
      await using store = await engine.open(withModel)
      const text = `# Notes\n\n${CAR}.\n\n## Kitchen\n\nBread is baked on Sundays.\n`
      await store.memory.ingest({ text, name: 'notes.md' })
      await store.memory.embed({ drain: true })
      const before = await store.raw('select id, subject_id from vectors order by id')
      expect(before.length).toBeGreaterThan(1)
      await store.memory.ingest({ text: `${text}\nAnd cake on Mondays.\n`, name: 'notes.md' })
      await store.memory.embed({ drain: true })
      const after = await store.raw('select id, subject_id from vectors order by id')
      expect(after.filter(({ id }) => before.some(row => row.id === id)).length).toBeGreaterThan(0)
      expect((await store.memory.recall({ query: CAR_QUERY })).results[0]?.content).toContain(CAR)
      await expectSound(store)
    })

    it('finds entities by what they are', async () => {
      await using store = await engine.open(withModel)
      const description = 'Stores the photographs that customers upload'
      await store.memory.entity_create({ type: 'service', name: 'Pelican', description })
      const best = async () => (await store.memory.recall({ query: 'where do user pictures go' })).results[0]
      expect(await best()).toMatchObject({ record: 'entity', title: 'Pelican' })
      await store.memory.embed({ drain: true })
      expect(await best()).toMatchObject({ record: 'entity', title: 'Pelican' })
      await expectSound(store)
    })

    it('reaches a pack of context', async () => {
      await using store = await engine.open(withModel)
      const id = await filled(store)
      await store.memory.embed({ drain: true })
      const { items } = await store.memory.context({ prompt: 'I want to look after my automobile' })
      expect(items.map(item => item.id)).toContain(id)
    })
  })

  describe('the dense leg shows nothing that', () => {
    const cases: readonly [string, (store: TestStore, id: string) => Promise<unknown>, object?][] = [
      [
        'is of another project',
        ({ memory }, id) => memory.revise({ id, project: 'apollo' }),
        { project: 'moon' },
      ],
      ['is of another kind', async () => undefined, { kind: ['decision'] }],
      ['has other tags', async () => undefined, { tags: ['garage'] }],
      ['was recorded at another time', async () => undefined, { recorded_before: '2020-01-01' }],
      ['is only proposed', ({ memory }, id) => rejected(memory, id)],
      ['was forgotten', ({ memory }, id) => memory.forget({ id })],
      ['was found to be wrong', ({ memory }, id) => memory.invalidate({ id })],
      ['was superseded', ({ memory }, id) => memory.supersede({ id, content: 'Nothing at all' })],
      ['holds no more', ({ memory }, id) => memory.revise({ id, valid_until: '2025-01-01' })],
      ['is somebody else’s', (store, id) => givenAway(store, id)],
    ]
    for (const [what, change, filter = {}] of cases) {
      it(`${what}`, async () => {
        await using store = await engine.open(withModel)
        const id = await filled(store)
        if (Object.hasOwn(filter, 'project')) await store.memory.remember({ content: 'x', project: 'moon' })
        await store.memory.embed({ drain: true })
        expect(await found(store.memory, { query: CAR_QUERY })).toContain(CAR)
        await change(store, id)
        expect(await found(store.memory, { query: CAR_QUERY, ...filter })).not.toContain(CAR)
        await store.memory.embed({ drain: true })
        expect(await found(store.memory, { query: CAR_QUERY, ...filter })).not.toContain(CAR)
      })
    }

    it('waits in quarantine, unless asked for', async () => {
      await using store = await engine.open(withModel)
      await store.memory.remember({ content: CAR, third_party: true })
      for (const drain of [false, true]) {
        await store.memory.embed({ drain })
        expect(await found(store.memory, { query: CAR_QUERY })).toEqual([])
        expect(await found(store.memory, { query: CAR_QUERY, trust: 'untrusted' })).toEqual([CAR])
      }
    })

    it('was not known at the time that is asked about', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      await store.memory.embed({ drain: true })
      store.clock.advance(60_000)
      const as_of = '2020-01-01T00:00:00.000Z'
      expect(await found(store.memory, { query: CAR_QUERY, as_of })).toEqual([])
    })

    it('stands beside what is near and was forgotten', async () => {
      await using store = await engine.open(withModel)
      const text = ['# Day', 'We met at noon.', '## Garage', `${CAR}.`, '## Evening', 'We went home.'].join(
        '\n\n',
      )
      await store.memory.ingest({ text, name: 'day.md' })
      await store.memory.embed({ drain: true })
      const { results } = await store.memory.recall({ query: CAR_QUERY })
      const [hit] = results
      await store.memory.forget({ id: hit!.id })
      const left = await store.memory.recall({ query: CAR_QUERY })
      expect(left.results.map(({ id }) => id)).not.toContain(hit!.id)
    })
  })

  it('finds through a filter what a hundred nearer ones hide', async () => {
    await using store = await engine.open(withModel)
    for (let at = 0; at < 250; at++)
      await store.memory.remember({ content: `Car number ${at} needs new tyres` })
    const wanted = { content: 'Bicycles are oiled in spring', project: 'apollo', kind: 'decision' }
    await store.memory.remember(wanted)
    await store.memory.embed({ drain: true })
    for (const filter of [{ project: 'apollo' }, { kind: ['decision'] }])
      expect(await found(store.memory, { query: CAR_QUERY, ...filter })).toEqual([wanted.content])
  })
}

async function rejected(memory: Heirloom, id: string): Promise<void> {
  await memory.forget({ id })
  const { id: proposed } = await memory.remember({ content: CAR, candidate: true })
  expect(proposed).not.toBe(id)
}

async function givenAway({ raw }: TestStore, id: string): Promise<void> {
  const stranger = '01900000-0000-7000-8000-00000000ffff'
  await raw(`insert into users (tenant_id, id, handle, created_at)
    select tenant_id, '${stranger}', 'stranger', created_at from users limit 1`)
  await raw(`update memories set owner_user_id = '${stranger}' where id = '${id}'`)
  await raw(`update keyword_documents set owner_user_id = '${stranger}' where memory_id = '${id}'`)
}
