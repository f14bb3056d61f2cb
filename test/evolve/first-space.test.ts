/** The space that a store has without being asked for one, where its provider is slow, or others write meanwhile. */
import { expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { fixedSurroundings } from '../../src/testing.ts'
import { Alarms } from '../kit/alarms.ts'
import { GATHERING } from '../kit/drainers.ts'
import { type Reply, serveEmbeddings, sound } from '../kit/embedding-server.ts'
import { sqliteFile } from '../kit/engines.ts'

const files = sqliteFile()
const OPENING = 3000
const FIRST_WAIT = 30_000

/** A server that answers nothing until it is told to. */
async function hungServer() {
  let isHung = true
  let asked = Promise.withResolvers<void>()
  const reply: Reply = (response, received, count) => {
    if (!isHung) return sound(response, received, count)
    asked.resolve()
    asked = Promise.withResolvers()
  }
  const server = await serveEmbeddings(reply)
  return {
    embedder: `http:${server.origin}/v1#tiny`,
    received: server.received,
    asked: () => asked.promise,
    mend: () => {
      isHung = false
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

it('opening waits a moment for a server that does not answer, and says so; it is tried again later', async () => {
  await using server = await hungServer()
  const { embedder } = server
  const alarms = new Alarms()
  const opening = files.open({ actor: 'person', embedder, after: alarms.after })
  await alarms.ringWhenSet(OPENING)
  await using store = await opening
  const told = `Recall goes by words alone: ${embedder} did not answer within 3 s. Check its URL, and that it runs. To wait longer for it: heirloom space add ${embedder}`
  await store.memory.remember({ content: 'said before there was a space' })
  expect((await store.memory.recall({ query: 'said' })).notices).toEqual([told])
  expect((await store.memory.status({})).notices).toEqual([told])
  expect(alarms.set).toEqual([FIRST_WAIT])
  server.mend()
  alarms.ring(FIRST_WAIT)
  await alarms.ringWhenSet(GATHERING)
  expect(await store.memory.embed({ drain: true })).toMatchObject({
    spaces: [{ name: 'tiny', is_default: true, coverage: { embedded: 1, waiting: 0, is_counted: true } }],
    notices: [],
  })
  expect((await store.memory.recall({ query: 'said' })).notices).toEqual([])
  expect(alarms.set).toEqual([])
})

it('a process that ends while it tries again does not wait for the server', async () => {
  await using server = await hungServer()
  const alarms = new Alarms()
  const opening = files.open({ embedder: server.embedder, after: alarms.after })
  await alarms.ringWhenSet(OPENING)
  const store = await opening
  const asked = server.asked()
  alarms.ring(FIRST_WAIT)
  await asked
  await store[Symbol.asyncDispose]()
  expect(alarms.set).toEqual([])
})

it('a server that is down is tried again after longer and longer waits, unless there is a space by then', async () => {
  const alarms = new Alarms()
  await using store = await files.open({
    actor: 'person',
    embedder: 'http:http://127.0.0.1:9/v1#m',
    after: alarms.after,
  })
  expect((await store.memory.status({})).notices.join()).toMatch(
    /^Recall goes by words alone: .*ECONNREFUSED/,
  )
  for (const wait of [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) await alarms.ringWhenSet(wait)
  await store.memory.space_add({ provider: 'static', name: 'own' })
  await alarms.ringWhenSet(300_000)
  expect((await store.memory.space_list({})).spaces.map(({ name }) => name)).toEqual(['own'])
  await store.memory.space_default({ name: 'none' })
  // It was found out that there is one, so nothing is amiss with words alone.
  const notices = async () => (await store.memory.recall({ query: 'anything' })).notices.join()
  while ((await notices()).includes('ECONNREFUSED')) await new Promise(setImmediate)
  expect(alarms.set).not.toContain(300_000)
})

it('embeds what another process wrote while the provider of the first space was asked', async () => {
  let address = ''
  const reply: Reply = async (response, received, count) => {
    if (count === 1) {
      const other = await openHeirloom({ ...fixedSurroundings(), store: address, mode: 'existing' })
      await other.remember({ content: 'written by somebody else' })
      await other.close()
    }
    sound(response, received, count)
  }
  await using server = await serveEmbeddings(reply)
  const folder = await files.open()
  address = folder.address.replace(/\.db$/, '-other.db')
  await folder[Symbol.asyncDispose]()
  await using store = await files.open({ store: address, embedder: `http:${server.origin}/v1#tiny` })
  expect(await store.memory.embed({ drain: true })).toMatchObject({
    embedded: 1,
    spaces: [{ coverage: { embedded: 1, waiting: 0, is_counted: true } }],
  })
})

it('a new store has nothing to look through', async () => {
  await using store = await files.open({ embedder: 'static' })
  expect((await store.memory.space_list({})).spaces).toMatchObject([{ coverage: { is_counted: true } }])
})
