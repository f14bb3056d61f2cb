/** A server of embeddings, against real ones that are slow, wrong, moved, full, or not there. */
import type { LookupFunction } from 'node:net'
import { describe, expect, it } from 'vitest'
import { HttpEmbedder, type HttpOptions } from '../../src/embedding/http.ts'
import { openEmbedder, parseEmbedder } from '../../src/embedding/open.ts'
import { numbersOf, type Reply, sendJson, serveEmbeddings, sound } from '../kit/embedding-server.ts'

const NO_PREFIX = { query_prefix: '', document_prefix: '' }

/** Pauses that take no time and are written down. */
function waiting(random = 0.5) {
  const pauses: number[] = []
  const pause = async (milliseconds: number) => void pauses.push(milliseconds)
  return { environment: {}, random: () => random, pause, pauses }
}

interface Given extends Partial<HttpOptions> {
  readonly url: string
  readonly dimensions?: number
  readonly query_prefix?: string
}

const open = ({ url, dimensions = 3, query_prefix = '', ...options }: Given) =>
  HttpEmbedder.open({ ...NO_PREFIX, url, model: 'm', dimensions, query_prefix }, { ...waiting(), ...options })

const unit = (numbers: number[]) => {
  const norm = Math.hypot(...numbers)
  return numbers.map(part => expect.closeTo(part / norm, 6))
}

/** What one text ends with at a server that replies so. */
async function failureOf(
  reply: Reply,
  options: Partial<Given> = {},
): Promise<{ code: string; message: string }> {
  await using server = await serveEmbeddings(reply)
  await using embedder = await open({ url: `${server.origin}/v1`, ...options })
  const error = await embedder.embed(['a secret thought'], 'document').then(
    () => ({ code: 'none', message: '' }),
    found => found,
  )
  expect(error.message).not.toContain('secret')
  return { code: error.code, message: error.message }
}

const unavailable = (message: RegExp) => ({
  code: 'EMBEDDER_UNAVAILABLE',
  message: expect.stringMatching(message),
})

describe('a server of embeddings', () => {
  it('is asked at its path, and its vectors have length 1', async () => {
    await using server = await serveEmbeddings(sound)
    await using embedder = await openEmbedder(parseEmbedder(`${server.origin}/v1#tiny`)!, waiting())
    expect(embedder.space).toEqual({
      provider: `http:${server.origin}/v1/embeddings`,
      model: 'tiny',
      dimensions: 3,
      pooling: 'server',
      normalised: true,
      ...NO_PREFIX,
      digest: '',
    })
    expect(embedder).toMatchObject({ isInstant: false, batch: 64 })
    const vectors = await embedder.embed(['one', '', 'three', '\n'], 'document')
    expect(vectors.map(vector => vector && [...vector])).toEqual([
      unit(numbersOf('one')),
      null,
      unit(numbersOf('three')),
      null,
    ])
    const [probe, asked] = server.received
    expect(probe?.body).toEqual({ model: 'tiny', input: ['memory'] })
    expect(asked).toMatchObject({
      method: 'POST',
      path: '/v1/embeddings',
      body: { model: 'tiny', input: ['one', 'three'] },
    })
    expect(asked?.headers).toMatchObject({
      'content-type': 'application/json',
      'accept-encoding': 'identity',
    })
    expect(asked?.headers).not.toHaveProperty('authorization')
    expect(await embedder.embed(['', ' '], 'query')).toEqual([null, null])
    expect(server.received).toHaveLength(2)
  })

  it('is asked nothing at opening where its dimensions are known', async () => {
    await using embedder = await open({ url: 'http://127.0.0.1:1/v1', dimensions: 8 })
    expect(embedder.space.dimensions).toBe(8)
  })

  it('gets its texts with their prefix, and well formed', async () => {
    await using server = await serveEmbeddings(sound)
    await using embedder = await open({ url: server.origin, query_prefix: 'query: ' })
    await embedder.embed(['boats', 'torn \ud800'], 'query')
    await embedder.embed(['boats'], 'document')
    expect(server.received.map(({ body }) => body.input)).toEqual([
      ['query: boats', 'query: torn \ufffd'],
      ['boats'],
    ])
  })

  it('gets 64 texts and 256 KiB at a time, in order', async () => {
    await using server = await serveEmbeddings(sound)
    await using embedder = await open({ url: server.origin })
    const texts = Array.from({ length: 150 }, (_, i) => `${'é'.repeat(i)}.`)
    const vectors = await embedder.embed(texts, 'document')
    expect(vectors.map(vector => [...vector!])).toEqual(texts.map(content => unit(numbersOf(content))))
    expect(server.received.map(({ body }) => body.input.length)).toEqual([64, 64, 22])
    await embedder.embed(
      Array.from({ length: 9 }, () => 'é'.repeat(32 * 1024)),
      'document',
    )
    await embedder.embed(['x', 'y'.repeat(300 * 1024), 'z'], 'document')
    expect(server.received.slice(3).map(({ body }) => body.input.length)).toEqual([4, 4, 1, 1, 1, 1])
  })

  it('sorts vectors by their index', async () => {
    const backwards: Reply = (response, { body }) => {
      const data = body.input.map((content, index) => ({ index, embedding: numbersOf(content) }))
      sendJson(response, { data: data.reverse() })
    }
    await using server = await serveEmbeddings(backwards)
    await using embedder = await open({ url: server.origin })
    const [one, two] = await embedder.embed(['one', 'number two'], 'document')
    expect([...one!]).toEqual(unit(numbersOf('one')))
    expect([...two!]).toEqual(unit(numbersOf('number two')))
  })
})

