/**
 * Two statements that may contradict each other although neither claims a slot: much the same words, but other
 * numbers, versions or dates, or one denies what the other says. It is offered to people and never acted upon.
 */
import type { Statement } from './statement.ts'

export interface Likeness {
  /** From 0 to 1: how much it looks like a contradiction. */
  readonly score: number
  /** In words for people, the plainest first. */
  readonly why: readonly string[]
}

interface Options {
  /** Whether both are about the same thing for sure: they mention one entity. */
  readonly sameSubject: boolean
  /** Whether they stand under two headings, so that one hardly denies what the other says. */
  readonly twoHeadings?: boolean
}

/**
 * Least Jaccard similarity of the terms: less where the subject is sure, least where one word stands before both values
 * besides, more where only dates differ.
 */
const LEAST = { label: 0.3, subject: 0.5, words: 0.6, denial: 0.6, dates: 0.8 }

/** Least number of terms in common: of fewer, a likeness says nothing. */
const FEWEST = 2
const FEWEST_LABELLED = 4
const FEWEST_IN_SENTENCE = 3

/** What each kind of difference adds to the score, beside the likeness of the words. */
const WEIGHTS = { version: 0.35, number: 0.35, time: 0.3, denial: 0.3, date: 0.2 }

/** Jaccard similarity of two sets of terms. */
function likenessOf(a: ReadonlySet<string>, b: ReadonlySet<string> | null): number {
  if (b === null || a.size === 0) return 0
  const shared = [...a].filter(term => b.has(term)).length
  return shared / (a.size + b.size - shared)
}

/** Null where it does not look like a contradiction. */
export function compareStatements(a: Statement, b: Statement, options: Options): Likeness | null {
  return compareWhole(a, b, options) ?? (options.sameSubject ? compareParts(a, b) : null)
}

/** What one sentence says against one of the other text, where much else stands around them. */
function compareParts(a: Statement, b: Statement): Likeness | null {
  if (a.parts.length + b.parts.length === 0 || tellApart(a, b, a.twins, b.twins)) return null
  const sentencesOf = (one: Statement) => (one.parts.length === 0 ? [one] : one.parts)
  const found = sentencesOf(a).flatMap(one =>
    sentencesOf(b).flatMap(other => compareSentences(one, other) ?? []),
  )
  return found.sort((x, y) => y.score - x.score)[0] ?? null
}

function compareSentences(a: Statement, b: Statement): Likeness | null {
  const difference = decisive(differences(a, b), a, b)
  if (!difference?.isLabelled || tellApart(a, b, a.twins, b.twins)) return null
  const shared = [...a.terms].filter(term => b.terms.has(term))
  const likeness = likenessOf(a.terms, b.terms)
  if (shared.length < FEWEST_IN_SENTENCE || likeness < LEAST.label) return null
  return scored(difference, likeness, true)
}

function compareWhole(
  a: Statement,
  b: Statement,
  { sameSubject, twoHeadings = false }: Options,
): Likeness | null {
  const shared = [...a.terms].filter(term => b.terms.has(term))
  const union = a.terms.size + b.terms.size - shared.length
  if (shared.length < FEWEST || tellApart(a, b, a.twins, b.twins)) return null
  const likeness = shared.length / union
  const difference = decisive(differences(a, b), a, b)
  if (difference === null || (twoHeadings && difference.kind === 'denial')) return null
  const isLabelled = sameSubject && difference.isLabelled && shared.length >= FEWEST_LABELLED
  if (!isLabelled && tellApart(a, b, a.names, b.names)) return null
  const least =
    difference.kind === 'date' ? LEAST.dates : difference.kind === 'denial' ? LEAST.denial : LEAST.words
  const wanted = sameSubject && difference.kind !== 'date' ? LEAST.subject : least
  if (likeness < (isLabelled ? LEAST.label : wanted)) return null
  return scored(difference, likeness, sameSubject)
}

function scored(difference: Difference, likeness: number, sameSubject: boolean): Likeness {
  const score =
    0.5 * likeness + WEIGHTS[difference.kind] * (difference.isPartial ? 0.5 : 1) + (sameSubject ? 0.15 : 0)
  return {
    score: Math.round(Math.min(1, score) * 100) / 100,
    why: [...difference.why, `${Math.round(likeness * 100)} % of their other words are the same`],
  }
}

interface Difference {
  readonly kind: keyof typeof WEIGHTS
  readonly why: readonly string[]
  /** Whether they have values of the kind in common besides. */
  readonly isPartial: boolean
  /** Whether one word stands right before values of both. */
  readonly isLabelled: boolean
}

/** Each has a name that the other has not: they are about two things. */
function tellApart(a: Statement, b: Statement, ofA: ReadonlySet<string>, ofB: ReadonlySet<string>): boolean {
  const onlyIn = (names: ReadonlySet<string>, other: Statement) =>
    [...names].some(name => !other.terms.has(name))
  return onlyIn(ofA, b) && onlyIn(ofB, a)
}

/** Dimensions in which both have values, and each has one that the other has not: a longer list only says more. */
function differences(a: Statement, b: Statement): Difference[] {
  const found: Difference[] = []
  for (const [dimension, left] of a.values) {
    const right = b.values.get(dimension)
    if (right === undefined) continue
    const [onlyLeft, onlyRight] = [keysWithout(left, right), keysWithout(right, left)]
    if (onlyLeft.length === 0 || onlyRight.length === 0) continue
    const labels = new Set(onlyLeft.flatMap(key => a.labels.get(key) ?? []))
    found.push({
      kind: kindOf(dimension),
      why: [`${textsOf(left, onlyLeft)} against ${textsOf(right, onlyRight)}`],
      isPartial: onlyLeft.length < left.size,
      isLabelled: onlyRight.some(key => labels.has(b.labels.get(key) ?? '')),
    })
  }
  return found
}

type Values = ReadonlyMap<string, string>

function keysWithout(values: Values, others: Values): string[] {
  return [...values.keys()].filter(key => !others.has(key))
}

function textsOf(values: Values, keys: readonly string[]): string {
  return keys.map(key => values.get(key)).join(', ')
}

function kindOf(dimension: string): Difference['kind'] {
  if (dimension === 'date' || dimension === 'time' || dimension === 'version') return dimension
  return 'number'
}

/** What differs at another time is no contradiction; where all values agree, one may deny what the other says. */
function decisive(differing: readonly Difference[], a: Statement, b: Statement): Difference | null {
  const date = differing.find(({ kind }) => kind === 'date')
  const others = differing.filter(({ kind }) => kind !== 'date')
  if (date !== undefined) return others.length === 0 && a.denial === b.denial ? date : null
  const [first] = others
  if (first !== undefined) return { ...first, why: others.flatMap(({ why }) => why) }
  if ((a.denial === null) === (b.denial === null)) return null
  const [denying, other] = a.denial === null ? [b, a] : [a, b]
  // What one sentence denies another must say: elsewhere in a text a denial is about something else.
  if (!other.sentences.some(sentence => likenessOf(sentence, denying.denied) >= LEAST.denial)) return null
  return {
    kind: 'denial',
    why: [`only one of them says “${a.denial ?? b.denial}”`],
    isPartial: false,
    isLabelled: false,
  }
}
