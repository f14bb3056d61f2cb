import { stemmer } from 'stemmer'

/** What a text holds besides its words: the low bits of `SearchDocument.traits`. */
export const TRAITS = {
  /** A date, a weekday, or a time relative to now ("last week"). */
  time: 1,
  /** A number, in digits or in words. */
  number: 2,
  /** Nothing but a question, besides a few words such as a greeting. */
  onlyQuestion: 4,
  /** Its last word is a question's: what follows may be the answer. */
  endsAsking: 8,
} as const

const TRAIT_BITS = 8
const MOST_TERMS = 2 ** 22

const TIME_WORDS = `
january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday weekend weekday
today yesterday tomorrow tonight ago last next recently earlier soon
day week month year decade morning afternoon evening night summer winter spring autumn fall
since until birthday anniversary christmas easter thanksgiving
`

const NUMBER_WORDS = `
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen once twice thrice
couple several few many half
`

let known: ReadonlyMap<string, number> | undefined

// Made when first needed: a start that analyses nothing need not stem them.
function wordTraits(): ReadonlyMap<string, number> {
  known ??= new Map<string, number>([
    ...stems(NUMBER_WORDS).map(term => [term, TRAITS.number] as const),
    ...stems(TIME_WORDS).map(term => [term, TRAITS.time] as const),
  ])
  return known
}

function stems(words: string): string[] {
  return words
    .trim()
    .split(/\s+/)
    .map(word => stemmer(word))
}

/** The trait bits that one term alone proves. */
export function traitsOfTerm(term: string): number {
  const first = term.charCodeAt(0)
  if (first >= 48 && first <= 57) {
    return /^(?:19|20)\d\d$/.test(term) ? TRAITS.time | TRAITS.number : TRAITS.number
  }
  return wordTraits().get(term) ?? 0
}

/** Bits of TRAITS and the number of the content's terms as one integer of at most 31 bits, to be stored. */
export function packTraits(traits: number, contentTerms: number): number {
  return (Math.min(contentTerms, MOST_TERMS) << TRAIT_BITS) | traits
}

/** How many of the first words are the content's own. */
export function contentTermsOf(traits: number): number {
  return traits >> TRAIT_BITS
}
