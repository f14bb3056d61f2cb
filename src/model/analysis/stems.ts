import { stemmer } from 'stemmer'
import { IRREGULAR } from './irregular.ts'
import { traitsOfTerm } from './traits.ts'

/** The longest term, in UTF-16 units; longer ones are cut on both sides, the document's and the query's. */
export const MAX_TERM = 64

const MAX_KNOWN = 60_000
const ENGLISH_LETTERS = /^[a-z]+$/

export interface Word {
  readonly term: string
  readonly traits: number
}

const known = new Map<string, Word>()

/** The term of one whole word in any case: lower-cased, stemmed when it is of English letters, and cut. */
export function toWord(raw: string): Word {
  return known.get(raw) ?? learn(raw)
}

function learn(raw: string): Word {
  // A slice keeps the whole text it was cut from alive; joining and cutting again keeps only the word.
  const own = ` ${raw}`.slice(1)
  // The same letter, which Greek writes differently at the end of a word.
  const lower = own.toLowerCase().replaceAll('ς', 'σ')
  const term = cut(
    ENGLISH_LETTERS.test(lower) && lower.length <= MAX_TERM ? stemmer(IRREGULAR.get(lower) ?? lower) : lower,
  )
  const word = { term, traits: traitsOfTerm(term) }
  if (raw.length > MAX_TERM) return word
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(own, word)
  return word
}

function cut(term: string): string {
  if (term.length <= MAX_TERM) return term
  const end = term.charCodeAt(MAX_TERM - 1)
  const splitsPair = end >= 0xd800 && end <= 0xdbff
  return term.slice(0, splitsPair ? MAX_TERM - 1 : MAX_TERM)
}
