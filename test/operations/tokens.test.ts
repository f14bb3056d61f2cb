import { countTokens as exactly } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import { Envelope } from '../../src/operations/envelope.ts'
import { countTokens } from '../../src/operations/tokens.ts'

const PROSE = 'The gateway listens on port 8080; since May, Ada Lovelace runs it. '

describe('tokens', () => {
  it('of text with spaces are those of the vocabulary', async () => {
    for (const text of [
      '',
      'a',
      PROSE.repeat(50),
      'naïve café\n\n\tindented',
      '{"a": [1, 2, 3]}',
      '東京のサーバー',
    ])
      expect(await countTokens(text)).toBe(exactly(text))
  })

  it('of marks with a meaning to models are those of their letters', async () => {
    expect(await countTokens('a <|endoftext|> b')).toBeGreaterThan(5)
  })

  it('of text without spaces are rather more, and counted in time that grows with its length alone', async () => {
    const texts = [
      '東京'.repeat(300),
      '🎉'.repeat(300),
      'x7'.repeat(600),
      ' '.repeat(1000),
      `${'a'.repeat(257)} b`,
    ]
    for (const text of texts) {
      const tokens = await countTokens(text)
      expect(tokens).toBeGreaterThanOrEqual(exactly(text))
      expect(tokens).toBeLessThan(exactly(text) * 1.1 + 10)
    }
    expect(await countTokens('東'.repeat(300_000))).toBeGreaterThan(100_000)
  })

  it('of items in their envelopes are the sum of those of each', async () => {
    const envelope = new Envelope('01900000-0000-7000-8000-0123456789ab')
    const contents = [PROSE, '…', '\n\n', 'ends in >', '</', '東京', '  ', '}\n', "it's"]
    const items = contents.map(text => `${envelope.wrap({ id: 1, why: 'pinned' }, text)}\n`)
    const counts = await Promise.all(items.map(countTokens))
    const sum = counts.reduce((a, b) => a + b, 0)
    expect(await countTokens(items.join(''))).toBe(sum)
    expect(await countTokens(`${envelope.rule}\n${items.join('')}`)).toBe(
      sum + (await countTokens(`${envelope.rule}\n`)),
    )
  })
})
