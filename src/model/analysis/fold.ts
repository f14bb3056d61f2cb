/**
 * Makes text outside ASCII comparable: compatibility forms, diacritics and typographic apostrophes are levelled, what
 * is no letter, digit or mark becomes a space, and scripts written without spaces stand apart. What remains beyond
 * ASCII may be taken for part of a word.
 */

const INVISIBLE = /\u00ad|\u200c|\u200d|\u2060|\ufeff/g
const APOSTROPHES = /[\u2018\u2019\u02bc\u02b9\u2032\u201b]/g
// Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowel signs and the tatweel: all left out by many writers.
const OPTIONAL_MARKS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0640\u064b-\u0652\u0670]/g
const LETTERS_WITHOUT_DECOMPOSITION = /[ßẞæÆœŒøØłŁđĐðÐþÞıς]/g
const NOT_OF_A_WORD = /[^\x00-\x7f\p{L}\p{N}\p{M}]+/gu

const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'TH',
  ı: 'i',
  ς: 'σ',
}

const UNSPACED_SCRIPTS = [
  'Han',
  'Hiragana',
  'Katakana',
  'Hangul',
  'Thai',
  'Lao',
  'Khmer',
  'Myanmar',
  'Tibetan',
  'Bopomofo',
]

interface Unspaced {
  readonly run: RegExp
  readonly all: RegExp
}

let known: Unspaced | undefined

// Made when first needed: collecting the characters of ten scripts takes 2 ms of every start.
function unspaced(): Unspaced {
  if (known !== undefined) return known
  const characters = `[${UNSPACED_SCRIPTS.map(script => `\\p{scx=${script}}`).join('')}]+`
  known = { run: new RegExp(characters, 'gu'), all: new RegExp(`^${characters}$`, 'u') }
  return known
}

/** Text in which only letters, digits and marks are left beyond ASCII. Case stays: it shows the parts of a name. */
export function fold(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .normalize('NFKD')
    .replace(OPTIONAL_MARKS, '')
    .normalize('NFKC')
    .replace(APOSTROPHES, "'")
    .replace(LETTERS_WITHOUT_DECOMPOSITION, letter => PLAIN[letter] ?? letter)
    .replace(NOT_OF_A_WORD, ' ')
    .replace(unspaced().run, ' $& ')
}

/** Whether a folded word is of a script that writes no spaces, and so has to be found by its characters. */
export function isUnspaced(word: string): boolean {
  return unspaced().all.test(word)
}
