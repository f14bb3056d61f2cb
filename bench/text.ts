/**
 * Made-up text for measuring speed: a vocabulary of 50,000 words of which the n-th comes about 1/n as often as the
 * first, as in natural language, so that common words are common. The words are English ones and pairs of them, so that
 * a model of English tells the texts apart, and some texts in a row are about one subject: words by chance alone would
 * leave every text about as far from every other, where no index finds its way, and no people talk so. The same seed gives
 * the same text everywhere.
 */
import { WORDS } from './words.ts'

const VOCABULARY = 50_000
const SHORTEST = 10
const LONGEST = 60

/** So many texts in a row are about one subject. */
const TEXTS_A_SUBJECT = 20

/** How much of what is not among the commonest words is the subject's own. */
const OWN = 0.7
const COMMONEST = 50

export interface TextSource {
  /** One memory's text: 10 to 60 words. */
  next(): string
  /** Six different words of a text, in an order of their own, as a question would name them. */
  queryFrom(text: string): string
}

export function textSource(seed: number): TextSource {
  const random = generator(seed)
  const cumulative = zipf(VOCABULARY)
  let subject: readonly number[] = []
  let texts = 0
  const word = () => {
    const rank = rankAt(cumulative, random())
    if (rank < COMMONEST || random() >= OWN) return wordNumber(rank)
    // As rare as the one that it stands for.
    const layer = rank - (rank % WORDS.length)
    return wordNumber(layer + subject[Math.floor(random() * subject.length)]!)
  }
  return {
    next: () => {
      if (texts++ % TEXTS_A_SUBJECT === 0) subject = newSubject(random)
      const length = SHORTEST + Math.floor(random() * (LONGEST - SHORTEST + 1))
      return Array.from({ length }, word).join(' ')
    },
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

/** Where its words are in the list: two pairs of neighbours, which mostly belong together. */
function newSubject(random: () => number): number[] {
  const place = () => 2 * Math.floor(random() * (WORDS.length >> 1))
  const [one, other] = [place(), place()]
  return [one, one + 1, other, other + 1]
}

/** Mulberry32 (Tommy Ettinger): 32 bits of state, numbers from 0 to 1. */
export function generator(seed: number): () => number {
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

/** A word of the list, or two of them as one: no two ranks are the same to the stemmer. */
function wordNumber(rank: number): string {
  const [count, pair] = [WORDS.length, rank - WORDS.length]
  if (pair < 0) return WORDS[rank]!
  const distance = 1 + 7 * Math.floor(pair / count)
  return WORDS[pair % count]! + WORDS[(pair + distance) % count]!
}
