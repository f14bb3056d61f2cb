/**
 * How many tokens a text takes of a model's room, by the vocabulary `o200k_base`. It is large, so it is loaded where
 * tokens are counted and nowhere else.
 */

/** Counts the tokens of a text. */
export type CountTokens = (text: string) => number

/** In UTF-16 units. Words of every language are shorter; encoding takes the square of a piece's length. */
const RUN = 256

/** Marks such as <|endoftext|> are text like any other. */
const AS_TEXT = { disallowedSpecial: new Set<string>() }

let loaded: Promise<CountTokens> | undefined

/**
 * Text without white space is counted in pieces of 256 units, each with a token on top, so that time grows with the
 * length alone: 40,000 characters of Chinese in one piece would take eleven seconds.
 */
export function tokenCounter(): Promise<CountTokens> {
  loaded ??= import('gpt-tokenizer/encoding/o200k_base').then(({ countTokens }) => text => {
    const cuts = cutsIn(text)
    let tokens = cuts.length
    let start = 0
    for (const cut of cuts) {
      tokens += countTokens(text.slice(start, cut), AS_TEXT)
      start = cut
    }
    return tokens + countTokens(text.slice(start), AS_TEXT)
  })
  return loaded
}

export async function countTokens(text: string): Promise<number> {
  return (await tokenCounter())(text)
}

/** Where runs of white space, or of anything else, are longer than they may be. Never inside a character. */
function cutsIn(text: string): number[] {
  const cuts: number[] = []
  let start = 0
  let wasSpace = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const isSpace = code <= 32 || (code > 127 && SPACE.test(text[at]!))
    if (isSpace !== wasSpace) start = at
    else if (at - start >= RUN && (code & 0xfc00) !== 0xdc00) {
      cuts.push(at)
      start = at
    }
    wasSpace = isSpace
  }
  return cuts
}

const SPACE = /\s/
