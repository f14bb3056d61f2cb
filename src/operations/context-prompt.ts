/** What of a prompt is looked up. */
import { type AnalysedQuery, analyseQuery } from '../model/analysis.ts'

/** In UTF-16 units: of a longer prompt the beginning and the end say what it asks, and what is between is quoted. */
const LOOKED_UP = 8 * 1024
const END = 2 * 1024

/** Terms of each side of a prompt that has more than a query takes. */
const SIDE = 32

export interface LookedUp {
  readonly text: string
  readonly query: AnalysedQuery
  /** Whether a part of it was left out. */
  readonly isCut: boolean
}

export function lookedUp(prompt: string): LookedUp {
  const isCut = prompt.length > LOOKED_UP
  const end = prompt.slice(-END).toWellFormed()
  const text = isCut ? `${prompt.slice(0, LOOKED_UP - END).toWellFormed()}\n${end}` : prompt
  const query = analyseQuery(text)
  if (query.terms.length < 2 * SIDE) return { text, query, isCut }
  const last = analyseQuery(end).terms.slice(-SIDE)
  const terms = [...new Set([...query.terms.slice(0, SIDE), ...last, ...query.terms])].slice(0, 2 * SIDE)
  return { text, query: { ...query, terms }, isCut }
}
