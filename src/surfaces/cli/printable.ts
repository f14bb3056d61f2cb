/**
 * Stored text is somebody else's: on a terminal it must not move the cursor, change colours, answer questions or
 * turn the reading direction of what follows.
 */

// Control characters but newline and tab, the marks that override reading direction, and characters that are invisible tags.
const DANGEROUS = /[\p{Cc}\u{2028}\u{2029}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{e0000}-\u{e007f}]/gu

/** The text with what a terminal would obey written out, such as `\x1b`. Newlines and tabs stay. */
export function printable(text: string): string {
  return text.replace(DANGEROUS, escapeOf)
}

function escapeOf(character: string): string {
  if (character === '\n' || character === '\t') return character
  if (character === '\r') return '\\r'
  const code = character.codePointAt(0)!.toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
}

/** A value in which every text, names of fields too, is printable. */
export function printableAll<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T
  if (Array.isArray(value)) return value.map(printableAll) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [printable(name), printableAll(part)]),
  ) as T
}
