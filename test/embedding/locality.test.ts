/** Of a long text only a beginning is tokenised; the tokens that are read are those of the whole. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLocalAtSpaces } from '../../src/embedding/model2vec/locality.ts'
import { toTokens } from '../../src/embedding/model2vec/tokens.ts'
import { SHIPPED_MODEL, shippedModels } from '../../src/embedding/shipped.ts'
import { wordPiece } from '../kit/models.ts'

const shipped = JSON.parse(readFileSync(join(shippedModels(), SHIPPED_MODEL, 'tokenizer.json'), 'utf8'))

const NOTHING = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCΣσςé0123456789.,!-_漢']

const byteLevel = {
  ...NOTHING,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, use_regex: true },
  model: {
    type: 'BPE',
    unk_token: '?',
    vocab: Object.fromEntries(
      ['?', 'Ġ', ...'abcdefghijklmn', 'Ġa', 'ab', 'Ġab', 'cd'].map((t, id) => [t, id]),
    ),
    merges: ['Ġ a', 'a b', 'Ġa b', 'c d'],
  },
}

const unigram = {
  ...NOTHING,
  normalizer: { type: 'Sequence', normalizers: [{ type: 'Precompiled' }, { type: 'Lowercase' }] },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'WhitespaceSplit' },
      { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
    ],
  },
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [['<unk>', 0], ['▁', -3], ...LETTERS.map(l => [l, -4]), ['▁ab', -2], ['cd', -2]],
  },
}

const KINDS = { 'the shipped WordPiece': shipped, 'a byte-level BPE': byteLevel, 'a Unigram': unigram }

const word = fc.string({ unit: fc.constantFrom(...LETTERS, '\u0301'), minLength: 1, maxLength: 9 })
const gap = fc.constantFrom(' ', ' ', ' ', ' ', '  ', '\n', '\t ', '\u00a0', ' \u200d', '')
const text = fc
  .array(fc.tuple(word, gap), { minLength: 0, maxLength: 120 })
  .map(parts => parts.map(part => part.join('')).join(''))

describe.each(Object.entries(KINDS))('%s', (_, json) => {
  it('gives the first ids of the whole text', () => {
    expect(isLocalAtSpaces(json)).toBe(true)
    const most = 5
    const tokens = toTokens(JSON.stringify(json), 'tokenizer.json', most)
    const library = new Tokenizer(json, {})
    const unknown = library.model?.unk_token_id
    fc.assert(
      fc.property(text, whole => {
        const { ids } = library.encode(whole, { add_special_tokens: false })
        expect(tokens.idsOf(whole)).toEqual(
          ids.slice(0, most).filter((id: number) => id !== unknown && id !== undefined),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('takes 64 KiB without a space', () => {
    const tokens = toTokens(JSON.stringify(json), 'tokenizer.json', 512)
    expect(tokens.idsOf('ab'.repeat(32_768)).length).toBeLessThanOrEqual(512)
  })
})

describe('a tokenizer that looks across spaces', () => {
  const CASES: [string, object][] = [
    ['without anything that splits', NOTHING],
    ['that makes spaces part of words', { ...NOTHING, pre_tokenizer: { type: 'Metaspace' } }],
    [
      'that splits by a rule of its own',
      { ...NOTHING, pre_tokenizer: { type: 'Split', pattern: { Regex: 'a b' } } },
    ],
    [
      'that does not split by its rule',
      { ...byteLevel, pre_tokenizer: { type: 'ByteLevel', use_regex: false } },
    ],
    ['with a word of two words', { ...wordPiece(), added_tokens: [{ id: 9, content: 'red green' }] }],
    ['that replaces spaces', { ...wordPiece(), normalizer: { type: 'Replace', pattern: { String: ' ' } } }],
    [
      'that replaces by a rule',
      { ...wordPiece(), normalizer: { type: 'Replace', pattern: { Regex: 'a b' } } },
    ],
    ['with an unknown normaliser', { ...wordPiece(), normalizer: { type: 'Novel' } }],
    ['with a broken sequence', { ...wordPiece(), normalizer: { type: 'Sequence' } }],
  ]
  it.each(CASES)('%s is read whole', (_, json) => expect(isLocalAtSpaces({ ...json })).toBe(false))
})
