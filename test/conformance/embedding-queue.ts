/** The queue of texts that wait for their vectors, and what doctor says of vectors that are not of their texts. */
import { describe, expect, it } from 'vitest'
import { type Reply, serveEmbeddings, sound } from '../kit/embedding-server.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { filled, person, stateOf, withModel } from './spaces.ts'

export function queueing(engine: TestEngine): void {
  describe('the queue', () => {
    it('is written with the text, or not at all', async () => {
      await using store = await engine.open(withModel)
      await expect(
        store.memory.remember({ content: 'x', valid_from: '2026-01-02', valid_until: '2026-01-01' }),
      ).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      expect(await store.raw('select * from embedding_queue')).toEqual([])
      const { id } = await store.memory.remember({ content: 'y' })
      const queued = await store.raw(
        'select subject_id from embedding_queue union select subject_id from vectors',
      )
      expect(queued).toEqual([{ subject_id: id }])
    })

    it('is shared by several processes, and nothing is embedded twice', async () => {
      if (!engine.shared) return
      let texts = 0
      const reply: Reply = (response, received, count) => {
        texts += received.body.input.filter(text => text.startsWith('text')).length
        sound(response, received, count)
      }
      await using server = await serveEmbeddings(reply)
      await using store = await engine.open({ ...person, embedder: `http:${server.origin}/v1#tiny` })
      const others = await Promise.all([1, 2, 3].map(() => store.another({ mode: 'existing' })))
      for (let at = 0; at < 60; at++) await store.memory.remember({ content: `text ${at}` })
      await Promise.all([store.memory, ...others].map(memory => memory.embed({ drain: true })))
      await store.memory.embed({ drain: true })
      expect((await stateOf(store.memory, 'tiny'))?.coverage).toMatchObject({ embedded: 60, waiting: 0 })
      expect(texts).toBe(60)
    })

    it('gives what a process took and never finished to another, also when the clock has jumped', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      for (const until of ['2026-01-01T00:01:00.000Z', '2099-01-01T00:00:00.000Z']) {
        await store.raw(`delete from vectors`)
        await store.raw(`delete from embedding_queue`)
        await store.raw(`insert into embedding_queue (space, subject_id, subject, claimed_by, claimed_until)
          select s.number, m.id, 'memory', 'nobody', '${until}' from memories as m cross join spaces as s`)
        store.clock.advance(120_000)
        expect(await store.memory.embed({ drain: true })).toMatchObject({ embedded: 3 })
      }
    })

    it('keeps what a process took whose clock is a little ahead from the others, until its time is over', async () => {
      await using store = await engine.open(withModel)
      await filled(store)
      await store.raw(`delete from vectors`)
      await store.raw(`delete from embedding_queue`)
      await store.raw(`insert into embedding_queue (space, subject_id, subject, claimed_by, claimed_until)
        select s.number, m.id, 'memory', 'nobody', '2026-01-01T00:02:01.000Z' from memories as m cross join spaces as s`)
      expect(await store.memory.embed({ drain: true })).toMatchObject({ embedded: 0 })
      store.clock.advance(121_000)
      expect(await store.memory.embed({ drain: true })).toMatchObject({ embedded: 3 })
    })

    it('holds texts of every size and script, and none that has no vector is invented one', async () => {
      await using store = await engine.open(withModel)
      const long = 'The lighthouse keeper writes down each ship. '.repeat(1450)
      const odd = ['東京のサーバー', '🙂🙂🙂', 'ß', long.slice(0, 65_000), '\u0001\u0002 a']
      for (const content of odd) await store.memory.remember({ content })
      await store.memory.embed({ drain: true })
      const rows = await store.raw('select vector from vectors')
      expect(rows).toHaveLength(odd.length)
      expect(rows.filter(({ vector }) => vector === null).length).toBeGreaterThan(0)
      const { results } = await store.memory.recall({ query: '東京' })
      expect(results[0]?.content).toBe(odd[0])
      await expectSound(store)
    })
  })

  describe('doctor', () => {
    const damages: readonly [string, string][] = [
      ['of another text', `update vectors set text_hash = 'something'`],
      ['missing', 'delete from vectors'],
      [
        'of another length',
        engine.name.includes('SQLite')
          ? `update vectors set vector = x'0000'`
          : `update vectors set vector = '\\x0000'`,
      ],
      [
        'of a memory that is gone',
        `update vectors set subject_id = '01900000-0000-7000-8000-00000000dead' where id = (select min(id) from vectors)`,
      ],
    ]
    for (const [what, damage] of damages) {
      it(`finds and mends vectors that are ${what}`, async () => {
        await using store = await engine.open(withModel)
        await filled(store)
        await store.memory.embed({ drain: true })
        await store.raw(damage)
        const { checks } = await store.memory.doctor({})
        expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['vectors'])
        await store.memory.doctor({ repair: true })
        await store.memory.embed({ drain: true })
        expect((await stateOf(store.memory, 'heirloom-static-en'))?.coverage.embedded).toBe(3)
        await expectSound(store)
      })
    }
  })
}
