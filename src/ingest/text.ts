import type { ParsedDocument } from './document.ts'
import { cutProse, pack, type Span, sliceOf } from './text-cut.ts'

/** Plain text: paragraphs, which blank lines part, gathered up to the size of a passage. */
export function parseText(text: string): ParsedDocument {
  const spans = pack(paragraphsOf(text).flatMap(span => cutProse(text, span)))
  const passages = spans
    .map(span => sliceOf(text, span))
    .filter(content => content !== '')
    .map(content => ({ content, author: null, at: null, label: null, title: null }))
  return { key: null, type: 'text', title: null, fields: {}, metadata: {}, passages, warnings: [] }
}

function paragraphsOf(text: string): Span[] {
  const spans: Span[] = []
  let start = 0
  for (const gap of text.matchAll(/\n(?:[ \t]*\n)+/g)) {
    const end = gap.index + gap[0].length
    spans.push({ start, end })
    start = end
  }
  if (start < text.length) spans.push({ start, end: text.length })
  return spans
}
