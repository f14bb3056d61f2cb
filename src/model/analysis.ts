/**
 * How text becomes terms, for what is stored and for what is asked. Both databases keep the terms that are made here,
 * so that both find the same, and they are the same under every build of Node. A store keeps the version it was
 * analysed with; another version means that its search rows must be written again.
 */
import { toDateWords } from './analysis/dates.ts'
import { questionTraits } from './analysis/question.ts'
import { type Findings, scan } from './analysis/scan.ts'
import { packTraits } from './analysis/traits.ts'

export { type AnalysedQuery, analyseQuery } from './analysis/query.ts'
export { MAX_TERM } from './analysis/stems.ts'
export { contentTermsOf, TRAITS } from './analysis/traits.ts'

export const ANALYSER_VERSION = 1

/** What is searchable of a memory. `at` is the memory's own date, ISO-8601 in UTC. */
export interface SearchableFields {
  readonly content: string
  readonly title?: string | null
  readonly label?: string | null
  readonly tags?: readonly string[]
  readonly author?: string | null
  readonly at?: string | null
}

/**
 * A memory as search sees it. `words` holds the terms in order, one space before, between and after them, so that
 * ' term ' finds a term and ' two terms ' a phrase; it is a single space when there are none. `author` is written
 * alike. `length` counts the terms. `traits` holds the bits of TRAITS, of the content alone, and `contentTermsOf` it.
 */
export interface SearchDocument {
  readonly words: string
  readonly length: number
  readonly traits: number
  readonly author: string
}

/**
 * The terms of a text in order, duplicates kept. A term has 1 to 64 UTF-16 units, no white space, no control
 * character, no lone surrogate, and never '#' before a digit.
 */
export function analyse(text: string): string[] {
  const found: Findings = { terms: [], traits: 0 }
  scan(text, found)
  return found.terms
}

/** The search row of a memory. The order of fields is: content, title, label, tags, date, author. */
export function toSearchDocument(fields: SearchableFields): SearchDocument {
  const found: Findings = { terms: [], traits: 0 }
  scan(fields.content, found)
  const traits = packTraits(found.traits | questionTraits(fields.content), found.terms.length)
  if (fields.title) scan(fields.title, found)
  if (fields.label) scan(fields.label, found)
  if (fields.tags !== undefined) for (const tag of fields.tags) scan(tag, found)
  if (fields.at) scan(toDateWords(fields.at), found)
  const authorAt = found.terms.length
  if (fields.author) scan(fields.author, found)
  return {
    words: toWords(found.terms),
    length: found.terms.length,
    traits,
    author: toWords(found.terms.slice(authorAt)),
  }
}

function toWords(terms: readonly string[]): string {
  return terms.length === 0 ? ' ' : ` ${terms.join(' ')} `
}
