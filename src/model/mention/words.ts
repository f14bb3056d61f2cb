import { KINDS, kindAt, widthAt } from './letters.ts'
import { level } from './levelled.ts'

/**
 * A word of a text. `key` is its folded form, by which equal words are the same; `start` and `end` are UTF-16 offsets
 * into the text as it was given. `beginsWord` is false where no name may begin: inside a run of Hangul.
 */
export interface Word {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly beginsWord: boolean
}

const HASH = 35
const APOSTROPHE = 39
const PLUS = 43
const DOT = 46
const LETTER_N = 110
const LETTER_T = 116
const FIRST_HIRAGANA = 0x3041
const LAST_HIRAGANA = 0x309f
const PROLONGED = 0x30fc
/** From here on no letter is Latin that folding leaves. */
const BEYOND_LATIN = 0x370

/** Behind these a dot parts or ends what stands before it: `call().name`, `...and`, `C#.NET`. */
const NO_DOT_AFTER = '.)]}$?+#'

/**
 * The words of a text in their order. Spaced scripts give runs of letters, marks and digits; Han, Hiragana, Thai, Lao,
 * Khmer, Myanmar and Hangul a word for each character; Katakana a word for each run. Apostrophes part words ("Ana's"
 * is ana, s), but for "don't" and for scripts in which they stand for a letter. Linear in the text.
 */
export function wordsOf(text: string): Word[] {
  const { text: source, starts, ends } = level(text)
  const words: Word[] = []
  let lastHangul = -1
  for (let at = 0; at < source.length; ) {
    const end = endOfWord(source, at)
    if (end === at) {
      at += widthAt(source, at)
      continue
    }
    const isHangul = kindAt(source, at) === KINDS.hangul
    words.push({
      key: keyOf(source.slice(at, end)),
      start: starts === null ? at : starts[at]!,
      end: ends === null ? end : ends[end - 1]!,
      beginsWord: !isHangul || lastHangul !== at,
    })
    if (isHangul) lastHangul = end
    at = end
  }
  return words
}

/** Whether a word is a single character of a script that has a word for each. */
export function isSingleCharacter(key: string): boolean {
  const kind = kindAt(key, 0)
  return kind === KINDS.single || kind === KINDS.hangul
}

function keyOf(word: string): string {
  return word.includes("'") ? word.replaceAll("'", '') : word
}

/** `start` itself where no word begins. */
function endOfWord(source: string, start: number): number {
  switch (kindAt(source, start)) {
    case KINDS.word:
      return endOfRun(source, start)
    case KINDS.single:
      return endOfSingle(source, start)
    case KINDS.katakana:
      return endOfKind(source, start, KINDS.katakana)
    case KINDS.hangul:
      return endOfKind(source, start + widthAt(source, start), KINDS.mark)
    default:
      return source.charCodeAt(start) === DOT && leadsWord(source, start)
        ? endOfRun(source, start + 1)
        : start
  }
}

/** Past characters of this kind and their marks. */
function endOfKind(source: string, start: number, wanted: number): number {
  for (let at = start; ; at += widthAt(source, at)) {
    const kind = kindAt(source, at)
    if (kind !== wanted && kind !== KINDS.mark) return at
  }
}

/** Past a character with its marks; Hiragana may be prolonged too. */
function endOfSingle(source: string, start: number): number {
  let at = endOfKind(source, start + widthAt(source, start), KINDS.mark)
  const code = source.charCodeAt(start)
  if (code < FIRST_HIRAGANA || code > LAST_HIRAGANA) return at
  while (source.charCodeAt(at) === PROLONGED) at = endOfKind(source, at + 1, KINDS.mark)
  return at
}

function endOfRun(source: string, start: number): number {
  let at = endOfKind(source, start, KINDS.word)
  while (source.charCodeAt(at) === APOSTROPHE && joinsWord(source, at)) {
    at = endOfKind(source, at + 1, KINDS.word)
  }
  return endOfSigns(source, start, at)
}

/** Without this Don would be found in "don't", and Яна in "Мар'яна". */
function joinsWord(source: string, apostrophe: number): boolean {
  if (kindAt(source, apostrophe + 1) !== KINDS.word) return false
  const before = source.charCodeAt(apostrophe - 1)
  const after = source.charCodeAt(apostrophe + 1)
  if (before >= BEYOND_LATIN && after >= BEYOND_LATIN) return true
  return before === LETTER_N && after === LETTER_T && kindAt(source, apostrophe + 2) !== KINDS.word
}

/** Past the signs of C#, C++ and Disney+, also in C++17; not those of a sum, of an anchor or of "3+". */
function endOfSigns(source: string, start: number, at: number): number {
  const sign = source.charCodeAt(at)
  if ((sign !== PLUS && sign !== HASH) || isDigit(source.charCodeAt(at - 1))) return at
  const end = sign === PLUS && source.charCodeAt(at + 1) === PLUS ? at + 2 : at + 1
  const after = source.charCodeAt(end)
  if (after === PLUS || after === HASH) return at
  if (kindAt(source, end) !== KINDS.word) return end
  const isLanguage = at - start === 1 && (sign === HASH || end - at === 2)
  return isLanguage && isDigit(after) ? end : at
}

/** Whether a dot is the first character of a word, as in .NET. Chinese and Japanese put no space before it. */
function leadsWord(source: string, dot: number): boolean {
  if (kindAt(source, dot + 1) !== KINDS.word || isDigit(source.charCodeAt(dot + 1))) return false
  if (dot === 0) return true
  if (NO_DOT_AFTER.includes(source[dot - 1]!)) return false
  const isPair = dot > 1 && widthAt(source, dot - 2) === 2
  const before = kindAt(source, isPair ? dot - 2 : dot - 1)
  return before === KINDS.other || before === KINDS.single
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
