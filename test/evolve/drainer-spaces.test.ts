/** Embedding into several spaces: a provider that does not answer keeps neither the others nor a process waiting. */
import { expect, it } from 'vitest'
import { GATHERING, PATIENCE, prepared } from '../kit/drainers.ts'
import { deaf, failing, hanging, TestEmbedder } from '../kit/embedders.ts'
import { sqliteFile } from '../kit/engines.ts'

const files = sqliteFile()
const BACK_OFF = 300_000
const server = (port: number) => `http:http://127.0.0.1:${port}/v1/embeddings`

for (const [what, answer] of Object.entries({ hanging, deaf })) {
  it(`one that does not answer before the end (${what}) is noted, and left alone by those that end soon`, async () => {
    const { process, clock, embedder, remember, waiting, embedded, noted } = await prepared(
      files,
      new TestEmbedder({ answer }),
    )
    await remember()
    const first = process()
    first.drainer.kick({ rows: 1 })
    const called = embedder.called
    const closing = first.drainer.close()
    await called
    first.alarms.ring(PATIENCE)
    await closing
    expect(await noted()).toEqual({
      at: clock.now(),
      problem: `${server(1)} did not answer within 5 s. Check that it runs. To wait longer for it: heirloom embed --drain --space space-1`,
    })
    // Nobody says that the patience is over: none is needed.
    const { length } = embedder.calls
    for (let at = 0; at < 3; at++) {
      const next = process()
      await remember()
      next.drainer.kick({ rows: 1 })
      await next.drainer.close()
    }
    expect([embedder.calls.length, (await waiting()).length]).toEqual([length, 4])
    // After a while it may have come back.
    clock.advance(BACK_OFF)
    embedder.answer = new TestEmbedder().answer
    const later = process()
    later.drainer.kick({ rows: 1 })
    await later.drainer.close()
    expect([await embedded(), await waiting(), await noted()]).toEqual([4, [], null])
  })
}

it('who has time to wait tries it again, and a success clears the note', async () => {
  const { process, embedder, remember, embedded, noted } = await prepared(
    files,
    new TestEmbedder({ answer: failing }),
  )
  await remember()
  await expect(process().drainer.drain()).rejects.toMatchObject({ code: 'EMBEDDER_UNAVAILABLE' })
  expect(await noted()).toMatchObject({ problem: 'the provider is down' })
  embedder.answer = new TestEmbedder().answer
  const open = process()
  open.drainer.kick({ rows: 1 })
  await open.run()
  expect([await embedded(), await noted()]).toEqual([1, null])
})

it('a run for one that failed of late is given up as soon as the process is to end', async () => {
  const { process, embedder, remember, waiting, noted } = await prepared(
    files,
    new TestEmbedder({ answer: failing }),
  )
  await remember()
  await expect(process().drainer.drain()).rejects.toThrow()
  embedder.answer = hanging
  const { drainer, alarms } = process()
  drainer.kick({ rows: 1 })
  const called = embedder.called
  alarms.ring(GATHERING)
  await called
  await drainer.close()
  expect(await waiting()).toMatchObject([{ claimed_by: null }])
  expect(await noted()).toMatchObject({ problem: 'the provider is down' })
})

it('one that answers slowly is not said to give no answer', async () => {
  const { drainer, alarms, embedder, remember, embedded, noted } = await prepared(
    files,
    new TestEmbedder({ batch: 1 }),
  )
  const { answer } = embedder
  embedder.answer = (texts, options) =>
    embedder.calls.length === 1 ? answer(texts, options) : hanging(texts, options)
  await remember(3)
  drainer.kick({ rows: 3 })
  const first = embedder.called
  const closing = drainer.close()
  await first
  await embedder.called
  alarms.ring(PATIENCE)
  await closing
  expect([await embedded(), await noted()]).toEqual([1, null])
})

it('the others are embedded beside it, those within the process first', async () => {
  const order: string[] = []
  const asked = (name: string, then = new TestEmbedder().answer) =>
    ((texts, options) => {
      order.push(name)
      return then(texts, options)
    }) as typeof then
  const hung = new TestEmbedder({ provider: server(1), answer: asked('hung', hanging) })
  const well = new TestEmbedder({ provider: server(2), answer: asked('well') })
  const local = new TestEmbedder({ provider: 'static', answer: asked('local') })
  const { process, remember, waiting, embedded } = await prepared(files, hung, well, local)
  await remember()
  const { drainer, alarms } = process()
  drainer.kick({ rows: 1 })
  const closing = drainer.close()
  while ((await embedded(1)) === 0) await new Promise(setImmediate)
  alarms.ring(PATIENCE)
  await closing
  expect(order[0]).toBe('local')
  expect([await embedded(0), await embedded(1), await embedded(2)]).toEqual([0, 1, 1])
  expect(await waiting(0)).toMatchObject([{ claimed_by: null, attempts: 0 }])
  // A process after it waits for nobody.
  const { length } = order
  const next = process()
  await remember()
  next.drainer.kick({ rows: 1 })
  await next.drainer.close()
  expect(order.slice(length)).toEqual(['local', 'well'])
  expect([await embedded(1), await embedded(2)]).toEqual([2, 2])
})

it('who asks for it has those embedded first that take no time', async () => {
  const hung = new TestEmbedder({ provider: server(1), answer: hanging })
  const local = new TestEmbedder({ provider: 'static' })
  const { drainer, remember, embedded } = await prepared(files, hung, local)
  await remember()
  const controller = new AbortController()
  const called = hung.called
  const asked = drainer.drain({ signal: controller.signal })
  await called
  controller.abort()
  await expect(asked).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await embedded(1)).toBe(1)
})

it('what is left is little where only those within the process can be filled', async () => {
  const down = new TestEmbedder({ provider: server(1), answer: failing })
  const local = new TestEmbedder({ provider: 'static' })
  const { process, remember, waiting } = await prepared(files, down, local)
  await remember()
  await expect(process().drainer.drain()).rejects.toThrow('the provider is down')
  const { length } = local.calls
  const { drainer } = process()
  await remember()
  drainer.kick({ rows: 1 })
  await drainer.close()
  expect([local.calls.length, (await waiting(1)).length]).toEqual([length, 1])
})