describe('a key', () => {
  const environment = { HEIRLOOM_EMBEDDING_KEY: ' k3y \n' }

  it('comes from the environment and goes into the header', async () => {
    await using server = await serveEmbeddings(sound)
    await using embedder = await open({ url: server.origin, environment })
    await embedder.embed(['x'], 'document')
    expect(server.received[0]?.headers.authorization).toBe('Bearer k3y')
  })

  it.each(['http://api.example.com/v1', 'http://8.8.8.8/v1'])('is not sent unencrypted to %s', async url => {
    await expect(open({ url, environment })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/unencrypted.*https/),
    })
    await using embedder = await open({ url })
    expect(embedder.space.provider).toBe(`http:${url}/embeddings`)
  })

  it('of one server is not that of another whose name is spelt alike', async () => {
    const environment = { HEIRLOOM_EMBEDDING_KEY_API_EXAMPLE__COM: 'k3y' }
    const refused = open({ url: 'http://api.example-com/v1', environment })
    await expect(refused).rejects.toThrow(/unencrypted/)
    for (const host of ['api.example.com', 'api-example.com', 'api-example-com.org']) {
      await using embedder = await open({ url: `http://${host}/v1`, environment })
      expect(embedder.space.provider).toBe(`http:http://${host}/v1/embeddings`)
    }
  })

  it.each(['a b', 'a\nb: c', 'käse'])('is refused as %j', async value => {
    const refusal = open({ url: 'http://127.0.0.1/v1', environment: { HEIRLOOM_EMBEDDING_KEY: value } })
    await expect(refusal).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(refusal).rejects.not.toThrow(value)
  })

  it.each([
    [{ HEIRLOOM_EMBEDDING_KEY_127_0_0_1: 'own', HEIRLOOM_EMBEDDING_KEY: 'all' }, 'Bearer own'],
    [{ HEIRLOOM_EMBEDDING_KEY_127_0_0_1: '', HEIRLOOM_EMBEDDING_KEY: 'all' }, undefined],
    [{ HEIRLOOM_EMBEDDING_KEY_API_EXAMPLE_COM: 'other' }, undefined],
    [{ HEIRLOOM_EMBEDDING_KEY_API_EXAMPLE_COM: 'other', HEIRLOOM_EMBEDDING_KEY: 'all' }, 'Bearer all'],
  ])('of one server goes to no other: %j', async (keys, sent) => {
    await using server = await serveEmbeddings(sound)
    await using embedder = await open({ url: server.origin, environment: keys })
    await embedder.embed(['x'], 'document')
    expect(server.received[0]?.headers.authorization).toBe(sent)
  })

  it('that is refused is told', async () => {
    const reply: Reply = response => response.writeHead(401).end('Incorrect API key provided: k3y')
    const failure = await failureOf(reply, { environment })
    expect(failure).toEqual(unavailable(/answered 401: it refuses the key\. Set HEIRLOOM_EMBEDDING_KEY/))
    expect(failure.message).not.toContain('k3y')
  })
})

