/** Folding of what people write, before it is compared. Every step takes time in proportion to the text. */

const QUOTES = '"\'`“”„‟‘’‚‛«»‹›'

/** One form for what looks alike: compatible characters are folded, white space is single, quotes around it are gone. */
export function tidy(text: string): string {
  return unquote(compose(text).replace(/\s+/g, ' '))
}

/**
 * The form in which a subject or an attribute is compared: NFKC, lower case, white space, `-` and `_` as one space,
 * without quotes around it and without a leading "the". Other punctuation stays: `node.js` is not `node js`.
 */
export function slotKey(text: string): string {
  // Lower case can leave letters and marks apart that NFKC joins, hence twice.
  const folded = compose(compose(text).toLowerCase()).replace(/[\s_-]+/g, ' ')
  let start = 0
  let end = folded.length
  for (let moved = true; moved; ) {
    const before = start + folded.length - end
    ;[start, end] = inside(folded, start, end)
    if (end - start > 4 && folded.startsWith('the ', start)) start += 4
    moved = start + folded.length - end > before
  }
  return folded.slice(start, end)
}

/**
 * NFKC. Sorting the marks on one letter takes quadratic time, so runs that no language has are cut, as Unicode's
 * stream-safe text format does it.
 */
export function compose(text: string): string {
  return text.replace(/(?:(?!\u034f)\p{M}){30}(?!\u034f)/gu, '$&\u034f').normalize('NFKC')
}

function unquote(text: string): string {
  const [start, end] = inside(text, 0, text.length)
  return text.slice(start, end)
}

/** The bounds of what is inside spaces and pairs of quotes. Only bounds move, so that nested quotes stay linear. */
function inside(text: string, start: number, end: number): [start: number, end: number] {
  while (start < end) {
    if (text[start] === ' ') start++
    else if (text[end - 1] === ' ') end--
    else if (end - start > 1 && isQuote(text[start]) && isQuote(text[end - 1])) {
      start++
      end--
    } else break
  }
  return [start, end]
}

function isQuote(character: string | undefined): boolean {
  return character !== undefined && QUOTES.includes(character)
}

/** The words of a table that is written as text. */
export function wordSet(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter(word => word !== ''))
}
