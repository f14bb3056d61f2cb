import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toTokens } from '../../src/embedding/model2vec/tokens.ts'

const PATH = join(import.meta.dirname, '../../models/heirloom-static-en/tokenizer.json')
const text = readFileSync(PATH, 'utf8')

/** Words that are whole tokens, that are several, that are none; and what a normaliser changes. */
const word = fc.oneof(
  fc.constantFrom(
    'The',
    'kettle',
    'antidisestablishmentarianism',
    'x'.repeat(150),
    'naïve',
    'ＡＢＣ',
    '漢字',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
)
const texts = fc.array(word, { maxLength: 12 }).map(words => words.join(' '))

describe('what a tokenizer need not do anew', () => {
  const tokens = toTokens(text, PATH, 10_000)
  const plain = new Tokenizer(JSON.parse(text), {})

  it('changes no token', () => {
    fc.assert(
      fc.property(texts, given => {
        const { ids } = plain.encode(given, { add_special_tokens: false })
        expect(tokens.idsOf(given)).toEqual(ids.filter((id: number) => id !== plain.model?.unk_token_id))
      }),
      { numRuns: 500 },
    )
  })

  it('goes on where more words came than are kept', () => {
    for (let number = 0; number < 25_000; number++) tokens.idsOf(`n${number}`)
    const { ids } = plain.encode('n7 the kettle', { add_special_tokens: false })
    expect(tokens.idsOf('n7 the kettle')).toEqual(ids)
  })
})
