/** Embedding in the background: when it begins, what it does with failures, and that it keeps no process from ending. */
import { describe, expect, it } from 'vitest'
import { Alarms } from '../kit/alarms.ts'
import { drainerOf, GATHERING, gate, PATIENCE, prepared as preparedOn } from '../kit/drainers.ts'
import { deaf, failing, hanging, TestEmbedder } from '../kit/embedders.ts'
import { serveEmbeddings, sound } from '../kit/embedding-server.ts'
import { sqliteFile } from '../kit/engines.ts'

const files = sqliteFile()

const prepared = (embedder?: TestEmbedder) => preparedOn(files, ...(embedder === undefined ? [] : [embedder]))

describe('embedding in the background', () => {
  it('waits a moment for more, and then embeds all of it at once', async () => {
    const { drainer, alarms, run, embedder, remember, waiting, embedded } = await prepared()
    for (let at = 0; at < 3; at++) {
      await remember()
      drainer.kick({ rows: 1 })
    }
    expect([alarms.set, embedder.calls]).toEqual([[GATHERING], []])
    await run()
    expect(embedder.calls.map(texts => texts.length)).toEqual([3])
    expect([await embedded(), await waiting(), alarms.set]).toEqual([3, [], []])
  })

  it('is one run at a time, which takes in what comes meanwhile', async () => {
    const { answer, open } = gate()
    const { drainer, alarms, idle, run, embedder, remember, embedded } = await prepared(
      new TestEmbedder({ answer }),
    )
    await remember(2)
    drainer.kick({ rows: 2 })
    const called = embedder.called
    alarms.ring(GATHERING)
    await called
    await remember(3)
    drainer.kick({ rows: 3 })
    expect(alarms.set).toEqual([])
    const asked = drainer.drain()
    open()
    await idle()
    expect(embedder.calls.map(texts => texts.length)).toEqual([2, 3])
    expect(await asked).toEqual({ embedded: 0, failed: 0 })
    // The run may just have looked when something came: it is looked at once more.
    expect(alarms.set).toEqual([GATHERING])
    await run()
    expect([await embedded(), embedder.most, alarms.set]).toEqual([5, 1, []])
  })

  it('is tried again after a failure, after longer and longer waits, and says why', async () => {
    const { drainer, alarms, run, embedder, remember, waiting, embedded, noted } = await prepared(
      new TestEmbedder({ answer: failing }),
    )
    await remember(2)
    drainer.kick({ rows: 2 })
    await run()
    for (let wait = 1000; wait < 300_000; wait *= 2) {
      expect(alarms.set).toEqual([wait])
      // More of it neither hurries nor delays it.
      drainer.kick({ rows: 1 })
      expect(alarms.set).toEqual([wait])
      await run(wait)
    }
    expect(alarms.set).toEqual([300_000])
    await run(300_000)
    expect(alarms.set).toEqual([300_000])
    expect(await noted()).toMatchObject({ problem: 'the provider is down' })
    expect(await waiting()).toMatchObject([
      { claimed_by: null, attempts: 0 },
      { claimed_by: null, attempts: 0 },
    ])
    embedder.answer = new TestEmbedder().answer
    await run(300_000)
    expect([await embedded(), await noted(), alarms.set]).toEqual([2, null, []])
    // It begins anew with the shortest wait.
    embedder.answer = failing
    await remember()
    drainer.kick({ rows: 1 })
    await run()
    expect(alarms.set).toEqual([1000])
  })

  it('stops waiting for it when the call is cancelled that asks for more', async () => {
    const { drainer, alarms, embedder, remember } = await prepared(new TestEmbedder({ answer: hanging }))
    await remember()
    drainer.kick({ rows: 1 })
    const called = embedder.called
    alarms.ring(GATHERING)
    await called
    const controller = new AbortController()
    const asked = drainer.drain({ signal: controller.signal })
    controller.abort()
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' })
    expect(embedder.calls).toHaveLength(1)
    const closing = drainer.close()
    alarms.ring(PATIENCE)
    await closing
  })
})

