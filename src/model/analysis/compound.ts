/**
 * Identifiers are found whole and in parts: a path by its file, an error code by its number, `getUserById` by `user`.
 */
import { isMonthDay, monthName } from './dates.ts'
import { toWord, type Word } from './stems.ts'

const STRONG = /[/\\:@&]/
const WEAK = /[._-]/
const SIGNS = /[+#]+$/
const CONTRACTION = /'(?:s|ll|re|ve|d|m)$/i
const NEGATION = /n't$/i
const DOTTED_NUMBER = /^[vV]?(\d+(?:\.\d+)+)$/
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T.*)?$/
const ORDINAL = /^(\d+)(?:st|nd|rd|th)$/i
const PLURAL_OF_CAPITALS = /^[A-Z]{2,}s$/
const HUMPS = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\x00-\x7f]+/g

const MAX_KNOWN = 20_000
// Short enough that V8 copies a slice instead of keeping the whole text alive for it.
const MAX_KNOWN_LENGTH = 12
const known = new Map<string, readonly Word[]>()

type Add = (word: string) => unknown

/** What a token that is no plain word can be found by. The token holds no white space and ends in no joiner. */
export function toCompound(token: string): readonly Word[] {
  const before = known.get(token)
  if (before !== undefined) return before
  const words: Word[] = []
  addToken(token, raw => words.push(toWord(raw)))
  if (token.length > MAX_KNOWN_LENGTH) return words
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(token, words)
  return words
}

function addToken(token: string, add: Add): void {
  const signs = SIGNS.exec(token)?.[0] ?? ''
  const segments = token
    .slice(0, token.length - signs.length)
    .replaceAll(',', '')
    .split(STRONG)
  if (segments.length > 1) add(token.replaceAll('\\', '/'))
  const last = segments.pop()!
  for (const segment of segments) addSegment(segment, add)
  if (signs !== '') add(last + signs)
  if (signs === '' || last.length > 1) addSegment(last, add)
}

/** `snake_case`, `kebab-case`, `file.ext`, `2.4.1-beta`, a date, or a word with an apostrophe. */
function addSegment(segment: string, add: Add): void {
  const date = ISO_DATE.exec(segment)
  if (date !== null && isMonthDay(date[2]!, date[3]!)) {
    add(`${date[1]}${date[2]}${date[3]}`)
    for (const word of [String(Number(date[3])), monthName(date[2]!), date[1]!]) add(word)
    return
  }
  const plain = segment.includes("'") ? withoutApostrophes(segment, add) : segment
  const number = DOTTED_NUMBER.exec(plain)
  if (number !== null) {
    add(number[1]!)
    for (const part of number[1]!.split('.')) add(part)
    return
  }
  const parts = plain.split(WEAK).filter(part => part !== '')
  if (parts.length > 1) add(parts.join(''))
  for (const part of parts) addPart(part, add)
}

/** The word that bears the apostrophes, joined. "Ana's" is ana, "don't" is dont; "o'brien" is also brien. */
function withoutApostrophes(segment: string, add: Add): string {
  const base = segment.replace(CONTRACTION, '')
  if (!base.includes("'")) return base
  const joined = base.replaceAll("'", '').toLowerCase()
  if (NEGATION.test(base)) return joined
  for (const part of base.split("'")) if (part.length > 2) add(part)
  return joined
}

function addPart(part: string, add: Add): void {
  const ordinal = ORDINAL.exec(part)
  if (ordinal !== null) {
    add(ordinal[1]!)
    return
  }
  add(part)
  if (PLURAL_OF_CAPITALS.test(part)) return
  const humps = part.match(HUMPS) ?? []
  if (humps.length < 2) return
  for (const hump of humps) if (hump.length > 1) add(hump)
}
