/**
 * What a text says beside its words: numbers with their units, versions, dates, times, and whether it denies. Two
 * texts with the same words may differ in these alone.
 */

import { isStopTerm } from './analysis/stop-words.ts'
import { analyse } from './analysis.ts'
import { findUnit } from './slot/units.ts'
import { valueKey } from './slot.ts'

/** Things of one dimension can differ; of two dimensions they have nothing to do with each other. */
export type Dimension = string

export interface Statement {
  /** Terms that carry meaning, without the values and without what denies. */
  readonly terms: ReadonlySet<string>
  /** Terms that name something: a word with a capital inside a sentence, an identifier, or a word that tells twins apart. */
  readonly names: ReadonlySet<string>
  /** Those of the names that tell twins apart, such as staging and production. */
  readonly twins: ReadonlySet<string>
  /** By dimension, the values as written by their normal form. */
  readonly values: ReadonlyMap<Dimension, ReadonlyMap<string, string>>
  /** The term right before a value, by the value's normal form: "port" in "port 8080". */
  readonly labels: ReadonlyMap<string, string>
  /** The word that denies, or null. */
  readonly denial: string | null
  /** Of several sentences, those in which a word stands right before a value, each read by itself. */
  readonly parts: readonly Statement[]
  /** The terms of each sentence, and of the first one that denies. */
  readonly sentences: readonly ReadonlySet<string>[]
  readonly denied: ReadonlySet<string> | null
}

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'

