/** How a text begins, in one line of at most so many UTF-16 units; what is cut ends in "…" and never inside a character. */
export function excerptOf(text: string, most: number): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** Stored text that a sentence of ours may hold as it is. */
const PLAIN = /^[\p{L}\p{N}_.:+-]+$/u

/** Of a name so much stands in a sentence of ours, in UTF-16 units. */
const NAMED = 80

/**
 * A stored name inside a sentence of ours, such as a notice, which models read as ours: in quotation marks that it
 * cannot close.
 */
export function quoted(name: string): string {
  const line = excerptOf(name.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' '), NAMED)
  return `“${line.replaceAll(/["“”„‟«»]/gu, "'")}”`
}

/** As `quoted`, but bare where it is one word. */
export function quotedIfNeeded(name: string): string {
  return PLAIN.test(name) && name.length <= NAMED ? name : quoted(name)
}

/** Things that a sentence names. */
const SOME = 5

/** Some of many things in words, and how many more there are, with `others` that are not among them. */
export function nameSome(things: readonly string[], joint = ', ', others = 0): string {
  const more = Math.max(0, things.length - SOME) + others
  return more > 0 ? `${things.slice(0, SOME).join(', ')} and ${more} more` : things.join(joint)
}