describe('closing', () => {
  for (const [what, answer] of Object.entries({ hanging, deaf })) {
    it(`gives up on a run whose provider is slow (${what}), and another process has its texts at once`, async () => {
      const { drainer, alarms, embedder, engine, remember, waiting, embedded } = await prepared(
        new TestEmbedder({ answer, batch: 2 }),
      )
      await remember(5)
      drainer.kick({ rows: 5 })
      const called = embedder.called
      alarms.ring(GATHERING)
      await called
      expect((await waiting()).filter(row => row.claimed_by !== null)).toHaveLength(5)
      // What comes while it is under way gets no patience of its own.
      await remember()
      drainer.kick({ rows: 1 })
      const closing = drainer.close()
      expect(alarms.set).toEqual([PATIENCE])
      alarms.ring(PATIENCE)
      await closing
      expect((await waiting()).filter(row => row.claimed_by !== null)).toEqual([])
      expect([embedder.calls.length, await embedded(), alarms.set]).toEqual([1, 0, []])
      // The clock stands still: nobody waits for the time to be over that they were taken for.
      const other = drainerOf(engine, [new TestEmbedder()])
      expect(await other.drainer.drain()).toEqual({ embedded: 6, failed: 0 })
    })
  }

  it('gives up on a slow run that it began itself, and keeps what was embedded before', async () => {
    const { drainer, alarms, embedder, remember, waiting, embedded } = await prepared(
      new TestEmbedder({ batch: 2 }),
    )
    const { answer } = embedder
    embedder.answer = (texts, options) =>
      embedder.calls.length === 1 ? answer(texts, options) : hanging(texts, options)
    await remember(5)
    drainer.kick({ rows: 5 })
    const first = embedder.called
    const closing = drainer.close()
    await first
    await embedder.called
    alarms.ring(PATIENCE)
    await closing
    expect([await embedded(), alarms.set]).toEqual([2, []])
    expect(await waiting()).toMatchObject(Array(3).fill({ claimed_by: null, claimed_until: null }))
  })

  it('waits for a run that ends in time, and begins none after it', async () => {
    const { answer, open } = gate()
    const { drainer, alarms, embedder, remember, waiting, embedded } = await prepared(
      new TestEmbedder({ answer }),
    )
    await remember(2)
    drainer.kick({ rows: 2 })
    const called = embedder.called
    alarms.ring(GATHERING)
    await called
    const closing = drainer.close()
    open()
    await closing
    expect([await embedded(), await waiting()]).toEqual([2, []])
    await remember()
    drainer.kick({ rows: 1 })
    expect([alarms.set, embedder.calls.length]).toEqual([[], 1])
  })

  it('leaves to the next reader what is little and instant, and embeds what is more', async () => {
    for (const [count, left] of [
      [1, 1],
      [31, 31],
      [32, 0],
    ] as const) {
      const { drainer, alarms, remember, waiting } = await prepared(new TestEmbedder({ provider: 'static' }))
      await remember(count)
      drainer.kick({ rows: count })
      await drainer.close()
      expect([(await waiting()).length, alarms.set]).toEqual([left, []])
    }
  })

  it('embeds even one text where a reader cannot do it on the way', async () => {
    const { drainer, remember, waiting } = await prepared()
    await remember()
    drainer.kick({ rows: 1 })
    await drainer.close()
    expect(await waiting()).toEqual([])
  })

  it('adds what earlier processes left to what this one leaves', async () => {
    const { drainer, remember, waiting } = await prepared(new TestEmbedder({ provider: 'static' }))
    await remember(31)
    drainer.kick({ rows: 1 })
    await remember()
    await drainer.close()
    expect(await waiting()).toEqual([])
  })

  it('begins nothing for what others queued, nor where the provider has just failed', async () => {
    const idle = await prepared()
    await idle.remember(40)
    idle.drainer.kick()
    await idle.drainer.close()
    expect(idle.embedder.calls).toEqual([])
    const broken = await prepared(new TestEmbedder({ answer: failing }))
    await broken.remember(40)
    broken.drainer.kick({ rows: 40 })
    await broken.run()
    const { length } = broken.embedder.calls
    broken.drainer.kick({ rows: 1 })
    await broken.drainer.close()
    expect([broken.embedder.calls.length, broken.alarms.set]).toEqual([length, []])
  })

  it('a whole store gives up on a server that does not answer', async () => {
    const hung = Promise.withResolvers<void>()
    let isSlow = false
    await using server = await serveEmbeddings((response, received, count) => {
      if (!isSlow) return sound(response, received, count)
      hung.resolve()
    })
    const embedder = `http:${server.origin}/v1#tiny`
    await using store = await files.open({ actor: 'person', embedder })
    const alarms = new Alarms()
    const other = await store.another({ after: alarms.after })
    await other.embed({ drain: true })
    isSlow = true
    for (let at = 0; at < 3; at++) await other.remember({ content: `fact number ${at}` })
    alarms.ring(GATHERING)
    await hung.promise
    const closing = other.close()
    await alarms.ringWhenSet(PATIENCE)
    await closing
    const told = /^Space "tiny" cannot be filled: http:.* did not answer within 5 s\. Check that it runs\. /
    expect((await store.memory.status({})).notices[0]).toMatch(told)
    expect((await store.memory.space_list({})).spaces).toMatchObject([
      { problem: expect.stringContaining('5 s') },
    ])
    isSlow = false
    expect(await store.memory.embed({ drain: true })).toMatchObject({ embedded: 3, notices: [] })
  })
})