/** In the order in which they are looked for; what one has taken is not there for the next. None begins inside a word. */
const PATTERNS: readonly (readonly [kind: 'date' | 'time' | 'version' | 'number', pattern: RegExp])[] = [
  ['date', /(?<![\p{L}\p{N}._#-])\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?(?![\p{L}\p{N}])/gu],
  [
    'date',
    new RegExp(
      `(?<![\\p{L}\\p{N}])\\d{1,2}(?:st|nd|rd|th)? ${MONTH}\\.?(?:,? \\d{4})?(?![\\p{L}\\p{N}])`,
      'giu',
    ),
  ],
  [
    'date',
    new RegExp(
      `(?<![\\p{L}\\p{N}])${MONTH}\\.? \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?(?![\\p{L}\\p{N}])`,
      'giu',
    ),
  ],
  ['date', /(?<![\p{L}\p{N}])(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?![\p{L}\p{N}])/giu],
  ['time', /(?<![\p{L}\p{N}.:#-])\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?(?![\p{L}\p{N}:])/giu],
  [
    'version',
    /(?<![\p{L}\p{N}.#_-])(?:v\d+(?:\.\d+)*|\d+(?:\.\d+){2,})(?:-[0-9a-z.]*[0-9a-z])?(?![\p{L}\p{N}])/giu,
  ],
  [
    'number',
    /(?<![\p{L}\p{N}.,#_-])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?: ?%| ?[\p{L}µμΩ°]+(?:\/[\p{L}]+)?)?(?![\p{L}\p{N}_]|[.-][\p{L}\p{N}])/gu,
  ],
]

const NUMBER_WORDS = new Map(
  'two three four five six seven eight nine ten eleven twelve'
    .split(' ')
    .map((word, at) => [word, String(at + 2)]),
)

const NUMBER_WORD =
  /(?<![\p{L}\p{N}-])(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?![\p{L}\p{N}-])/giu

const DENIAL =
  /(?<![\p{L}\p{N}])(?:no longer|any ?more|not|never|cannot|without|neither|nor|no|none|(?:do|does|did|is|are|was|were|has|have|had|ca|wo|would|should|could|must|need)n['’]t)(?![\p{L}\p{N}])/giu

/** A year that stands alone is when something was, not how much. */
const YEAR = /^(?:19|20)\d\d$/

const WORD = /[\p{L}\p{N}][\p{L}\p{N}._/'’-]*/gu

/** Words by which people tell two of a kind apart: texts about the one and about the other do not contradict. */
const TELLING = new Set(
  `staging production prod dev development test testing local remote internal external public private primary secondary
  replica backup old new left right first second third last north south east west upper lower morning evening
  weekday weekend daily weekly monthly yearly input output read write client server frontend backend minimum maximum
  min max soft hard summer winter`.split(/\s+/),
)

/** Fenced code, and rows of tables: what stands there is no statement. */
const NO_PROSE = /^ {0,3}(```|~~~)[\s\S]*?(?:^ {0,3}\1|$(?![\s\S]))|^ *\|.*$/gm

/** Reads a text; linear in its length. */
export function readStatement(text: string): Statement {
  const prose = text.replace(NO_PROSE, ' ')
  const sentences = prose.split(SENTENCE_END).filter(sentence => sentence.trim() !== '')
  const parts = sentences.length < 2 ? [] : sentences.map(sentence => readProse(sentence))
  return readProse(
    prose,
    parts.filter(({ labels }) => labels.size > 0),
  )
}

function readProse(prose: string, parts: readonly Statement[] = []): Statement {
  const values = new Map<Dimension, Map<string, string>>()
  const labels = new Map<string, string>()
  let rest = prose.replace(NUMBER_WORD, word => NUMBER_WORDS.get(word.toLowerCase()) ?? word)
  for (const [kind, pattern] of PATTERNS) {
    rest = rest.replace(pattern, (written: string, at: number, whole: string) => {
      const found = readValue(kind, written.trim())
      const known = values.get(found.dimension) ?? new Map<string, string>()
      values.set(found.dimension, known.set(found.key, found.text))
      const label = labelBefore(whole, at)
      if (label !== null) labels.set(found.key, label)
      return ` ${found.left} `
    })
  }
  const denial = rest.match(DENIAL)?.[0]?.toLowerCase() ?? null
  const sentences = rest.split(SENTENCE_END)
  const denying = sentences.find(sentence => sentence.search(DENIAL) >= 0)
  rest = rest.replace(DENIAL, ' ')
  const terms = termsOf(rest)
  const twins = namesIn(rest, word => TELLING.has(word.toLowerCase()))
  return {
    terms,
    names: namesIn(rest, isName),
    twins,
    values,
    labels,
    denial,
    parts,
    sentences: sentences.map(sentence => termsOf(sentence.replace(DENIAL, ' '))),
    denied: denying === undefined ? null : termsOf(denying.replace(DENIAL, ' ')),
  }
}

const SENTENCE_END = /(?<=[.!?;:])\s+|\n+/

function termsOf(text: string): Set<string> {
  return new Set(analyse(text).filter(term => !isStopTerm(term)))
}

const LAST_WORD = /\p{L}+(?=\s*$)/u

/** Longer words label nothing. */
const LABEL = 30

function labelBefore(text: string, at: number): string | null {
  const word = LAST_WORD.exec(text.slice(Math.max(0, at - LABEL), at))?.[0]
  const [term] = word === undefined ? [] : analyse(word)
  return term === undefined || isStopTerm(term) ? null : term
}

interface Value {
  readonly dimension: Dimension
  readonly key: string
  readonly text: string
  /** What of the writing is a word and no part of the value. */
  readonly left: string
}

function readValue(kind: (typeof PATTERNS)[number][0], written: string): Value {
  if (kind === 'date') {
    const full = valueKey(written, '')
    return { dimension: 'date', key: full.startsWith('d:') ? full : dayKey(written), text: written, left: '' }
  }
  if (kind === 'time')
    return { dimension: 'time', key: written.toLowerCase().replaceAll(' ', ''), text: written, left: '' }
  if (kind === 'version')
    return { dimension: 'version', key: valueKey(written, 'version'), text: written, left: '' }
  return numberOf(written)
}

/** With its unit where that is one that is known; any other word behind a number is a word. */
function numberOf(written: string): Value {
  const digits = /^[-+]?[\d,.]*\d/.exec(written)?.[0] ?? written
  const behind = written.slice(digits.length).trim()
  if (behind === '' && YEAR.test(digits)) return { dimension: 'date', key: digits, text: digits, left: '' }
  const unit = behind === '' ? null : findUnit(behind, '')
  if (unit === null) return { dimension: 'number', key: valueKey(digits, ''), text: digits, left: behind }
  return { dimension: `number of ${unit.base}`, key: valueKey(written, ''), text: written, left: '' }
}

function dayKey(written: string): string {
  const lower = written.toLowerCase().replace(/(?<=\d)(?:st|nd|rd|th)/g, '')
  const day = /\d{1,2}/.exec(lower)?.[0] ?? ''
  const name = /[a-z]{3}/.exec(lower)?.[0] ?? ''
  const year = /\d{4}/.exec(lower)?.[0] ?? ''
  return [name, day, year].join(' ').trim()
}

function namesIn(text: string, counts: (word: string, isFirst: boolean) => boolean): Set<string> {
  const names = new Set<string>()
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!counts(word, beginsSentence(text, index))) continue
    for (const term of analyse(word)) if (!isStopTerm(term)) names.add(term)
  }
  return names
}

function isName(word: string, isFirst: boolean): boolean {
  if (TELLING.has(word.toLowerCase()) || /[\p{L}\p{N}][._/-]\p{N}|[._/]\p{L}|\p{Ll}\p{Lu}/u.test(word))
    return true
  return !isFirst && /^\p{Lu}/u.test(word)
}

function beginsSentence(text: string, index: number): boolean {
  const before = text.slice(Math.max(0, index - 4), index).trimEnd()
  return before === '' ? true : /[.!?:\n]$/.test(before)
}
