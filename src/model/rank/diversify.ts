import { contentTermsOf } from '../analysis.ts'
import type { Trust } from '../memory.ts'
import { RANKING } from './constants.ts'

interface Told {
  readonly words: string
  readonly traits: number
  readonly author: string
  readonly trust: Trust
}

interface Content {
  readonly place: number
  readonly text: string
  readonly author: string
  readonly terms: ReadonlySet<string> | null
}

// A text that says another number, or denies, is no repetition: it may be the correction.
const DECISIVE =
  /\d|^(?:no|not|never|none|without|(?:are|ca|could|did|do|does|had|has|have|is|must|should|was|were|wo|would)nt)$/

/**
 * Near-duplicates among the best: for each place that repeats a better one, the better one's place. Contents are
 * compared, not authors or dates, and only among the first few, so that the cost is bounded.
 */
export function findRepeats(ordered: readonly Told[]): Map<number, number> {
  const repeats = new Map<number, number>()
  const kept: Content[] = []
  ordered.slice(0, RANKING.duplicateDepth).forEach((told, place) => {
    const content = toContent(told, place)
    const twin = kept.find(other => isTwin(other, content))
    if (twin === undefined) kept.push(content)
    else repeats.set(place, twin.place)
  })
  return repeats
}

/** The same order, but what one untrusted author has beyond the bound stands behind everything else. */
export function holdBack<T>(results: readonly T[], toldOf: (result: T) => Told): T[] {
  const counts = new Map<string, number>()
  const first: T[] = []
  const last: T[] = []
  for (const result of results) {
    const { trust, author } = toldOf(result)
    if (trust !== 'untrusted') {
      first.push(result)
      continue
    }
    const count = (counts.get(author) ?? 0) + 1
    counts.set(author, count)
    if (count > RANKING.untrustedResults) last.push(result)
    else first.push(result)
  }
  return [...first, ...last]
}

function toContent({ words, traits, author }: Told, place: number): Content {
  const all = words.trim().split(' ')
  const content = all.slice(0, contentTermsOf(traits) || all.length)
  const terms = content.length > RANKING.duplicateMost ? null : new Set(content)
  return { place, text: content.join(' '), author, terms }
}

function isTwin(one: Content, other: Content): boolean {
  if (one.terms === null || other.terms === null) return one.text === other.text
  if (Math.min(one.terms.size, other.terms.size) < RANKING.duplicateTerms) {
    return one.text === other.text && one.author === other.author
  }
  return one.text === other.text || isAlike(one.terms, other.terms)
}

function isAlike(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const [smaller, larger] = one.size < other.size ? [one, other] : [other, one]
  if (smaller.size < RANKING.duplicate * larger.size) return false
  const least = (RANKING.duplicate * (one.size + other.size)) / (1 + RANKING.duplicate)
  let shared = smaller.size
  for (const term of smaller) if (!larger.has(term) && (--shared < least || DECISIVE.test(term))) return false
  for (const term of larger) if (!smaller.has(term) && DECISIVE.test(term)) return false
  return true
}
