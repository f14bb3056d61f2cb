/** The model that ships: its vectors are those it was made with, and it is read only when a text comes. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../src/embedding/model2vec/model.ts'
import { openEmbedder } from '../../src/embedding/open.ts'
import { SHIPPED_MODEL, shippedModels } from '../../src/embedding/shipped.ts'
import { temporaryFolder } from '../kit/engines.ts'

const FOLDER = join(shippedModels(), SHIPPED_MODEL)
const GOLDEN = join(import.meta.dirname, '../fixtures/heirloom-static-en.golden.json')

interface Case {
  readonly text: string
  readonly ids: number[]
  readonly vector: number[]
}

const { items: CASES } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { items: Case[] }

const surroundings = { environment: {}, random: () => 0.5, pause: async () => undefined }
const open = (spec = {}, models?: string) =>
  openEmbedder(
    { provider: 'static', ...spec },
    { ...surroundings, ...(models === undefined ? {} : { models }) },
  )

const lengthOf = (vector: Float32Array) => Math.hypot(...vector)

describe('the shipped model', () => {
  it('gives the golden ids and vectors', async () => {
    expect(CASES).toHaveLength(24)
    const model = await readModel(FOLDER)
    await using embedder = await open()
    const vectors = await embedder.embed(
      CASES.map(({ text }) => text),
      'document',
    )
    for (const [index, { text, ids, vector }] of CASES.entries()) {
      const about = text.slice(0, 30)
      const found = vectors[index] ?? null
      expect(model.idsOf(text), about).toEqual(ids)
      expect(found === null, about).toBe(vector.every(part => part === 0))
      const distance = Math.max(...vector.map((part, i) => Math.abs(part - (found?.[i] ?? 0))))
      expect(distance, about).toBeLessThan(1e-4)
    }
    expect(vectors.filter(vector => vector === null).length).toBeGreaterThan(0)
    expect(vectors.filter(vector => vector !== null).length).toBeGreaterThan(15)
  })

  it('is what its description says, told without reading it', async () => {
    const model = await readModel(FOLDER)
    await using embedder = await open()
    expect(embedder.space).toEqual({
      provider: 'static',
      model: SHIPPED_MODEL,
      dimensions: model.dimensions,
      pooling: 'weighted mean',
      normalised: true,
      query_prefix: '',
      document_prefix: '',
      digest: model.digest,
    })
    expect(embedder).toMatchObject({ isInstant: true, batch: 256 })
  })

  it('has a vector of length 1 or none for any text', async () => {
    await using embedder = await open()
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.lorem())
    await fc.assert(
      fc.asyncProperty(any, async text => {
        const [vector] = await embedder.embed([text], 'query')
        if (vector !== null && vector !== undefined) expect(lengthOf(vector)).toBeCloseTo(1, 5)
      }),
    )
    expect(await embedder.embed(['', ' \n\t', '\u0000'], 'query')).toEqual([null, null, null])
  })

  it('finds a paraphrase nearer than another subject', async () => {
    await using embedder = await open()
    const [question, answer, other] = await embedder.embed(
      ['where does she live now', 'I moved to a flat in Lisbon', 'the build fails on a missing header'],
      'query',
    )
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, part, i) => sum + part * b[i]!, 0)
    expect(dot(question!, answer!)).toBeGreaterThan(dot(question!, other!) + 0.1)
  })

  it('takes texts of 64 KiB of every kind', async () => {
    await using embedder = await open()
    const texts = ['word ', 'a', '漢字', '😀', ' ', '!?', 'x-'].map(unit =>
      unit.repeat(65_536 / Buffer.byteLength(unit)),
    )
    const vectors = await embedder.embed(texts, 'document')
    expect(vectors.map(vector => vector !== null)).toEqual([true, false, true, false, false, true, true])
  })

  it('has more texts than a batch in their order, and stops between texts when it is cancelled', async () => {
    await using embedder = await open()
    const texts = Array.from({ length: 600 }, (_, i) => `memory number ${i}`)
    const vectors = await embedder.embed(texts, 'document')
    expect(vectors).toHaveLength(600)
    expect(vectors[599]).toEqual((await embedder.embed([texts[599]!], 'document'))[0])
    const controller = new AbortController()
    const cancelled = embedder.embed(texts, 'document', { signal: controller.signal })
    controller.abort()
    await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('prefixes', () => {
  it('stand before queries and documents, and make no vector of nothing', async () => {
    const prefixes = { query_prefix: 'find this: ', document_prefix: 'it says: ' }
    await using plain = await open()
    await using prefixed = await open(prefixes)
    expect(prefixed.space).toMatchObject(prefixes)
    const [query] = await prefixed.embed(['boats'], 'query')
    const [document] = await prefixed.embed(['boats'], 'document')
    expect([query, document]).toEqual(await plain.embed(['find this: boats', 'it says: boats'], 'query'))
    expect(await prefixed.embed(['', '☃'], 'query')).toEqual([null, null])
  })
})

describe('a shipped model that is not what it should be', () => {
  const folder = temporaryFolder()

  it('is told when a file is missing, before any text', async () => {
    await expect(open({}, join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'EMBEDDER_UNAVAILABLE',
      message: expect.stringMatching(/model\.safetensors is missing.*npm install heirloom/),
    })
  })

  it('is told when it was altered, and used again when it is mended', async () => {
    cpSync(FOLDER, join(folder, SHIPPED_MODEL), { recursive: true })
    const path = join(folder, SHIPPED_MODEL, 'model.safetensors')
    const bytes = readFileSync(path)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path, bytes)
    await using embedder = await open({}, folder)
    const reinstall = {
      code: 'EMBEDDER_UNAVAILABLE',
      message: expect.stringContaining('npm install heirloom'),
    }
    await expect(embedder.embed(['text'], 'query')).rejects.toMatchObject(reinstall)
    expect(await embedder.embed([' '], 'query')).toEqual([null])
    rmSync(path)
    await expect(embedder.embed(['text'], 'query')).rejects.toMatchObject(reinstall)
    cpSync(join(FOLDER, 'model.safetensors'), path)
    expect((await embedder.embed(['text'], 'query'))[0]).toHaveLength(256)
  })

  it('is refused for a space of other dimensions', async () => {
    await expect(open({ dimensions: 384 })).rejects.toMatchObject({
      code: 'SPACE_MISMATCH',
      message: expect.stringMatching(/256 dimensions, and the space has 384/),
    })
  })
})
