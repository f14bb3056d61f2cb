import { describe, expect, it } from 'vitest'
import { Quoting } from '../../src/model/quote.ts'

const quoteOf = (response: string, text: string) => new Quoting(response).quoteOf(text)

describe('a quote', () => {
  it('is five words in a row, whatever their case and punctuation, as far as they go', () => {
    const text = 'The gateway listens on port 8080; ask Ada.'
    expect(quoteOf('I see: the GATEWAY listens, on port "8080".', text)).toBe(
      'the gateway listens on port 8080',
    )
    expect(quoteOf('The gateway has ports.', text)).toBeNull()
  })

  it('is twenty-four characters, where words have no spaces or are long', () => {
    const text = '東京のサーバーは毎朝再起動しますので作業の前に必ず保存してください'
    expect(quoteOf(`はい、${text}。`, text)?.length).toBeGreaterThanOrEqual(5)
    expect(
      quoteOf('see getUserByIdentificationNumber in lookup', 'getUserByIdentificationNumber caches'),
    ).toBe('getuserbyidentificationn')
  })

  it('says something: common words in a row quote nobody', () => {
    expect(quoteOf('it was as it is to be in the end', 'as it is to be in the')).toBeNull()
  })

  it('is not found in what is short, empty or different', () => {
    expect(quoteOf('', 'The gateway listens on port 8080')).toBeNull()
    expect(quoteOf('port 8080', 'port 8080')).toBeNull()
    expect(quoteOf('a b', '')).toBeNull()
  })

  it('is looked for in time that grows with the texts alone', () => {
    const long = 'a'.repeat(200_000)
    expect(quoteOf(long, long)).toBe('a'.repeat(24))
    const words = 'one two three four five six '.repeat(20_000)
    expect(quoteOf(words, words)).not.toBeNull()
    expect(quoteOf(words, words.replaceAll('three', 'drei').replaceAll('six', 'sechs'))).toBeNull()
  })
})
