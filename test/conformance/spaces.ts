/** Embedding spaces: which there are, how they are filled, and what is said while one is not, or cannot be. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import { type Reply, sendJson, serveEmbeddings, sound } from '../kit/embedding-server.ts'
import { type TestEngine, type TestStore, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { writeModel } from '../kit/models.ts'

export const person = { actor: 'person' } as const
export const withModel = { ...person, embedder: 'static' } as const

const TEXTS = ['red and green', 'blue and red', 'green']

export async function filled({ memory }: TestStore): Promise<string[]> {
  const ids: string[] = []
  for (const content of TEXTS) ids.push((await memory.remember({ content })).id)
  return ids
}

export async function stateOf(memory: Heirloom, name: string) {
  const { spaces } = await memory.space_list({})
  return spaces.find(space => space.name === name)
}

export function spacing(engine: TestEngine): void {
  const folder = temporaryFolder()
  let count = 0
  const model = () => writeModel(join(folder, `tiny-${++count}`))

  describe('embedding spaces', () => {
    it('begin with the shipped model, which the journal tells of once', async () => {
      await using store = await engine.open(withModel)
      const { spaces, notices } = await store.memory.space_list({})
      expect(notices).toEqual([])
      expect(spaces).toMatchObject([
        { name: 'heirloom-static-en', provider: 'static', is_default: true, dimensions: 256 },
      ])
      const { entries } = await store.memory.journal({})
      expect(entries).toMatchObject([
        {
          operation: 'space_add',
          actor_kind: 'system',
          subject_kind: 'space',
          subject_id: 'heirloom-static-en',
        },
      ])
      if (!engine.shared) return
      await store.another()
      expect((await store.memory.journal({})).entries).toHaveLength(1)
    })

    it('fill an older store when it is opened', async () => {
      if (!engine.shared) return
      await using store = await engine.open(person)
      await filled(store)
      const seen: string[] = []
      const other = await store.another({ embedder: 'static', progress: ({ item }) => seen.push(item) })
      expect(seen).toContain('embedding into heirloom-static-en')
      expect((await stateOf(other, 'heirloom-static-en'))?.coverage).toMatchObject({
        embedded: 3,
        waiting: 0,
      })
      await expectSound({ ...store, memory: other })
    })

    it('are added beside one another, filled, and chosen when they are full', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      const added = await store.memory.space_add({ provider: `model2vec:${model()}`, name: 'small' })
      expect(added).toMatchObject({ space: { name: 'small', dimensions: 2, is_default: false } })
      await store.memory.remember({ content: 'said after the space was there, in red' })
      await store.memory.embed({ drain: true })
      expect((await stateOf(store.memory, 'small'))?.coverage).toMatchObject({ embedded: 4, waiting: 0 })
      expect(await store.memory.space_default({ name: 'small' })).toMatchObject({
        before: 'heirloom-static-en',
        now: 'small',
      })
      const { results } = await store.memory.recall({ query: 'blue' })
      expect(results[0]?.content).toBe('blue and red')
      await store.memory.space_drop({ name: 'heirloom-static-en' })
      expect((await store.memory.space_list({})).spaces.map(({ name }) => name)).toEqual(['small'])
      await expectSound(store)
    })

    it('are not chosen before they are full, nor dropped while recall goes by them', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      await store.raw('delete from embedding_queue')
      await store.memory.space_add({ provider: `model2vec:${model()}`, name: 'small' })
      await store.raw(`update settings set value = 'memory ' where name like 'embedding_demand.%'`)
      await expect(store.memory.space_default({ name: 'small' })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('heirloom embed --drain --space small'),
      })
      await expect(store.memory.space_drop({ name: 'heirloom-static-en' })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      await store.memory.space_default({ name: 'none' })
      expect((await store.memory.recall({ query: 'red' })).results.length).toBeGreaterThan(0)
      expect((await store.memory.space_list({})).notices.join()).toMatch(/words alone/)
    })

    it('take only a name that is free, a provider that there is, and the word of a person', async () => {
      await using store = await engine.open(withModel)
      const provider = `model2vec:${model()}`
      await store.memory.space_add({ provider, name: 'small' })
      const wrong: [Parameters<Heirloom['space_add']>[0], string, RegExp][] = [
        [{ provider, name: 'small' }, 'CONFLICT', /--name/],
        [{ provider, name: 'Not A Name' }, 'INVALID_INPUT', /lower-case/],
        [{ provider, name: 'none' }, 'INVALID_INPUT', /means no space.*--name/],
        [{ provider: 'word2vec' }, 'INVALID_INPUT', /static, model2vec/],
        [{ provider: 'none' }, 'INVALID_INPUT', /space default none/],
        [{ provider: 'http:http://me:secret@127.0.0.1:9/v1#m' }, 'INVALID_INPUT', /HEIRLOOM_EMBEDDING_KEY/],
        [{ provider: `model2vec:${join(folder, 'nowhere')}` }, 'EMBEDDER_UNAVAILABLE', /nowhere/],
      ]
      for (const [input, code, message] of wrong) {
        const error = await store.memory.space_add(input).then(
          () => null,
          (found: { code: string; message: string }) => found,
        )
        expect({ input, code: error?.code }).toEqual({ input, code })
        expect(error?.message).toMatch(message)
        expect(error?.message).not.toContain('secret')
      }
      expect((await store.memory.space_list({})).spaces).toHaveLength(2)
      await expect(store.memory.space_default({ name: 'large' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining('heirloom-static-en, small'),
      })
      for (const drain of [false, true])
        await expect(store.memory.embed({ space: 'large', drain })).rejects.toMatchObject({
          code: 'NOT_FOUND',
        })
      if (!engine.shared) return
      const agent = await store.another({ actor: 'agent' })
      for (const attempt of [
        () => agent.space_add({ provider: 'static', name: 'other' }),
        () => agent.space_default({ name: 'none' }),
        () => agent.space_drop({ name: 'small' }),
      ])
        await expect(attempt()).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    })

    it('that were dropped come back empty when that is taken back, and are filled again', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      await store.memory.space_add({ provider: `model2vec:${model()}`, name: 'small' })
      await store.memory.embed({ drain: true })
      const { receipt, vectors } = await store.memory.space_drop({ name: 'small' })
      expect(vectors).toBe(3)
      await store.memory.undo({ receipt: receipt! })
      await store.memory.embed({ drain: true })
      expect((await stateOf(store.memory, 'small'))?.coverage).toMatchObject({ embedded: 3, waiting: 0 })
      await expectSound(store)
    })
  })

  describe('a provider that', () => {
    it('is missing leaves recall to words, and says so everywhere until it is back', async () => {
      if (!engine.shared) return
      await using store = await engine.open(withModel)
      const without = await store.another({ mode: 'existing', models: folder })
      await filled({ ...store, memory: without })
      const { results, notices } = await without.recall({ query: 'red' })
      expect(results).toHaveLength(2)
      expect(notices).toMatchObject([expect.stringMatching(/words alone.*space check heirloom-static-en/)])
      expect((await without.status({})).notices.join()).toMatch(/words alone/)
      await expect(without.embed({ drain: true })).rejects.toMatchObject({ code: 'EMBEDDER_UNAVAILABLE' })
      expect(await store.raw('select * from vectors')).toEqual([])
      expect((await without.status({})).notices[0]).toMatch(
        /^Space "heirloom-static-en" cannot be filled: .*: npm install heirloom\. See: heirloom space check heirloom-static-en$/,
      )
      const { checks } = await without.space_check({})
      expect(checks.find(({ name }) => name === 'vectors')).toMatchObject({
        ok: false,
        detail: '0 embedded, 3 waiting for the provider',
      })
      expect((await without.context({ prompt: 'red' })).notices.join()).toMatch(/words alone/)
      await store.memory.embed({ drain: true })
      expect((await stateOf(store.memory, 'heirloom-static-en'))?.coverage.embedded).toBe(3)
      expect(await store.memory.space_check({})).toMatchObject({ ok: true })
      expect((await store.memory.recall({ query: 'red' })).notices).toEqual([])
    })

    it('is missing from the beginning is waited for, and everything is embedded when it comes', async () => {
      if (!engine.shared) return
      await using store = await engine.open({ ...withModel, models: folder })
      await filled(store)
      expect((await store.memory.recall({ query: 'red' })).notices.join()).toMatch(/words alone.*npm install/)
      for (const ask of ['status', 'space_list', 'space_check'] as const)
        expect((await store.memory[ask]({})).notices).toEqual([
          expect.stringMatching(/words alone.*npm install/),
        ])
      const other = await store.another({
        mode: 'existing',
        models: join(import.meta.dirname, '../../models'),
      })
      expect((await stateOf(other, 'heirloom-static-en'))?.coverage).toMatchObject({
        embedded: 3,
        waiting: 0,
      })
    })

    const changes: readonly [string, string][] = [
      ['weights', `digest = '${'0'.repeat(64)}'`],
      ['dimensions', 'dimensions = 128'],
    ]
    for (const [what, change] of changes) {
      it(`has other ${what} than the space writes no vector`, async () => {
        await using store = await engine.open(withModel)
        await store.raw(`update spaces set ${change}`)
        await filled(store)
        const { results, notices } = await store.memory.recall({ query: 'red' })
        expect(results).toHaveLength(2)
        expect(notices.join()).toMatch(/words alone/)
        await expect(store.memory.embed({ drain: true })).rejects.toMatchObject({ code: 'SPACE_MISMATCH' })
        expect(await store.raw('select * from vectors')).toEqual([])
        expect(await store.raw('select * from embedding_queue where claimed_by is not null')).toEqual([])
        const { checks } = await store.memory.space_check({})
        expect(checks.find(({ name }) => name === 'provider')).toMatchObject({ ok: false })
      })
    }

    it('is down has what is written wait, and gets it when it is up again', async () => {
      let isUp = true
      const reply: Reply = (response, received, count) => {
        if (isUp) return sound(response, received, count)
        response.statusCode = 503
        response.end('down')
      }
      await using server = await serveEmbeddings(reply)
      await using store = await engine.open({ ...person, embedder: `http:${server.origin}/v1#tiny` })
      isUp = false
      await filled(store)
      expect((await store.memory.recall({ query: 'red' })).notices.join()).toMatch(/words alone.*503/)
      await expect(store.memory.embed({ drain: true })).rejects.toMatchObject({
        code: 'EMBEDDER_UNAVAILABLE',
      })
      const { notices } = await store.memory.status({})
      expect(notices.join()).toMatch(/503/)
      expect(notices.join()).toMatch(/heirloom space check/)
      isUp = true
      expect(await store.memory.embed({ drain: true })).toMatchObject({ notices: [] })
      expect((await stateOf(store.memory, 'tiny'))?.coverage).toMatchObject({ embedded: 3, waiting: 0 })
      expect((await store.memory.recall({ query: 'red' })).notices).toEqual([])
      await expectSound(store)
    })

    it('cannot embed one text embeds the others; that one is set aside, with its reason', async () => {
      const reply: Reply = (response, received, count) => {
        if (!received.body.input.some(text => text.includes('blue'))) return sound(response, received, count)
        response.statusCode = 400
        sendJson(response, { error: { message: 'too blue' } })
      }
      await using server = await serveEmbeddings(reply)
      await using store = await engine.open({ ...person, embedder: `http:${server.origin}/v1#tiny` })
      await filled(store)
      for (let attempt = 1; attempt <= 5; attempt++) {
        await store.memory.embed({ drain: true })
        store.clock.advance(3_600_000)
      }
      const state = await stateOf(store.memory, 'tiny')
      expect(state?.coverage).toMatchObject({ embedded: 2, waiting: 1, set_aside: 1 })
      expect(state?.coverage.reasons.join()).toMatch(/400/)
      const asked = server.received.length
      await store.memory.embed({ drain: true })
      expect(server.received.length).toBe(asked)
      expect((await store.memory.status({})).notices.join()).toMatch(/embed --retry/)
      await store.memory.embed({ retry: true })
      expect(server.received.length).toBeGreaterThan(asked)
      await expectSound(store)
    })

    it('changes its model under the same name is found out by the check', async () => {
      let isChanged = false
      const reply: Reply = (response, received, count) => {
        if (!isChanged) return sound(response, received, count)
        const data = received.body.input.map((_, index) => ({ index, embedding: [1, 0, 0] }))
        sendJson(response, { data })
      }
      await using server = await serveEmbeddings(reply)
      await using store = await engine.open({ ...person, embedder: `http:${server.origin}/v1#tiny` })
      await store.memory.embed({ drain: true })
      expect(await store.memory.space_check({})).toMatchObject({ ok: true })
      isChanged = true
      const { checks } = await store.memory.space_check({ name: 'tiny' })
      expect(checks.find(({ name }) => name === 'provider')).toMatchObject({
        ok: false,
        detail: expect.stringContaining('its model was changed'),
      })
    })
  })

  it('snapshots carry vectors, byte for byte, and what has none is queued again', async () => {
    await using source = await engine.open(withModel)
    await using target = await engine.open(person)
    const dir = join(folder, `snapshots-${++count}`)
    await filled(source)
    await source.memory.embed({ drain: true })
    const { id: late } = await source.memory.remember({ content: 'not embedded yet' })
    await source.raw('delete from embedding_queue')
    await source.raw(`delete from vectors where subject_id = '${late}'`)
    const before = await source.memory.digest({})
    const { id } = await source.memory.snapshot_create({ dir })
    await target.memory.snapshot_restore({ id, dir, to: target.address })
    expect(await target.memory.digest({})).toEqual(before)
    await target.memory.embed({ drain: true })
    expect((await stateOf(target.memory, 'heirloom-static-en'))?.coverage).toMatchObject({ embedded: 4 })
    expect((await target.memory.recall({ query: 'red' })).notices).toEqual([])
    await expectSound(target)
  })
}
