/**
 * Made-up text for measuring speed: a vocabulary of 50,000 words of which the n-th comes about 1/n as often as the
 * first, as in natural language, so that common words are common. The same seed gives the same text everywhere.
 */
const VOCABULARY = 50_000
const SHORTEST = 10
const LONGEST = 60

const SYLLABLES = [
  'ba',
  'ce',
  'di',
  'fo',
  'gu',
  'ha',
  'je',
  'ki',
  'lo',
  'mu',
  'na',
  'pe',
  'ri',
  'so',
  'tu',
  'va',
  'we',
  'xi',
  'yo',
  'zu',
]

export interface TextSource {
  /** One memory's text: 10 to 60 words. */
  next(): string
  /** Six different words of a text, in an order of their own, as a question would name them. */
  queryFrom(text: string): string
}

export function textSource(seed: number): TextSource {
  const random = generator(seed)
  const cumulative = zipf(VOCABULARY)
  const word = () => wordNumber(rankAt(cumulative, random()))
  return {
    next: () =>
      Array.from({ length: SHORTEST + Math.floor(random() * (LONGEST - SHORTEST + 1)) }, word).join(' '),
    queryFrom: text => {
      const words = [...new Set(text.split(' '))]
      for (let index = words.length - 1; index > 0; index--) {
        const other = Math.floor(random() * (index + 1))
        ;[words[index], words[other]] = [words[other]!, words[index]!]
      }
      return words.slice(0, 6).join(' ')
    },
  }
}

/** Mulberry32 (Tommy Ettinger): 32 bits of state, numbers from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function zipf(size: number): Float64Array {
  const cumulative = new Float64Array(size)
  let sum = 0
  for (let rank = 1; rank <= size; rank++) cumulative[rank - 1] = sum += 1 / rank
  return cumulative.map(value => value / sum)
}

function rankAt(cumulative: Float64Array, share: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle]! < share) low = middle + 1
    else high = middle
  }
  return low
}

/** A pronounceable word that no stemmer joins with another. */
function wordNumber(rank: number): string {
  let rest = rank + SYLLABLES.length
  let word = ''
  while (rest > 0) {
    word += SYLLABLES[rest % SYLLABLES.length]
    rest = Math.floor(rest / SYLLABLES.length)
  }
  return `${word}k`
}
