import { RANKING } from './constants.ts'

const SPACE = 32

const NONE: ReadonlyMap<number, ReadonlySet<string>> = new Map()

/** What the whole searchable corpus looks like, for weighing terms. `averageLength` is in terms. */
export interface Corpus {
  readonly documents: number
  readonly averageLength: number
  readonly frequencies: ReadonlyMap<string, number>
}

interface Text {
  readonly key: number
  readonly words: string
  readonly length: number
}

/** One row per text, one column per term: how present the term is, 0 to k1 + 1. `weights` are the terms' idf. */
export interface Presence {
  readonly weights: Float64Array
  readonly values: Float64Array
}

/**
 * BM25 (Robertson and Zaragoza, 2009) in its parts, with the never negative idf of Lucene. A term whose frequency the
 * corpus does not tell is taken to occur in just the texts given here. A text that mentions what a term names, by
 * another name, counts as though it held the term almost once.
 */
export function toPresence(
  terms: readonly string[],
  texts: readonly Text[],
  corpus: Corpus,
  mentions: ReadonlyMap<number, ReadonlySet<string>> = NONE,
): Presence {
  const columns = terms.length
  const values = new Float64Array(texts.length * columns)
  const weights = new Float64Array(columns)
  const norms = Float64Array.from(texts, text => lengthNorm(text.length, corpus.averageLength))
  const documents = Math.max(corpus.documents, texts.length)
  for (let column = 0; column < columns; column++) {
    const term = terms[column]!
    let holders = 0
    for (let row = 0; row < texts.length; row++) {
      const count = countOf(term, texts[row]!.words)
      if (count === 0) {
        if (mentions.get(texts[row]!.key)?.has(term))
          values[row * columns + column] = (RANKING.mention * (RANKING.k1 + 1)) / (1 + norms[row]!)
        continue
      }
      holders++
      values[row * columns + column] = (count * (RANKING.k1 + 1)) / (count + norms[row]!)
    }
    weights[column] = idfOf(corpus.frequencies.get(term) ?? holders, documents)
  }
  return { weights, values }
}

/** One score a row: each term's presence to the power of `exponent`, times its weight. With exponent 1 it is BM25. */
export function sumRows({ weights, values }: Presence, exponent: number): Float64Array {
  const columns = weights.length
  const sums = new Float64Array(columns === 0 ? 0 : values.length / columns)
  for (let row = 0; row < sums.length; row++) {
    let sum = 0
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!
      if (value > 0) sum += weights[column]! * (exponent === 1 ? value : value ** exponent)
    }
    sums[row] = sum
  }
  return sums
}

/** How much a term tells; above 0, however common it is. */
function idfOf(frequency: number, documents: number): number {
  const known = Math.min(Math.max(frequency, 0), documents)
  return Math.log(1 + (documents - known + 0.5) / (known + 0.5))
}

/** How often the term occurs between two spaces. */
function countOf(term: string, words: string): number {
  // Searched without its leading space: at a space the search would stop before every word.
  const needle = `${term} `
  let count = 0
  for (let at = words.indexOf(needle); at >= 0; at = words.indexOf(needle, at + needle.length)) {
    if (words.charCodeAt(at - 1) === SPACE) count++
  }
  return count
}

function lengthNorm(length: number, average: number): number {
  const relative = average > 0 ? length / average : 1
  return RANKING.k1 * (1 - RANKING.b + RANKING.b * relative)
}
