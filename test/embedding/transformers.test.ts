/**
 * The thread in which ONNX models run, with a stand-in for the optional peer: what another package may do to it. The
 * real one is in transformers-model.test.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openEmbedder } from '../../src/embedding/open.ts'
import { temporaryFolder } from '../kit/engines.ts'

const root = temporaryFolder()
const peer = join(root, 'peer')

/** Gives [number of characters, 2] for a text, knows no ☃, and does what it is told by some texts. */
const STAND_IN = `
import { writeSync } from 'node:fs'
export const env = { allowRemoteModels: true, useFSCache: true, cacheDir: ${JSON.stringify(join(root, 'cache'))} }
const tokenizer = text => ({ input_ids: { data: [...text].map(c => c === '☃' ? 1n : 7n) } })
Object.assign(tokenizer, { all_special_ids: [0, 1], model_max_length: 1e30 })
export async function pipeline(task, model, options) {
  if (model.includes('broken')) throw new Error('no such graph')
  if (model.includes('dying')) process.exit(3)
  console.log('chatter', model, env.allowRemoteModels, options.dtype)
  const extract = async text => {
    if (text.includes('crash')) process.exit(7)
    if (text.includes('throw')) setTimeout(() => { throw new Error('late') })
    if (text.includes('throw') || text.includes('hang')) return new Promise(() => setInterval(() => {}, 1000))
    if (text.includes('fail')) throw new Error('bad input')
    if (text.includes('nan')) return { data: [NaN, 1], dims: [1, 2] }
    const wide = text.includes('wide') ? [1] : []
    return { data: new Float32Array([text.length, tokenizer.model_max_length === 512 ? 2 : 0, ...wide]), dims: [1, 2] }
  }
  return Object.assign(extract, { tokenizer })
}
`

