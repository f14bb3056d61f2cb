/** What a character is to the finding of names: part of a spaced word, a word of its own, or none. */

/** `word` runs on, `katakana` runs with its like, `hangul` and `single` stand for themselves, `mark` follows. */
export const KINDS = { other: 1, word: 2, mark: 3, single: 4, katakana: 5, hangul: 6 } as const
export type Kind = (typeof KINDS)[keyof typeof KINDS]

const MARK = /^\p{M}$/u
const LETTER_OR_NUMBER = /^[\p{L}\p{N}]$/u
const DIGIT = /^\p{Nd}$/u
const SINGLE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u
const KATAKANA = /^[\p{Script=Katakana}\u30fc]$/u
const HANGUL = /^\p{Script=Hangul}$/u

// Asking five expressions of every character would cost more than all the rest; each is asked once in a process. Not
// of ASCII: collecting the characters of the scripts takes milliseconds of a start.
const known = new Uint8Array(0x10000)
const ASCII_WORD = /\w/
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code)
  known[code] = ASCII_WORD.test(character) && character !== '_' ? KINDS.word : KINDS.other
}

/** Of a code point; a lone surrogate is `other`. */
function kindOf(codePoint: number): Kind {
  if (codePoint > 0xffff) return learn(codePoint)
  const kind = known[codePoint]!
  if (kind !== 0) return kind as Kind
  const learnt = learn(codePoint)
  known[codePoint] = learnt
  return learnt
}

function learn(codePoint: number): Kind {
  const character = String.fromCodePoint(codePoint)
  if (MARK.test(character)) return KINDS.mark
  if (!LETTER_OR_NUMBER.test(character)) return KINDS.other
  // Digits of every script run on: room 12 is not found in room 123.
  if (DIGIT.test(character)) return KINDS.word
  if (SINGLE.test(character)) return KINDS.single
  if (KATAKANA.test(character)) return KINDS.katakana
  return HANGUL.test(character) ? KINDS.hangul : KINDS.word
}

/** Past the last place of a text: `other`. Inside a surrogate pair: that of the half. */
export function kindAt(text: string, at: number): Kind {
  const code = text.charCodeAt(at)
  if (code < 0xd800) return kindOf(code)
  return at < text.length ? kindOf(text.codePointAt(at)!) : KINDS.other
}

/** In UTF-16 units, of the character at a place inside the text. */
export function widthAt(text: string, at: number): number {
  const isHigh = (text.charCodeAt(at) & 0xfc00) === 0xd800
  return isHigh && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00 ? 2 : 1
}
