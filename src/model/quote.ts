/** Whether an answer quotes a text. Pure; case, punctuation and white space make no difference. */

import { isStopTerm } from './analysis/stop-words.ts'
import { analyse } from './analysis.ts'

/** A quote has so many characters, or so many words. */
const CHARACTERS = 24
const WORDS = 5

/** More words of it are of no use to anybody. */
const LONGEST = 40

/** Of its words so many must say something: "as part of the first of the" quotes nobody. */
const TELLING = 2

/** Of a longer text only so much is looked through, in UTF-16 units. */
const MOST = 32 * 1024

/** An answer, prepared for being asked often. */
export class Quoting {
  readonly #words: readonly string[]
  readonly #text: string
  readonly #byCharacters: ReadonlySet<string>
  readonly #byWords: ReadonlySet<string>

  constructor(response: string) {
    this.#words = wordsIn(response)
    this.#text = this.#words.join(' ')
    this.#byCharacters = new Set(windows(this.#text))
    this.#byWords = new Set(runs(this.#words).map(({ text }) => text))
  }

  /** The first words of a text that stand in the answer one after the other, as far as they do; null where none do. */
  quoteOf(text: string): string | null {
    const words = wordsIn(text)
    const run = runs(words).find(({ text }) => this.#byWords.has(text) && tells(text))
    const quote = run === undefined ? null : this.#longest(words, run.start)
    return quote ?? this.#byCharacter(words.join(' '))
  }

  #longest(words: readonly string[], start: number): string {
    let end = start + WORDS
    while (
      end < Math.min(words.length, start + LONGEST) &&
      this.#text.includes(words.slice(start, end + 1).join(' '))
    )
      end++
    return words.slice(start, end).join(' ')
  }

  #byCharacter(text: string): string | null {
    for (let start = 0; start + CHARACTERS <= text.length; start++) {
      const window = text.slice(start, start + CHARACTERS)
      // From the beginning of a word, where words have spaces between them.
      const isWithin = start > 0 && /[a-z\d]/.test(text[start - 1]!) && /[a-z\d]/.test(window[0]!)
      if (!isWithin && this.#byCharacters.has(window) && tells(window)) return window.trim()
    }
    return null
  }
}

function wordsIn(text: string): string[] {
  return (
    text
      .slice(0, MOST)
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  )
}

function windows(text: string): string[] {
  const count = Math.max(0, text.length - CHARACTERS + 1)
  return Array.from({ length: count }, (_, start) => text.slice(start, start + CHARACTERS))
}

function runs(words: readonly string[]): { start: number; text: string }[] {
  const count = Math.max(0, words.length - WORDS + 1)
  return Array.from({ length: count }, (_, start) => ({
    start,
    text: words.slice(start, start + WORDS).join(' '),
  }))
}

function tells(text: string): boolean {
  // What has no space is one long word, or written without them.
  return (
    !text.trim().includes(' ') || new Set(analyse(text).filter(term => !isStopTerm(term))).size >= TELLING
  )
}
