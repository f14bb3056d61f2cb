/**
 * Names of things found in text: whole words, any script, the longest name at each place. Names are looked up by keys
 * and never tried one after the other, so that the number of names costs nothing:
 * the text's heads lead to the lengths of the names that begin so, these to candidates, and candidates to names.
 */
import { toWord } from './analysis/stems.ts'
import { isStopTerm } from './analysis/stop-words.ts'
import { isSingleCharacter, type Word, wordsOf } from './mention/words.ts'

export { type Word, wordsOf } from './mention/words.ts'

/** Stands for the rules here. Another one means that mentions must be looked for again. */
export const MENTION_VERSION = 1

/** A name at `start` up to `end`, UTF-16 offsets into the text, with everything that bears it. */
export interface Mention<T> {
  readonly start: number
  readonly end: number
  readonly entries: readonly T[]
}

/** For each first word of names: how many words the names have that begin with it, in any order. */
export type Lengths = ReadonlyMap<string, readonly number[]>

const SEPARATORS = /[\s_-]+/gu
const NOT_OF_LETTERS = /[^\p{L}\p{N}\p{M}]+/gu
const ONE_OR_TWO_LETTERS = /^\p{L}\p{M}*(?: ?\p{L}\p{M}*)?$/u
/** In UTF-16 units: far above what two letters with their marks take, so that most keys are told at once. */
const MAX_SHORT = 16
/** What an apostrophe cuts off at the end of English words. */
const CUT_OFF: ReadonlySet<string> = new Set(['s', 'd', 'm', 'll', 're', 've'])

/**
 * The form by which two names are the same: NFKC, lower case, runs of white space, `-` and `_` as one space, trimmed.
 * Empty for a blank name only: one that is nothing but separators keeps them.
 */
export function nameKey(name: string): string {
  // Lower case can take apart what was composed.
  const lower = name.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
  return lower.replace(SEPARATORS, ' ').trim() || lower
}

/** The words of a name, each parted from the next by one space: what it is looked up by. '' where it has none. */
export function wordsKey(name: string): string {
  return wordsOf(name)
    .map(word => word.key)
    .join(' ')
}

/** The keys of words at which a name could begin, each once. */
export function headsOf(words: readonly Word[]): ReadonlySet<string> {
  const heads = new Set<string>()
  for (const word of words) if (word.beginsWord) heads.add(word.key)
  return heads
}

/** Every run of words, as `wordsKey` writes it, that has the head and the length of some name. */
export function candidatesAt(words: readonly Word[], lengths: Lengths): ReadonlySet<string> {
  const keys = toKeys(words)
  const candidates = new Set<string>()
  words.forEach((word, at) => {
    if (!word.beginsWord) return
    for (const length of lengths.get(word.key) ?? []) {
      if (at + length <= words.length) candidates.add(keyOf(keys, at, length))
    }
  })
  return candidates
}

/**
 * The names in a text, from left to right, without overlaps. `words` are those of the text, `names` leads from
 * `wordsKey` to what bears that name, with the name as it was written.
 *
 * The longest name wins at each place, unless its rule refuses it: one or two letters, and names of English stop-words
 * alone, are found only in the letter case in which they were written; a single character of Han, Hiragana, Hangul,
 * Thai, Lao, Khmer or Myanmar never.
 */
export function findMentions<T extends { readonly name: string }>(
  text: string,
  words: readonly Word[],
  lengths: Lengths,
  names: ReadonlyMap<string, readonly T[]>,
): Mention<T>[] {
  const search = { text, keys: toKeys(words), names }
  const mentions: Mention<T>[] = []
  let past = 0
  for (let at = 0; at < words.length; ) {
    const word = words[at]!
    // A character such as ㍿ gives several words at one place; no two mentions share it.
    const known = word.beginsWord && word.start >= past ? lengths.get(word.key) : undefined
    const found = known && longestAt(search, at, known)
    if (found === undefined) {
      at++
      continue
    }
    mentions.push(found.mention)
    past = found.mention.end
    at += found.length
  }
  return mentions
}

interface Search<T> {
  readonly text: string
  readonly keys: Keys
  readonly names: ReadonlyMap<string, readonly T[]>
}

function longestAt<T extends { readonly name: string }>(
  { text, keys, names }: Search<T>,
  at: number,
  lengths: readonly number[],
): { mention: Mention<T>; length: number } | undefined {
  const { words } = keys
  for (const length of longestFirst(lengths)) {
    if (at + length > words.length) continue
    const key = keyOf(keys, at, length)
    const entries = names.get(key)
    if (entries === undefined || (length === 1 && isSingleCharacter(key))) continue
    const { start } = words[at]!
    const { end } = words[at + length - 1]!
    const borne = isAmbiguous(key) ? inSameCase(entries, text.slice(start, end)) : entries
    if (borne.length > 0) return { mention: { start, end, entries: borne }, length }
  }
  return undefined
}

function longestFirst(lengths: readonly number[]): readonly number[] {
  const isSorted = lengths.every((length, at) => at === 0 || lengths[at - 1]! >= length)
  return isSorted ? lengths : lengths.toSorted((a, b) => b - a)
}

function isAmbiguous(key: string): boolean {
  if (key.length <= MAX_SHORT && ONE_OR_TWO_LETTERS.test(key)) return true
  // Most names are told by their first word, without taking the rest apart.
  const space = key.indexOf(' ')
  if (space < 0) return isCommon(key)
  return isCommon(key.slice(0, space)) && key.split(' ').every(isCommon)
}

function isCommon(word: string): boolean {
  return isStopTerm(toWord(word).term) || CUT_OFF.has(word)
}

/** Scripts without letter case are always in the same. */
function inSameCase<T extends { readonly name: string }>(
  entries: readonly T[],
  written: string,
): readonly T[] {
  const found = lettersOf(written)
  return entries.filter(({ name }) => {
    const letters = lettersOf(name)
    return letters === found || letters.toLowerCase() === letters.toUpperCase()
  })
}

function lettersOf(written: string): string {
  return written.normalize('NFKC').replace(NOT_OF_LETTERS, '')
}

/** All keys in one string, a space behind each: a run of words is one slice of it, and nothing is joined twice. */
interface Keys {
  readonly words: readonly Word[]
  readonly text: string
  /** Where each word's key begins, and behind the last one where another would. */
  readonly starts: readonly number[]
}

function toKeys(words: readonly Word[]): Keys {
  const starts = [0]
  let text = ''
  for (const { key } of words) {
    text += `${key} `
    starts.push(text.length)
  }
  return { words, text, starts }
}

function keyOf({ words, text, starts }: Keys, at: number, length: number): string {
  // That of a single word has been hashed before.
  if (length === 1) return words[at]!.key
  return text.slice(starts[at]!, starts[at + length]! - 1)
}