describe('a server that answers wrongly', () => {
  const answering =
    (value: unknown, type?: string): Reply =>
    response =>
      sendJson(response, value, type)
  const one = (embedding: unknown, index: unknown = 0) => ({ data: [{ index, embedding }] })

  const WRONG: [string, Reply, RegExp][] = [
    [
      'a page',
      answering('<p>hello</p>', 'text/html'),
      /answered something else than JSON\. Check that its URL/,
    ],
    ['no type', response => response.end('{}'), /something else than JSON/],
    ['broken JSON', answering('{"data": ['), /broken off or malformed/],
    ['nothing', answering(''), /broken off or malformed/],
    ['null', answering('null'), /without a list "data"/],
    ['no data', answering({ embeddings: [[1, 2, 3]] }), /without a list "data"/],
    ['too few', answering({ data: [] }), /0 embeddings for 1 texts/],
    [
      'too many',
      answering({ data: [...one([1, 2, 3]).data, ...one([1, 2, 3], 1).data] }),
      /2 embeddings for 1 texts/,
    ],
    ['another index', answering(one([1, 2, 3], 1)), /without an embedding of index 0/],
    ['no index', answering({ data: [{ embedding: [1, 2, 3] }] }), /without an embedding of index 0/],
    ['no entry', answering({ data: [null] }), /not a list of numbers/],
    ['no numbers', answering(one('AACAPwAAAEA=')), /not a list of numbers/],
    ['an empty list', answering(one([])), /not a list of numbers/],
    ['NaN', answering('{"data":[{"index":0,"embedding":[1,NaN,3]}]}'), /malformed/],
    ['null for a number', answering(one([1, null, 3])), /else than finite numbers/],
    ['a text for a number', answering(one([1, '2', 3])), /else than finite numbers/],
    ['infinity', answering('{"data":[{"index":0,"embedding":[1,1e999,3]}]}'), /else than finite numbers/],
    ['zeros', answering(one([0, -0, 0])), /all zeros/],
    [
      'something compressed',
      response => {
        response.setHeader('content-encoding', 'gzip')
        sendJson(response, one([1, 2, 3]))
      },
      /compressed/,
    ],
  ]
  it.each(WRONG)('has its answer refused: %s', async (_, reply, message) => {
    expect(await failureOf(reply)).toEqual(unavailable(message))
  })

  it('has its answer refused when an index stands there twice', async () => {
    const data = [...one([1, 2, 3]).data, ...one([3, 2, 1]).data]
    await using server = await serveEmbeddings(answering({ data }))
    await using embedder = await open({ url: server.origin })
    await expect(embedder.embed(['a', 'b'], 'document')).rejects.toMatchObject(unavailable(/of index 1/))
  })

  it.each([[[1, 2]], [[1, 2, 3, 4]]])('has vectors of other dimensions refused: %j', async embedding => {
    expect(await failureOf(answering(one(embedding)))).toEqual({
      code: 'SPACE_MISMATCH',
      message: expect.stringMatching(
        /127\.0\.0\.1:\d+ gives vectors of [24] dimensions, and the space has 3/,
      ),
    })
  })

  it('has vectors of different dimensions refused when it is asked for the first time', async () => {
    const reply: Reply = (response, _, count) => sendJson(response, one(Array(count + 2).fill(1)))
    await using server = await serveEmbeddings(reply)
    await using embedder = await openEmbedder({ provider: `http:${server.origin}`, model: 'm' }, waiting())
    expect(embedder.space.dimensions).toBe(3)
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject({ code: 'SPACE_MISMATCH' })
  })

  it('keeps the direction of very large and very small numbers', async () => {
    for (const size of [1e-300, 1e300]) {
      await using server = await serveEmbeddings(answering(one([3 * size, 4 * size, 0])))
      await using embedder = await open({ url: server.origin })
      expect([...(await embedder.embed(['x'], 'query'))[0]!]).toEqual(
        [0.6, 0.8, 0].map(part => expect.closeTo(part, 6)),
      )
    }
  })

  it('has an endless answer cut off, announced or not', async () => {
    const announced: Reply = response => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': 2 ** 40 })
        .flushHeaders()
    }
    expect(await failureOf(announced)).toEqual(unavailable(/more than 33554432 bytes/))
    const endless: Reply = response => {
      response.setHeader('content-type', 'application/json')
      const more = () => response.write(Buffer.alloc(1 << 20, ' '))
      response.on('drain', () => {
        while (more());
      })
      while (more());
    }
    expect(await failureOf(endless)).toEqual(unavailable(/more than 33554432 bytes/))
  })
})