function writePeer(folder: string, source: string): string {
  const module = join(folder, 'node_modules', '@huggingface', 'transformers')
  mkdirSync(module, { recursive: true })
  const manifest = {
    name: '@huggingface/transformers',
    version: '0.0.0',
    type: 'module',
    exports: './index.js',
  }
  writeFileSync(join(module, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(module, 'index.js'), source)
  return folder
}

writePeer(peer, STAND_IN)

function writeFolder(name: string, weights = 'weights'): string {
  const folder = join(root, name)
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  for (const file of ['config.json', 'tokenizer.json']) writeFileSync(join(folder, file), '{}')
  writeFileSync(join(folder, 'onnx', 'model_quantized.onnx'), weights)
  return folder
}

const surroundings = (environment = {}) => ({
  environment: { HEIRLOOM_TEST_TRANSFORMERS: peer, ...environment },
  random: () => 0.5,
  pause: async () => undefined,
})
const open = (model: string, spec = {}, environment = {}) =>
  openEmbedder({ provider: `transformers:${model}`, ...spec }, surroundings(environment))
const unavailable = (message: RegExp) => ({
  code: 'EMBEDDER_UNAVAILABLE',
  message: expect.stringMatching(message),
})
const about = (numbers: number[]) => numbers.map(part => expect.closeTo(part / Math.hypot(...numbers), 6))

describe('a model in a thread', () => {
  it('gives vectors of length 1 in order, none for what it does not know', async () => {
    const folder = writeFolder('plain')
    await using embedder = await open(folder)
    expect(embedder.space).toEqual({
      provider: `transformers:${folder}`,
      model: 'plain',
      dimensions: 2,
      pooling: 'mean',
      normalised: true,
      query_prefix: '',
      document_prefix: '',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(embedder).toMatchObject({ isInstant: false, batch: 32 })
    const vectors = await embedder.embed(['one', '', '☃', 'three'], 'document')
    expect(vectors.map(vector => vector && [...vector])).toEqual([about([3, 2]), null, null, about([5, 2])])
    const many = Array.from({ length: 100 }, (_, i) => 'x'.repeat(i + 1))
    const found = await embedder.embed(many, 'document')
    expect(found.map(vector => [...vector!])).toEqual(many.map(({ length }) => about([length, 2])))
  })

  it('gets its texts with their prefix, which makes no vector by itself', async () => {
    await using embedder = await open(writeFolder('prefixed'), { query_prefix: 'q: ', document_prefix: 'd' })
    const [query, nothing] = await embedder.embed(['one', '☃'], 'query')
    expect([...query!]).toEqual(about([6, 2]))
    expect(nothing).toBeNull()
    expect([...(await embedder.embed(['one'], 'document'))[0]!]).toEqual(about([4, 2]))
  })

  it('has another digest for other weights or another tokenizer', async () => {
    const folder = writeFolder('digests')
    const digest = async () => {
      await using embedder = await open(folder)
      return embedder.space.digest
    }
    const first = await digest()
    expect(await digest()).toBe(first)
    writeFolder('digests', 'others')
    const second = await digest()
    writeFileSync(join(folder, 'tokenizer.json'), '{"a":1}')
    expect(new Set([first, second, await digest()]).size).toBe(3)
  })

  it('answers calls at the same time', async () => {
    await using embedder = await open(writeFolder('together'))
    const calls = ['a', 'bb', 'ccc'].map(text => embedder.embed([text], 'query'))
    const found = await Promise.all(calls)
    expect(found.map(([vector]) => [...vector!])).toEqual([about([1, 2]), about([2, 2]), about([3, 2])])
  })
})

describe('a thread that ends', () => {
  it.each([
    ['crash', /its thread ended \(exit code 7\)\. The next call begins another/],
    ['throw', /its thread failed \(Error\)/],
  ])('by a %s: what waits is told, and the next call begins another', async (text, message) => {
    await using embedder = await open(writeFolder('ends'))
    const calls = [text, 'waits'].map(content => embedder.embed([content], 'query'))
    for (const call of await Promise.allSettled(calls))
      expect(call).toMatchObject({ status: 'rejected', reason: unavailable(message) })
    const again = await Promise.all([embedder.embed(['ab'], 'query'), embedder.embed(['abc'], 'query')])
    expect(again.map(([vector]) => [...vector!])).toEqual([about([2, 2]), about([3, 2])])
  })

  it('is not begun again with another model', async () => {
    await using embedder = await open(writeFolder('changes'))
    await expect(embedder.embed(['crash'], 'query')).rejects.toMatchObject(unavailable(/exit code 7/))
    writeFolder('changes', 'others')
    const again = () => embedder.embed(['x'], 'query')
    await expect(again()).rejects.toMatchObject({
      code: 'SPACE_MISMATCH',
      message: expect.stringMatching(/changes/),
    })
    writeFolder('changes')
    expect(await again()).toHaveLength(1)
  })

  it('when it is closed: what waits is told, and nothing begins again', async () => {
    const embedder = await open(writeFolder('closed'))
    const waits = embedder.embed(['hang'], 'query')
    const told = expect(waits).rejects.toMatchObject(unavailable(/its thread ended/))
    await embedder[Symbol.asyncDispose]()
    await told
    await expect(embedder.embed(['x'], 'query')).rejects.toMatchObject(unavailable(/was closed/))
    await embedder[Symbol.asyncDispose]()
  })
})

describe('a call', () => {
  it('that is cancelled is not waited for', async () => {
    await using embedder = await open(writeFolder('cancelled'))
    const controller = new AbortController()
    const call = embedder.embed(['hang'], 'query', { signal: controller.signal })
    controller.abort()
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(embedder.embed(['x'], 'query', { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('of which a text fails gives no vector, and the next one does', async () => {
    await using embedder = await open(writeFolder('fails'))
    await expect(embedder.embed(['ab', 'fail'], 'query')).rejects.toMatchObject(
      unavailable(/failed on a text \(bad input\)/),
    )
    await expect(embedder.embed(['nan'], 'query')).rejects.toMatchObject(
      unavailable(/else than finite numbers/),
    )
    await expect(embedder.embed(['wide'], 'query')).rejects.toMatchObject({ code: 'SPACE_MISMATCH' })
    expect(await embedder.embed(['ab'], 'query')).toHaveLength(1)
  })
})

describe('a model that cannot be used', () => {
  it.each([
    ['nowhere', /nowhere\/config\.json is missing.*onnx\/model_quantized\.onnx/],
    ['broken', /The model in .*broken cannot be used \(no such graph\)/],
    ['dying', /its thread ended \(exit code 3\) while it began/],
  ])('%s', async (name, message) => {
    if (name !== 'nowhere') writeFolder(name)
    await expect(open(join(root, name))).rejects.toMatchObject(unavailable(message))
  })

  it('for want of the peer', async () => {
    const opening = open(writeFolder('alone'), {}, { HEIRLOOM_TEST_TRANSFORMERS: join(root, 'nobody') })
    await expect(opening).rejects.toMatchObject(
      unavailable(/is not installed\. Install it beside heirloom: npm install @huggingface\/transformers$/),
    )
  })

  it('for a peer that does not load', async () => {
    const damaged = writePeer(join(root, 'damaged'), `import 'not-there-either'`)
    const opening = open(writeFolder('alone'), {}, { HEIRLOOM_TEST_TRANSFORMERS: damaged })
    await expect(opening).rejects.toMatchObject(unavailable(/cannot be loaded \(.*not-there-either/))
  })

  it('for want of a download that was allowed', async () => {
    await expect(open('somebody/model')).rejects.toMatchObject(
      unavailable(/somebody\/model is not in .*cache\. Allow it to be downloaded, or name a folder/),
    )
    writeFolder('cache/somebody/model')
    await using embedder = await open('somebody/model')
    expect(embedder.space).toMatchObject({ provider: 'transformers:somebody/model', model: 'somebody/model' })
  })

  it('for a space of other dimensions', async () => {
    await expect(open(writeFolder('plain'), { dimensions: 384 })).rejects.toMatchObject({
      code: 'SPACE_MISMATCH',
    })
  })
})
