/** Texts that fail by themselves, or that another process holds: what is said of them, and that asking for it tries them. */
import { expect, it } from 'vitest'
import { type Reply, sendJson, serveEmbeddings, sound } from '../kit/embedding-server.ts'
import { sqliteFile, type TestStore } from '../kit/engines.ts'

const files = sqliteFile()
const REASON = /\(The embedder at 127\.0\.0\.1:\d+ answered 400: [^)]*\)/.source

/** A server that refuses whatever is blue, and a store with three texts, one of them blue. */
async function begun({ embedder = '' } = {}) {
  const reply: Reply = (response, received, count) => {
    if (!received.body.input.some(text => text.includes('blue'))) return sound(response, received, count)
    response.statusCode = 400
    sendJson(response, { error: { message: 'too blue' } })
  }
  const server = await serveEmbeddings(reply)
  const provider = `http:${server.origin}/v1#tiny`
  const store = await files.open({ actor: 'person', embedder: embedder || provider })
  for (const content of ['red and green', 'blue and red', 'green']) await store.memory.remember({ content })
  /** Requests of one text that is blue. */
  const blue = () =>
    server.received.filter(({ body }) => body.input.length === 1 && /blue/.test(body.input[0]!))
  const close = async () => {
    await store[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
  return { ...store, provider, blue, [Symbol.asyncDispose]: close }
}

async function queueOf({ raw }: Pick<TestStore, 'raw'>) {
  return raw('select attempts, set_aside from embedding_queue')
}

it('one that failed is tried at each call, and its reason is told, until it is set aside', async () => {
  await using store = await begun()
  const first = await store.memory.embed({ drain: true })
  expect(first).toMatchObject({ embedded: 2, failed: 1, spaces: [{ coverage: { waiting: 1, failed: 1 } }] })
  const told = new RegExp(
    `^1 could not be embedded in "tiny" so far ${REASON}, and is tried again later. To try it now: heirloom embed --drain$`,
  )
  expect(first.notices).toEqual([expect.stringMatching(told)])
  expect((await store.memory.status({})).notices).toEqual([expect.stringMatching(told)])
  const { checks } = await store.memory.space_check({})
  expect(checks).toContainEqual(
    expect.objectContaining({
      name: 'queue',
      ok: false,
      detail: expect.stringMatching(/^1 failed so far: .*answered 400/),
      remedy: 'Try them again now: heirloom embed --drain',
    }),
  )
  // The clock stands still: none of them waits until it is due.
  for (let attempt = 2; attempt <= 5; attempt++) {
    expect(await store.memory.embed({ drain: true })).toMatchObject({ embedded: 0, failed: 1 })
    expect(store.blue()).toHaveLength(attempt)
  }
  expect(await store.memory.embed({ drain: true })).toMatchObject({
    failed: 0,
    notices: [expect.stringMatching(/^1 could not be embedded in "tiny" and was set aside .*embed --retry$/)],
  })
})

it('in one call each is tried once, however long that takes', async () => {
  await using store = await begun()
  await store.memory.remember({ content: 'blue again' })
  const progress = () => store.clock.advance(3_000_000)
  expect(await store.memory.embed({ drain: true }, { progress })).toMatchObject({ embedded: 2, failed: 2 })
  expect((await queueOf(store)).map(({ attempts }) => attempts)).toEqual([1, 1])
})

it('trying again what was set aside forgets of none how often it failed', async () => {
  await using store = await begun()
  for (let attempt = 1; attempt <= 5; attempt++) {
    const [row] = await queueOf(store)
    expect(row).toMatchObject({ attempts: attempt - 1, set_aside: 0 })
    expect(await store.memory.embed({ retry: true })).toMatchObject({ failed: 1 })
  }
  expect(await queueOf(store)).toEqual([{ attempts: 5, set_aside: 1 }])
  // Once more, and it is set aside again.
  expect(await store.memory.embed({ retry: true })).toMatchObject({ failed: 1 })
  expect(await queueOf(store)).toEqual([{ attempts: 5, set_aside: 1 }])
})

it('what another process holds is said to be held, with the time', async () => {
  await using store = await begun()
  const hold = (until: string, ids: string) =>
    store.raw(`update embedding_queue set claimed_by = 'other', claimed_until = '${until}' ${ids}`)
  await hold('2026-01-01T00:01:00.000Z', '')
  const told = `3 are being embedded in "tiny" by a process that holds them until 2026-01-01T00:01:00.000Z.`
  expect(await store.memory.embed({ drain: true })).toMatchObject({ embedded: 0, failed: 0, notices: [told] })
  expect((await store.memory.status({})).notices).toEqual([told])
  const { checks } = await store.memory.space_check({})
  expect(checks.find(({ name }) => name === 'vectors')).toMatchObject({
    ok: false,
    remedy: 'A process holds 3 until 2026-01-01T00:01:00.000Z to embed them',
  })
  store.clock.advance(60_000)
  expect((await store.memory.status({})).notices.join()).toMatch(/^3 are not embedded in "tiny" yet/)
  // A time that no process sets is that of a clock that jumped.
  await hold('2099-01-01T00:00:00.000Z', '')
  expect((await store.memory.status({})).notices.join()).toMatch(/^3 are not embedded in "tiny" yet/)
})

it('a space is refused as the default with what keeps it from being full, unless that was set aside', async () => {
  await using store = await begun({ embedder: 'static' })
  const { memory } = store
  await memory.embed({ drain: true })
  await memory.space_add({ provider: store.provider, name: 'f' })
  const choose = () =>
    memory.space_default({ name: 'f' }).then(
      ({ now }) => now,
      ({ message }) => message,
    )
  expect(await choose()).toMatch(/lacks some .* Fill it first: heirloom embed --drain --space f$/)
  await memory.embed({ drain: true, space: 'f' })
  expect(await choose()).toMatch(
    /lacks 1 of .*meaning\. 1 could not be embedded so far \(The embedder at .* answered 400.*\)\. Try again: heirloom embed --drain --space f\. /,
  )
  await store.raw(`update embedding_queue set claimed_until = '2026-01-01T00:01:00.000Z'`)
  expect(await choose()).toMatch(
    /A process holds it until 2026-01-01T00:01:00.000Z to embed it: try again then$/,
  )
  await store.raw(`update embedding_queue set claimed_until = null`)
  for (let attempt = 2; attempt <= 5; attempt++) await memory.embed({ drain: true, space: 'f' })
  expect(await choose()).toBe('f')
})

it('what is held is told of also where recall embeds on its way what waits', async () => {
  await using store = await begun({ embedder: 'static' })
  expect((await store.memory.status({})).notices).toEqual([])
  await store.raw(
    `update embedding_queue set claimed_by = 'other', claimed_until = '2026-01-01T00:01:00.000Z'`,
  )
  expect((await store.memory.embed({ drain: true })).notices).toEqual([
    expect.stringMatching(
      /^3 are being embedded in "heirloom-static-en" by a process that holds them until /,
    ),
  ])
})
