/** Any Model2Vec folder: every kind of numbers it may hold, and every way in which it may be damaged. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openEmbedder } from '../../src/embedding/open.ts'
import { temporaryFolder } from '../kit/engines.ts'
import { lengthOf, ROWS, tensor, toSafetensors, WORDS, wordPiece, writeModel } from '../kit/models.ts'

const root = temporaryFolder()
let count = 0
const fresh = () => join(root, String(++count))

const surroundings = { environment: {}, random: () => 0.5, pause: async () => undefined }
const open = (folder: string, spec = {}) =>
  openEmbedder({ provider: `model2vec:${folder}`, ...spec }, surroundings)

async function vectorOf(folder: string, text: string): Promise<number[] | null> {
  await using embedder = await open(folder)
  const [vector] = await embedder.embed([text], 'document')
  return vector == null ? null : Array.from(vector, part => Math.round(part * 1e6) / 1e6)
}

const embeddings = tensor('I8', [6, 2], ROWS)
const WEIGHTS = [1, 2, 0.5, 0, 1, 1]

describe('a Model2Vec folder', () => {
  it.each(['model.safetensors', 'tokenizer.json', 'config.json'])(
    'is refused where %s is a pipe, without waiting for what comes through it',
    async name => {
      const folder = writeModel(fresh())
      rmSync(join(folder, name))
      execFileSync('mkfifo', [join(folder, name)])
      await expect(open(folder)).rejects.toMatchObject({
        code: 'EMBEDDER_UNAVAILABLE',
        message: expect.stringContaining(`${name} is not a file`),
      })
    },
  )

  it('has vectors of length 1, without unknown tokens', async () => {
    const folder = writeModel(fresh())
    await using embedder = await open(folder)
    expect(embedder.space).toEqual({
      provider: `model2vec:${folder}`,
      model: String(count),
      dimensions: 2,
      pooling: 'weighted mean',
      normalised: true,
      query_prefix: '',
      document_prefix: '',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    await using named = await open(relative(process.cwd(), folder))
    expect(named.space).toEqual(embedder.space)
    // red [3, 4]; green [-4, 3]; blue [0, 1]; ##ish [5, 2]
    expect(await vectorOf(folder, 'red')).toEqual([0.6, 0.8])
    expect(await vectorOf(folder, 'Red unheard')).toEqual([0.6, 0.8])
    expect(await vectorOf(folder, 'redish')).toEqual([0.8, 0.6])
    expect(await vectorOf(folder, 'unheard of')).toBeNull()
    expect(await vectorOf(folder, 'red green blue')).toEqual([-0.124035, 0.992278])
  })

  it('reads the first tokens of a text, unknown ones among them', async () => {
    const folder = writeModel(fresh())
    expect(await vectorOf(folder, 'red red red red cut')).toEqual([0.6, 0.8])
    expect(await vectorOf(folder, 'x x x red cut')).toEqual([0.6, 0.8])
    expect(await vectorOf(folder, 'x x x x cut')).toBeNull()
    const whole = writeModel(fresh(), { config: { max_length: null } })
    expect(await vectorOf(whole, 'x x x x cut')).toEqual([0, 1])
    const usual = writeModel(fresh(), { config: {} })
    expect(await vectorOf(usual, `${'x '.repeat(511)}cut cut`)).toEqual([0, 1])
    expect(await vectorOf(usual, `${'x '.repeat(512)}cut cut`)).toBeNull()
  })

  const KINDS = (['I8', 'F16', 'F32'] as const).flatMap(rows =>
    (['F16', 'F32', 'F64'] as const).flatMap(weights =>
      (['none', 'I32', 'I64'] as const).map(mapping => ({ rows, weights, mapping })),
    ),
  )
  it.each(KINDS)(
    'of $rows rows, $weights weights and mapping $mapping',
    async ({ rows, weights, mapping }) => {
      // Behind an odd number of bytes, so that what follows is not aligned. The mapping turns the rows round.
      const turned = mapping === 'none' ? ROWS : ROWS.map((_, i) => ROWS[(5 - (i >> 1)) * 2 + (i & 1)]!)
      const odd = tensor('I8', [3], [0, 0, 0])
      const mapped = mapping === 'none' ? {} : { mapping: tensor(mapping, [6], [5, 4, 3, 2, 1, 0]) }
      const safetensors = toSafetensors({
        odd,
        embeddings: tensor(rows, [6, 2], turned),
        weights: tensor(weights, [6], WEIGHTS),
        ...mapped,
      })
      const folder = writeModel(fresh(), { safetensors })
      // 2 [3, 4] + 0.5 [-4, 3]
      expect(await vectorOf(folder, 'red green blue')).toEqual([0.388057, 0.921635])
      expect(await vectorOf(folder, 'blue')).toBeNull()
    },
  )

  it('keeps the direction of numbers that are very small, very large or below zero', async () => {
    const rows = (values: number[]) => toSafetensors({ embeddings: tensor('F32', [6, 2], values) })
    const tiny = writeModel(fresh(), { safetensors: rows(ROWS.map(value => value * 1e-38)) })
    expect(await vectorOf(tiny, 'red')).toEqual([0.6, 0.8].map(value => expect.closeTo(value, 5)))
    const huge = writeModel(fresh(), { safetensors: rows(ROWS.map(value => value * 1e37)) })
    expect(await vectorOf(huge, 'red red')).toEqual([0.6, 0.8])
    const halves = ROWS.map(value => -value * 2 ** -20)
    const half = writeModel(fresh(), {
      safetensors: toSafetensors({ embeddings: tensor('F16', [6, 2], halves) }),
    })
    expect(await vectorOf(half, 'red')).toEqual([-0.6, -0.8])
  })

  it('of a tokenizer that has no token for what it does not know', async () => {
    const parts = { added_tokens: [], normalizer: null, post_processor: null, decoder: null }
    const split = { ...parts, pre_tokenizer: { type: 'WhitespaceSplit' } }
    const vocab = ['red', 'green', 'blue', 'r', 'e', 'd'].map(word => [word, -1])
    const unigram = { ...split, model: { type: 'Unigram', unk_id: null, vocab } }
    expect(await vectorOf(writeModel(fresh(), { tokenizer: unigram }), 'green x ?')).toEqual([0.6, 0.8])
    const bytes = { red: 0, r: 1, e: 2, d: 3, re: 4, x: 5 }
    const bpe = {
      ...split,
      model: {
        type: 'BPE',
        vocab: bytes,
        merges: [
          ['r', 'e'],
          ['re', 'd'],
        ],
      },
    }
    expect(await vectorOf(writeModel(fresh(), { tokenizer: bpe }), 'r zzz')).toEqual([0.6, 0.8])
    expect(await vectorOf(writeModel(fresh(), { tokenizer: bpe }), 'zzz')).toBeNull()
  })

  it('has another digest for other weights, another tokenizer or another length', async () => {
    const other = tensor('I8', [6, 2], [...ROWS.slice(0, 11), 3])
    const folders = [
      writeModel(fresh()),
      writeModel(fresh()),
      writeModel(fresh(), { safetensors: toSafetensors({ embeddings: other }) }),
      writeModel(fresh(), { tokenizer: wordPiece(WORDS.with(5, 'pink')) }),
      writeModel(fresh(), { config: { max_length: 5 } }),
    ]
    const digests = await Promise.all(folders.map(async folder => (await open(folder)).space.digest))
    expect(digests[0]).toBe(digests[1])
    expect(new Set(digests).size).toBe(4)
  })
})

describe('a folder that cannot be used', () => {
  const refuses = async (folder: string, message: RegExp) =>
    expect(open(folder)).rejects.toMatchObject({
      code: 'EMBEDDER_UNAVAILABLE',
      message: expect.stringMatching(message),
    })
  const file = (safetensors: Uint8Array) => writeModel(fresh(), { safetensors })
  const headed = (header: unknown) => file(toSafetensors({ embeddings }, header))

  it.each(['model.safetensors', 'tokenizer.json', 'config.json'])('lacks %s', async name => {
    const folder = writeModel(fresh())
    rmSync(join(folder, name))
    await refuses(folder, new RegExp(`${name} is not there`))
    mkdirSync(join(folder, name))
    await refuses(folder, new RegExp(`${name} (is not a file|cannot be read \\(EISDIR\\))`))
  })

  it('is not there, or is a file', async () => {
    await refuses(join(root, 'nowhere'), /nowhere.*is not there/)
    writeFileSync(join(root, 'file'), '')
    await refuses(join(root, 'file'), /is not there/)
  })

  it('has weights that are cut off anywhere, or longer than they say', async () => {
    const whole = toSafetensors({ embeddings })
    for (let length = 0; length < whole.length; length++)
      await refuses(file(whole.subarray(0, length)), /model\.safetensors (is cut off|says|is damaged|has)/)
    await refuses(file(Buffer.concat([whole, Buffer.alloc(1)])), /tensors end at byte 12 of 13/)
  })

  it('has a header that claims more bytes than there are', async () => {
    await refuses(
      file(Buffer.concat([lengthOf(2n ** 60n), Buffer.alloc(100)])),
      /1152921504606846976 bytes.*room for 100/,
    )
    await refuses(file(lengthOf(2n ** 64n - 1n)), /18446744073709551615 bytes.*room for 0/)
    await refuses(file(lengthOf(0)), /not a JSON object/)
  })

  const HEADERS: [string, unknown, RegExp][] = [
    ['no object', [], /not a JSON object/],
    ['no tensors', {}, /tensors end at byte 0 of 12/],
    ['a tensor of another name', { other: at([0, 12]) }, /no tensor "embeddings" \(its tensors: other\)/],
    ['no description', { embeddings: null }, /"embeddings" is not described/],
    ['an unknown type', { embeddings: { ...at([0, 12]), dtype: 'Q4' } }, /unknown type of numbers/],
    [
      'an inherited type',
      { embeddings: { ...at([0, 12]), dtype: 'constructor' } },
      /unknown type of numbers/,
    ],
    ['another type', { embeddings: { ...at([0, 12]), dtype: 'U8' } }, /the type U8; known are I8, F16, F32/],
    ['no shape', { embeddings: { ...at([0, 12]), shape: 12 } }, /has no shape/],
    ['a shape below zero', { embeddings: { ...at([0, 12]), shape: [-6, -2] } }, /has no shape/],
    [
      'an endless shape',
      { embeddings: { ...at([0, 12]), shape: [2 ** 52, 2 ** 52] } },
      /has 12 bytes, and its shape says/,
    ],
    ['another shape', { embeddings: { ...at([0, 12]), shape: [12] } }, /the shape \[12\]/],
    ['an empty shape', { embeddings: { ...at([0, 12]), shape: [0, 2] } }, /its shape says 0/],
    ['no place', { embeddings: { dtype: 'I8', shape: [6, 2] } }, /does not say where it is/],
    ['a place beyond the end', { embeddings: at([1, 13]) }, /outside the file: bytes 1 to 13 of 12/],
    ['a place from its end', { embeddings: at([12, 0]) }, /outside the file/],
    [
      'a gap',
      { embeddings: { dtype: 'I8', shape: [5, 2], data_offsets: [2, 12] } },
      /begins at byte 2, not at 0/,
    ],
    [
      'an overlap',
      { embeddings: at([0, 12]), weights: { dtype: 'I8', shape: [6], data_offsets: [6, 12] } },
      /"weights" begins at byte 6, not at 12/,
    ],
  ]
  function at(data_offsets: readonly number[]) {
    return { dtype: 'I8', shape: [6, 2], data_offsets }
  }
  it.each(HEADERS)('has a header with %s', async (_, header, message) => refuses(headed(header), message))

  it('has a header that is not UTF-8 or not JSON', async () => {
    await refuses(file(Buffer.concat([lengthOf(2), Buffer.from([0xff, 0xfe])])), /not a JSON object/)
    await refuses(file(Buffer.concat([lengthOf(3), Buffer.from('{"a')])), /not a JSON object/)
  })

  const SHAPES: [string, Parameters<typeof toSafetensors>[0], RegExp][] = [
    [
      'fewer rows than tokens',
      { embeddings: tensor('I8', [5, 2], ROWS.slice(2)) },
      /5 embeddings.*knows 6 tokens/,
    ],
    [
      'more rows than tokens',
      { embeddings: tensor('I8', [7, 2], [...ROWS, 1, 1]) },
      /7 embeddings.*knows 6 tokens/,
    ],
    [
      'a weight too few',
      { embeddings, weights: tensor('F32', [5], [1, 1, 1, 1, 1]) },
      /weights of the shape \[5\]/,
    ],
    [
      'weights in rows',
      { embeddings, weights: tensor('F32', [6, 1], WEIGHTS) },
      /weights of the shape \[6,1\]/,
    ],
    [
      'weights of another type',
      { embeddings, weights: tensor('I8', [6], WEIGHTS) },
      /weights of the type I8/,
    ],
    [
      'a mapping too short',
      { embeddings, mapping: tensor('I64', [2], [0, 1]) },
      /mapping of the shape \[2\]/,
    ],
    [
      'a mapping beyond the rows',
      { embeddings, mapping: tensor('I64', [6], [0, 1, 2, 3, 4, 6]) },
      /beyond its 6/,
    ],
    [
      'a mapping below zero',
      { embeddings, mapping: tensor('I32', [6], [0, 1, 2, 3, 4, -1]) },
      /beyond its 6/,
    ],
    [
      'a mapping of fractions',
      { embeddings, mapping: tensor('F32', [6], WEIGHTS) },
      /mapping of the type F32/,
    ],
  ]
  it.each(SHAPES)('has %s', async (_, tensors, message) => refuses(file(toSafetensors(tensors)), message))

  it.each(['F16', 'F32', 'F64'] as const)('has numbers of %s that are not finite', async dtype => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const weights = tensor(dtype, [6], WEIGHTS.with(3, wrong))
      await refuses(file(toSafetensors({ embeddings, weights })), /weights that are not finite numbers/)
      if (dtype === 'F64') continue
      const rows = toSafetensors({ embeddings: tensor(dtype, [6, 2], ROWS.with(7, wrong)) })
      await refuses(file(rows), /embeddings that are not finite numbers/)
    }
  })

  it('has weights so large that nothing can be added to them', async () => {
    const weights = tensor('F64', [6], WEIGHTS.with(1, 1e300))
    await refuses(file(toSafetensors({ embeddings, weights })), /weights that are not finite numbers/)
  })

  const model = { ...(wordPiece() as { model: object }).model }
  const TOKENIZERS: [string, unknown, RegExp][] = [
    ['no JSON', '{', /tokenizer\.json is damaged: it is not JSON/],
    ['no model', { ...wordPiece(), model: null }, /has no model/],
    ['a list', [], /has no model/],
    [
      'another kind',
      { ...wordPiece(), model: { ...model, type: 'WordLevel' } },
      /another kind than WordPiece, BPE, Unigram/,
    ],
    ['no kind', { ...wordPiece(), model: { ...model, type: undefined } }, /another kind/],
    ['no vocabulary', { ...wordPiece(), model: { type: 'Unigram' } }, /is no tokenizer that is known here/],
    ['no parts', { model }, /is no tokenizer that is known here/],
    [
      'an unknown part',
      { ...wordPiece(), pre_tokenizer: { type: 'Novel' } },
      /is no tokenizer that is known here/,
    ],
    [
      'an id of no row',
      { ...wordPiece(), model: { ...model, vocab: { a: 0, b: -1 } } },
      /gives a token the id -1/,
    ],
    [
      'an id that is no number',
      { ...wordPiece(), model: { ...model, vocab: { a: 0, b: 'x' } } },
      /gives a token the id x/,
    ],
  ]
  it.each(TOKENIZERS)('has a tokenizer with %s', async (_, tokenizer, message) =>
    refuses(writeModel(fresh(), { tokenizer }), message),
  )

  it.each([
    ['', /config\.json is damaged: it is not JSON/],
    ['[1]', /config\.json is damaged: it is not a JSON object/],
    [{ max_length: 0 }, /max_length that is not a number of tokens/],
    [{ max_length: '512' }, /max_length that is not a number of tokens/],
  ])('has the config %j', async (config, message) => refuses(writeModel(fresh(), { config }), message))

  it('is refused for a space of other dimensions', async () => {
    await expect(open(writeModel(fresh()), { dimensions: 3 })).rejects.toMatchObject({
      code: 'SPACE_MISMATCH',
    })
  })
})

describe('whatever the bytes of a model', () => {
  const folder = writeModel(fresh())
  const outcome = async (bytes: Uint8Array) => {
    writeFileSync(join(folder, 'model.safetensors'), bytes)
    return open(folder).then(
      () => 'opens',
      error => error.code,
    )
  }

  it('opens it or refuses it, and never fails otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
        expect(await outcome(bytes)).toBe('EMBEDDER_UNAVAILABLE')
      }),
    )
    const data = Buffer.from(embeddings.bytes)
    const number = fc.oneof(fc.integer({ min: 0, max: 13 }), fc.integer(), fc.double(), fc.maxSafeInteger())
    const entry = fc.record(
      {
        dtype: fc.constantFrom('I8', 'F16', 'F32', 'F64', 'I64', 'BOOL', '', '__proto__'),
        shape: fc.oneof(fc.constant([6, 2]), fc.array(number, { maxLength: 4 })),
        data_offsets: fc.oneof(fc.constant([0, 12]), fc.array(number, { maxLength: 3 })),
      },
      { requiredKeys: [] },
    )
    const names = fc.constantFrom('embeddings', 'weights', 'mapping', '__metadata__', '__proto__')
    const header = fc.dictionary(names, fc.oneof({ weight: 9, arbitrary: entry }, fc.jsonValue()))
    const claimed = fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { freq: 5 })
    await fc.assert(
      fc.asyncProperty(header, claimed, async (json, length) => {
        const text = Buffer.from(JSON.stringify(json))
        const bytes = Buffer.concat([lengthOf(length ?? text.length), text, data])
        expect(['opens', 'EMBEDDER_UNAVAILABLE']).toContain(await outcome(bytes))
      }),
      { numRuns: 500 },
    )
    expect(await outcome(toSafetensors({ embeddings }))).toBe('opens')
  })
})
