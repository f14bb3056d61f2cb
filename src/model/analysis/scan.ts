import { toCompound } from './compound.ts'
import { fold, isUnspaced } from './fold.ts'
import { toWord } from './stems.ts'

/** Where a scan leaves what it finds. */
export interface Findings {
  readonly terms: string[]
  traits: number
}

const OTHER = 0
const LOWER = 1
const UPPER = 2
const DIGIT = 3
const JOINER = 4
const SIGN = 5

const COMMA = 44
const CLASSES = new Uint8Array(128).fill(OTHER)
for (let code = 97; code <= 122; code++) CLASSES[code] = LOWER
for (let code = 65; code <= 90; code++) CLASSES[code] = UPPER
for (let code = 48; code <= 57; code++) CLASSES[code] = DIGIT
for (const joiner of "._-'/\\:@&") CLASSES[joiner.charCodeAt(0)] = JOINER
for (const sign of '+#') CLASSES[sign.charCodeAt(0)] = SIGN

const BEYOND_ASCII = /[^\x00-\x7f]/

/** Finds the terms of a text in their order. One pass: a plain English word costs one look-up. */
export function scan(text: string, found: Findings): void {
  const source = BEYOND_ASCII.test(text) ? fold(text) : text
  const end = source.length
  let at = 0
  while (at < end) {
    if (!isWordCode(source.charCodeAt(at))) {
      at++
      continue
    }
    const start = at
    at = endOfRun(source, at)
    if (endsToken(source, at)) add(found, source.slice(start, at))
    else {
      at = endOfToken(source, at)
      addToken(found, source.slice(start, at))
    }
  }
}

function add(found: Findings, raw: string): void {
  const word = toWord(raw)
  found.terms.push(word.term)
  found.traits |= word.traits
}

function addToken(found: Findings, token: string): void {
  if (token.charCodeAt(0) > 127 && isUnspaced(token)) {
    addCharacters(found, token)
    return
  }
  for (const word of toCompound(token)) {
    found.terms.push(word.term)
    found.traits |= word.traits
  }
}

/** Single characters and pairs in turn, so that one character is found, and a phrase stays a run of terms. */
function addCharacters(found: Findings, run: string): void {
  let before = ''
  for (const character of run) {
    if (before !== '') found.terms.push(before + character)
    found.terms.push(character)
    before = character
  }
}

function classOf(code: number): number {
  if (code < 128) return CLASSES[code]!
  return code > 127 ? LOWER : OTHER
}

function isWordCode(code: number): boolean {
  const kind = classOf(code)
  return kind >= LOWER && kind <= DIGIT
}

/** Past a plain run: `word`, `Word`, `WORD` or `123`, all ASCII. */
function endOfRun(source: string, start: number): number {
  const first = source.charCodeAt(start)
  if (first > 127) return start
  const kind = CLASSES[first]!
  let at = start + 1
  let rest = kind
  if (kind === UPPER && CLASSES[source.charCodeAt(at)] === LOWER) rest = LOWER
  while (CLASSES[source.charCodeAt(at)] === rest) at++
  return at
}

function endsToken(source: string, at: number): boolean {
  if (at >= source.length) return true
  const code = source.charCodeAt(at)
  switch (classOf(code)) {
    case OTHER:
      return code !== COMMA || !joinsThousands(source, at)
    case JOINER:
      return !isWordCode(source.charCodeAt(at + 1))
    default:
      return false
  }
}

function endOfToken(source: string, start: number): number {
  let at = start
  while (at < source.length) {
    const code = source.charCodeAt(at)
    const kind = classOf(code)
    if (kind >= LOWER && kind <= DIGIT) at++
    else if (kind === JOINER && isWordCode(source.charCodeAt(at + 1))) at++
    else if (code === COMMA && joinsThousands(source, at)) at++
    else return kind === SIGN ? endOfSigns(source, at) : at
  }
  return at
}

/** Signs belong to a name that ends in them (C++, C#), not to a sum or an anchor. */
function endOfSigns(source: string, start: number): number {
  let at = start
  while (at < source.length && classOf(source.charCodeAt(at)) === SIGN) at++
  return at >= source.length || !isWordCode(source.charCodeAt(at)) ? at : start
}

function joinsThousands(source: string, comma: number): boolean {
  for (let at = comma + 1; at <= comma + 3; at++) if (CLASSES[source.charCodeAt(at)] !== DIGIT) return false
  return CLASSES[source.charCodeAt(comma - 1)] === DIGIT && CLASSES[source.charCodeAt(comma + 4)] !== DIGIT
}
