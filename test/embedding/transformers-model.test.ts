/**
 * A real model in the real runtime, by path. HEIRLOOM_TEST_MODEL names a folder with all-MiniLM-L6-v2 for ONNX in
 * eight bits, HEIRLOOM_TEST_TRANSFORMERS one in whose node_modules @huggingface/transformers is.
 */
import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openEmbedder } from '../../src/embedding/open.ts'
import type { DownloadProgress } from '../../src/embedding/transformers-worker.ts'
import { temporaryFolder } from '../kit/engines.ts'

const folder = process.env.HEIRLOOM_TEST_MODEL ?? ''
const surroundings = { environment: process.env, random: () => 0.5, pause: async () => undefined }
const open = (model: string, more = {}) =>
  openEmbedder({ provider: `transformers:${model}` }, { ...surroundings, ...more })

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, part, i) => sum + part * b[i]!, 0)

it('finds a paraphrase nearer than another subject', async () => {
  await using embedder = await open(folder)
  expect(embedder.space).toMatchObject({
    dimensions: 384,
    pooling: 'mean',
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  const texts = [
    'where does she live now',
    'I moved to a flat in Lisbon',
    'the build fails on a missing header',
  ]
  const [question, answer, other] = await embedder.embed(texts, 'query')
  expect(Math.hypot(...question!)).toBeCloseTo(1, 5)
  expect(dot(question!, answer!)).toBeGreaterThan(dot(question!, other!) + 0.1)
})

it('gives a text the same vector whatever stands beside it', async () => {
  await using embedder = await open(folder)
  const long = 'much else '.repeat(200)
  const [, beside] = await embedder.embed([long, 'a garden by the sea', ''], 'document')
  const [alone] = await embedder.embed(['a garden by the sea'], 'document')
  expect(beside).toEqual(alone)
})

it('takes texts of 64 KiB, and has no vector for what it does not know', async () => {
  await using embedder = await open(folder)
  const vectors = await embedder.embed(['word '.repeat(13_000), '☃', ' ', '日本語'], 'document')
  expect(vectors.map(vector => vector?.length)).toEqual([384, undefined, undefined, 384])
})

it('leaves the event loop free', async () => {
  await using embedder = await open(folder)
  let turns = 0
  const ticking = setInterval(() => turns++, 1)
  await embedder.embed(Array(32).fill('word '.repeat(200)), 'document')
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(20)
})

it('lets its process end, with a call under way and without', () => {
  const script = `
    import { openEmbedder } from ${JSON.stringify(join(import.meta.dirname, '../../src/embedding/open.ts'))}
    const surroundings = { environment: process.env, random: Math.random, pause: async () => undefined }
    const embedder = await openEmbedder({ provider: process.argv[1] }, surroundings)
    const [vector] = await embedder.embed(['x'], 'query')
    console.log(vector.length)
    if (process.argv[2] !== 'close') process.exit(0)
    embedder.embed(Array(32).fill('long '.repeat(500)), 'query').catch(error => console.log(error.code))
    await embedder[Symbol.asyncDispose]()
  `
  const run = (how: string) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script, `transformers:${folder}`, how], {
      encoding: 'utf8',
    })
  expect(run('close')).toBe('384\nEMBEDDER_UNAVAILABLE\n')
  expect(run('exit')).toBe('384\n')
})

it('is fetched only when that is allowed, once, and told as it comes', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/tests\/minilm\/resolve\/main\//, '')
    asked.push(path)
    const file = join(folder, path)
    if (path.startsWith('/') || !existsSync(file)) response.writeHead(404).end()
    else createReadStream(file).pipe(response.writeHead(200, { 'content-length': statSync(file).size }))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const progress: DownloadProgress[] = []
  const more = {
    environment: { ...process.env, HF_ENDPOINT: `http://127.0.0.1:${port}` },
    downloads: join(temporaryFolder(), 'models'),
    onDownload: (event: DownloadProgress) => void progress.push(event),
  }
  try {
    await expect(open('tests/minilm', more)).rejects.toMatchObject({ code: 'EMBEDDER_UNAVAILABLE' })
    expect(asked).toEqual([])
    await using fetched = await open('tests/minilm', { ...more, allowDownload: true })
    await using local = await open(folder)
    expect(fetched.space).toEqual({
      ...local.space,
      provider: 'transformers:tests/minilm',
      model: 'tests/minilm',
    })
    const size = statSync(join(folder, 'onnx/model_quantized.onnx')).size
    expect(progress).toContainEqual({ file: 'onnx/model_quantized.onnx', bytes: size, total: size })
    const soFar = asked.length
    await using again = await open('tests/minilm', more)
    expect(again.space).toEqual(fetched.space)
    expect(asked).toHaveLength(soFar)
    await expect(open('tests/other', { ...more, allowDownload: true })).rejects.toMatchObject({
      code: 'EMBEDDER_UNAVAILABLE',
      message: expect.stringMatching(/tests\/other cannot be fetched/),
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