describe('a server that refuses or fails', () => {
  const status =
    (code: number, headers = {}): Reply =>
    response =>
      response.writeHead(code, headers).end('a secret thought')

  it.each([
    [400, /answered 400: it does not take the model "m", or a text is too long/],
    [403, /answered 403: it refuses the key/],
    [404, /answered 404: check the path of its URL/],
    [204, /answered 204/],
  ])('with %i is asked once', async (code, message) => {
    const { pauses, ...surroundings } = waiting()
    expect(await failureOf(status(code), surroundings)).toEqual(unavailable(message))
    expect(pauses).toEqual([])
  })

  it.each([
    [429, /answered 429 after 3 attempts: it is asked too often\. Try again later\.$/],
    [500, /answered 500 after 3 attempts: look into its log\.$/],
    [503, /answered 503 after 3 attempts/],
  ])('with %i is asked three times, after longer and longer pauses', async (code, message) => {
    const { pauses, ...surroundings } = waiting(0.5)
    await using server = await serveEmbeddings(status(code))
    await using embedder = await open({ url: server.origin, ...surroundings })
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(unavailable(message))
    expect(server.received).toHaveLength(3)
    expect(pauses).toEqual([250, 500])
  })

  it('for a while only is asked until it answers', async () => {
    const reply: Reply = (response, received, count) => {
      if (count === 1) response.socket?.destroy()
      else if (count === 2) response.writeHead(502).end()
      else sound(response, received, count)
    }
    await using server = await serveEmbeddings(reply)
    await using embedder = await open({ url: server.origin })
    expect(await embedder.embed(['x'], 'query')).toHaveLength(1)
    expect(server.received).toHaveLength(3)
  })

  it.each([
    [{ 'retry-after': '7' }, [7_000, 7_000]],
    [{ 'retry-after': '86400' }, [30_000, 30_000]],
    [
      { 'retry-after': 'Sun, 22 Nov 2026 10:00:09 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' },
      [9_000, 9_000],
    ],
    [{ 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, [0, 0]],
    [{ 'retry-after': 'soon' }, [500, 1000]],
  ])('is waited for as it asks: %j', async (headers, expected) => {
    const { pauses, ...surroundings } = waiting(1)
    await failureOf(status(429, headers), surroundings)
    expect(pauses).toEqual(expected)
  })

  it.each([301, 302, 307, 308])('with %i is not followed', async code => {
    await using elsewhere = await serveEmbeddings(sound)
    const location = `${elsewhere.origin}/v1/embeddings?token=t0ken`
    const failure = await failureOf(status(code, { location }))
    expect(failure).toEqual(
      unavailable(new RegExp(`answered ${code} and points to ${elsewhere.origin}/v1/embeddings;`)),
    )
    expect(failure.message).not.toContain('t0ken')
    expect(elsewhere.received).toEqual([])
  })

  it('with a redirect to nowhere is told as such', async () => {
    expect(await failureOf(status(302))).toEqual(unavailable(/points to nowhere/))
    expect(await failureOf(status(302, { location: '/other' }))).toEqual(unavailable(/:\d+\/other;/))
  })

  it('that is not there is tried three times', async () => {
    const gone = await serveEmbeddings(sound)
    await gone[Symbol.asyncDispose]()
    const { pauses, ...surroundings } = waiting()
    await using embedder = await open({ url: gone.origin, ...surroundings })
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(
      unavailable(
        /127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\) after 3 attempts\. Check its URL, and that it runs/,
      ),
    )
    expect(pauses).toHaveLength(2)
  })

  it('that speaks no TLS is told', async () => {
    await using server = await serveEmbeddings(sound)
    await using embedder = await open({ url: server.origin.replace('http:', 'https:') })
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(unavailable(/cannot be reached \(/))
  })

  it('keeps an embedder from opening whose dimensions nobody knows', async () => {
    await using server = await serveEmbeddings(status(404))
    const opening = openEmbedder({ provider: `http:${server.origin}`, model: 'm' }, waiting())
    await expect(opening).rejects.toMatchObject(unavailable(/answered 404/))
  })
})

describe('a server that takes its time', () => {
  const silent: Reply = () => undefined
  const trickling: Reply = response => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{')
  }

  it.each([
    ['before it answers', silent],
    ['while it answers', trickling],
  ])('has a limit %s, and is not asked again', async (_, reply) => {
    await using server = await serveEmbeddings(reply)
    await using embedder = await open({ url: server.origin, timeLimit: 40 })
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(
      unavailable(/gave no answer within 40 ms/),
    )
    expect(server.received).toHaveLength(1)
  })

  it.each([
    ['before it answers', silent],
    ['while it answers', trickling],
  ])('is left when the call is cancelled %s', async (_, reply) => {
    const controller = new AbortController()
    const cancelling: Reply = (response, received, count) => {
      reply(response, received, count)
      controller.abort()
    }
    await using server = await serveEmbeddings(cancelling)
    await using embedder = await open({ url: server.origin })
    const call = embedder.embed(['x'], 'query', { signal: controller.signal })
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' })
    expect(server.received).toHaveLength(1)
  })

  it('is not asked by a call that was cancelled before, or in a pause', async () => {
    await using server = await serveEmbeddings(response => response.writeHead(500).end())
    const controller = new AbortController()
    const pause = () => {
      controller.abort()
      return new Promise<void>(() => undefined)
    }
    await using embedder = await open({ url: server.origin, pause })
    const call = () => embedder.embed(['x'], 'query', { signal: controller.signal })
    await expect(call()).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(call()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(server.received).toHaveLength(1)
  })
})

describe('a name', () => {
  const leadingTo =
    (address: string): LookupFunction =>
    (_name, _options, done) =>
      done(null, [{ address, family: 4 }])

  it('that leads into this machine is refused, and the server there hears nothing', async () => {
    await using server = await serveEmbeddings(sound)
    const url = `http://embeddings.example.com:${server.port}/v1`
    await using embedder = await open({ url, lookup: leadingTo('127.0.0.1') })
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(
      unavailable(
        /embeddings\.example\.com leads to 127\.0\.0\.1, an address of a private network.*name its address/,
      ),
    )
    expect(server.received).toEqual([])
  })

  it('that is plainly local may lead there', async () => {
    await using server = await serveEmbeddings(sound)
    for (const name of ['localhost', 'ollama', 'box.lan']) {
      await using embedder = await open({
        url: `http://${name}:${server.port}`,
        lookup: leadingTo('127.0.0.1'),
      })
      expect(await embedder.embed(['x'], 'query')).toHaveLength(1)
    }
    expect(server.received).toHaveLength(3)
  })

  it('that is plainly local takes no key to a public address in the clear', async () => {
    const environment = { HEIRLOOM_EMBEDDING_KEY: 'k3y' }
    await using embedder = await open({
      url: 'http://ollama/v1',
      environment,
      lookup: leadingTo('203.0.113.9'),
    })
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(
      unavailable(/no key is sent unencrypted/),
    )
  })

  it('that nobody knows is asked for once', async () => {
    const lookup: LookupFunction = (_name, _options, done) =>
      done(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), [])
    const { pauses, ...surroundings } = waiting()
    await using embedder = await open({ url: 'https://nobody.example/v1', lookup, ...surroundings })
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(unavailable(/ENOTFOUND/))
    expect(pauses).toEqual([])
  })
})
