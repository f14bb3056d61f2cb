import { isUnspaced } from './fold.ts'
import { type Findings, scan } from './scan.ts'
import { isStopTerm } from './stop-words.ts'

/**
 * A question as search sees it. `terms` are unique, in order, without stop-words, unless there are only stop-words:
 * then they are kept, so that "The Who" finds something. `phrases` are the quoted runs, stop-words included.
 */
export interface AnalysedQuery {
  readonly terms: readonly string[]
  readonly phrases: readonly (readonly string[])[]
  readonly asksWhen: boolean
  readonly asksHowMany: boolean
}

// A prompt may be handed over whole as a query. Beyond these its words only blur what is asked.
const MAX_CHARACTERS = 8_192
const MAX_TERMS = 64
const MAX_PHRASES = 8

const QUOTED = /["“„«]([^"“”„«»]+)["”“»]/g
const ASKS_WHEN =
  /\b(?:when|what (?:date|day|month|year|time)|which (?:date|day|month|year)|how long|how old|since when)\b/i
const ASKS_HOW_MANY =
  /\b(?:how (?:many|much|often|long|old|far|big|tall)|what (?:number|amount|percentage)|count of)\b/i

/** Never throws, whatever the text; its work is bounded. Punctuation alone gives no terms. */
export function analyseQuery(text: string): AnalysedQuery {
  const asked = text.slice(0, MAX_CHARACTERS)
  const phrases: string[][] = []
  for (const quoted of asked.matchAll(QUOTED)) {
    const terms = termsOf(quoted[1]!)
    if (terms.length > 0 && phrases.length < MAX_PHRASES) phrases.push(terms)
  }
  const all = [...new Set(withoutCharactersOfPairs(termsOf(asked)))]
  const telling = all.filter(term => !isStopTerm(term))
  return {
    terms: (telling.length > 0 ? telling : all).slice(0, MAX_TERMS),
    phrases,
    asksWhen: ASKS_WHEN.test(asked),
    asksHowMany: ASKS_HOW_MANY.test(asked),
  }
}

function termsOf(text: string): string[] {
  const found: Findings = { terms: [], traits: 0 }
  scan(text, found)
  return found.terms
}

/** Where a pair of characters is asked for, its single characters would find half of the store. */
function withoutCharactersOfPairs(terms: readonly string[]): string[] {
  return terms.filter((term, at) => {
    if (term.length > 2 || term.charCodeAt(0) < 128 || !isUnspaced(term)) return true
    const isPart = isLongerWith(terms[at - 1], term) || isLongerWith(terms[at + 1], term)
    return !isPart || [...term].length > 1
  })
}

function isLongerWith(pair: string | undefined, character: string): boolean {
  return pair !== undefined && pair.length > character.length && pair.includes(character)
}
