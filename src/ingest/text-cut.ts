/**
 * Where long text may be cut. Spans follow each other without a gap, and no word is torn unless it alone is over the
 * limit of a memory.
 */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What a passage aims at, in UTF-16 units: some 300 words, so that its embedding still speaks of one thing. */
export const PASSAGE_CHARACTERS = 2000

// Leaves room for a lead-in under the 65,536 bytes of a memory.
const WHOLE_BYTES = 60 * 1024
// A UTF-16 unit takes at most three bytes of UTF-8.
const WHOLE_CHARACTERS = WHOLE_BYTES / 3
const LEAD_IN_CHARACTERS = 200

const BORDERS = [/\n[ \t]*\n/g, /[.!?…]["'”’)\]*_]*(?:\n|[ \t]+)|[。！？][」』”’）]*/g, /\n/g]

/** Prose in spans of at most PASSAGE_CHARACTERS: at paragraphs, else sentences, else lines, else words. */
export function cutProse(text: string, span: Span): Span[] {
  const spans: Span[] = []
  let start = span.start
  while (span.end - start > PASSAGE_CHARACTERS) {
    const cut = start + proseCut(text.slice(start, Math.min(span.end, start + WHOLE_CHARACTERS)))
    spans.push({ start, end: cut })
    start = cut
  }
  if (start < span.end) spans.push({ start, end: span.end })
  return spans
}

function proseCut(text: string): number {
  const window = text.slice(0, PASSAGE_CHARACTERS)
  for (const border of BORDERS) {
    const cut = lastEnd(window, border, PASSAGE_CHARACTERS / 2)
    if (cut > 0) return cut
  }
  return lastEnd(window, /\s/g, 0) || wordEnd(text)
}

function lastEnd(text: string, pattern: RegExp, from: number): number {
  let end = 0
  pattern.lastIndex = from
  while (pattern.exec(text) !== null) end = pattern.lastIndex
  return end
}

function wordEnd(text: string): number {
  const space = /\s/g
  space.lastIndex = PASSAGE_CHARACTERS
  if (space.exec(text) !== null) return space.lastIndex
  const torn = text.length === WHOLE_CHARACTERS && /[\ud800-\udbff]$/.test(text)
  return torn ? text.length - 1 : text.length
}

/** Code whole up to 60 KiB; beyond that in pieces of at most 60 KiB that end at line ends. */
export function cutCode(text: string, span: Span): Span[] {
  const spans: Span[] = []
  let start = span.start
  let bytes = 0
  for (const line of linesOf(text, span)) {
    const size = Buffer.byteLength(text.slice(line.start, line.end))
    if (bytes > 0 && bytes + size > WHOLE_BYTES) {
      spans.push({ start, end: line.start })
      start = line.start
      bytes = 0
    }
    bytes += size
    if (bytes > WHOLE_BYTES) {
      spans.push(...cutProse(text, line))
      start = line.end
      bytes = 0
    }
  }
  if (start < span.end) spans.push({ start, end: span.end })
  return spans
}

function* linesOf(text: string, span: Span): Generator<Span> {
  let start = span.start
  while (start < span.end) {
    const feed = text.indexOf('\n', start)
    const end = feed < 0 || feed >= span.end ? span.end : feed + 1
    yield { start, end }
    start = end
  }
}

/**
 * Joins neighbours while they stay within PASSAGE_CHARACTERS. A short lead-in ("Run this:") goes with what it
 * introduces, whatever the size of that.
 */
export function pack(spans: readonly Span[]): Span[] {
  const packed: Span[] = []
  let start = spans[0]?.start ?? 0
  for (const [index, span] of spans.entries()) {
    const last = spans[index - 1]
    if (last === undefined || span.end - start <= PASSAGE_CHARACTERS) continue
    const cut = last.end - last.start <= LEAD_IN_CHARACTERS ? last.start : last.end
    if (cut > start) packed.push({ start, end: cut })
    start = Math.max(start, cut)
  }
  const end = spans.at(-1)?.end ?? start
  if (end > start) packed.push({ start, end })
  return packed
}

/** The source text of a span as it was written, without blank lines around it; empty when it is blank. */
export function sliceOf(text: string, span: Span): string {
  return text
    .slice(span.start, span.end)
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
}
