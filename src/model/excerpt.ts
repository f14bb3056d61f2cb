/** How a text begins, in one line of at most so many UTF-16 units; what is cut ends in "…" and never inside a character. */
export function excerptOf(text: string, most: number): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
