/**
 * The top-level blocks of Markdown, in time linear in its length. Lines that settle the structure by themselves are
 * read here; any stretch where they do not (HTML, underlined or indented headings, fences in lists) goes to the parser.
 */
import type { Root, RootContent } from 'mdast'
import { toTitle, toTree } from './markdown-tree.ts'
import type { Span } from './text-cut.ts'

export type Block =
  | (Span & { readonly kind: 'heading'; readonly depth: number; readonly title: string })
  | (Span & { readonly kind: 'code' | 'flow' })

const HEADING = /^#{1,6}(?:[ \t]|$)/
const FENCE = /^(?:(`{3,})[^`]*|(~{3,}).*)$/
const BLANK = /^[ \t]*$/
const LETTER = /^\p{L}/u
const MAYBE_MORE = /^(?: {1,3}(?:#{1,6}(?:[ \t]|$)|`{3}|~{3})| {0,3}<)/
const MAYBE_UNDERLINE = /^ {0,3}(?:=+|-+)[ \t]*$/

const PROBE = '# probe\n'
const PROBES = 8

/** Blocks in order, without a gap between them, from `start` to the end of the text. Lines end in `\n`. */
export function readBlocks(text: string, start = 0): Block[] {
  const blocks: Block[] = []
  let at = start
  while (at < text.length) {
    const line = lineAt(text, at)
    const fence = FENCE.exec(line.text)
    if (HEADING.test(line.text)) {
      blocks.push(heading(text, at, line.end, /^#+/.exec(line.text)?.[0].length ?? 1))
    } else if (fence !== null) {
      const closer = lineThat(closesFence(fence[1] ?? fence[2] ?? ''), text, line.end)
      blocks.push({ kind: 'code', start: at, end: closer?.end ?? text.length })
    } else {
      for (const block of readFlow(text, at)) addBlock(blocks, block, text)
    }
    at = blocks.at(-1)?.end ?? text.length
  }
  return blocks
}

/** Blank lines belong to the block above them. */
function addBlock(blocks: Block[], block: Block, text: string): void {
  const above = blocks.at(-1)
  const isBlank = !/\S/.test(text.slice(block.start, block.end))
  if (isBlank && above !== undefined) blocks[blocks.length - 1] = { ...above, end: block.end }
  else blocks.push(block)
}

function heading(text: string, start: number, end: number, depth: number): Block {
  return { kind: 'heading', start, end, depth, title: toTitle(text.slice(start, end)) }
}

interface Line extends Span {
  readonly text: string
}

function lineAt(text: string, start: number): Line {
  const feed = text.indexOf('\n', start)
  const end = feed < 0 ? text.length : feed
  return { start, end: feed < 0 ? end : feed + 1, text: text.slice(start, end) }
}

type Closes = (line: string) => boolean

function lineThat(closes: Closes, text: string, from: number): Line | null {
  for (let at = from; at < text.length; ) {
    const line = lineAt(text, at)
    if (closes(line.text)) return line
    at = line.end
  }
  return null
}

function closesFence(marks: string): Closes {
  return line => {
    const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1] ?? ''
    return closing.startsWith(marks)
  }
}

function readFlow(text: string, start: number): Block[] {
  const { end, certain } = flowEnd(text, start, start, false)
  return certain ? [{ kind: 'flow', start, end }] : parseFlow(text, start, end)
}

/**
 * Where a flow that began at `start` ends, when nothing is open at `from`: at a heading or fence in the first column,
 * or at a letter there after a blank line, for none of these is ever part of a list, a quote or a footnote.
 */
function flowEnd(
  text: string,
  start: number,
  from: number,
  afterBlank: boolean,
): { end: number; certain: boolean } {
  let certain = true
  let inBlock = from > start
  for (let at = from; at < text.length; ) {
    const line = lineAt(text, at)
    const blank = BLANK.test(line.text)
    const cuts =
      HEADING.test(line.text) || FENCE.test(line.text) || (inBlock && afterBlank && LETTER.test(line.text))
    if (cuts && at > start) return { end: at, certain }
    if (MAYBE_MORE.test(line.text) || (inBlock && !afterBlank && MAYBE_UNDERLINE.test(line.text)))
      certain = false
    inBlock ||= !blank
    afterBlank = blank
    at = line.end
  }
  return { end: text.length, certain }
}

/**
 * Parses a flow together with a heading that is no part of it. Where that heading is swallowed, a fence or an HTML
 * block is still open at the end, and the flow goes on behind what closes it.
 */
function parseFlow(text: string, start: number, end: number): Block[] {
  for (let probes = 0; probes < PROBES; probes++) {
    const flow = text.slice(start, end)
    const tree = toTree(flow + (flow.endsWith('\n') ? PROBE : `\n${PROBE}`))
    if (tree === null) break
    const last = tree.children.at(-1)
    if (last === undefined || end === text.length) return toBlocks(text, { start, end }, tree)
    if (last.type === 'heading' && startOf(last) === flow.length) return toBlocks(text, { start, end }, tree)
    const closer = lineThat(closerOf(flow.slice(startOf(last))), text, end)
    end = closer === null ? text.length : flowEnd(text, start, closer.end, true).end
  }
  return [{ kind: 'flow', start, end }]
}

function startOf(node: RootContent): number {
  return node.position?.start.offset ?? 0
}

const HTML_CLOSERS: readonly (readonly [RegExp, RegExp])[] = [
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<!\[CDATA\[/, /\]\]>/],
  [/^<![a-z]/i, />/],
  [/^<(?:script|pre|style|textarea)(?:[\s>]|$)/i, /<\/(?:script|pre|style|textarea)>/i],
]

function closerOf(open: string): Closes {
  const fence = /^(?:`{3,}|~{3,})/.exec(open)
  if (fence !== null) return closesFence(fence[0])
  const closer = HTML_CLOSERS.find(([opener]) => opener.test(open))?.[1] ?? BLANK
  return line => closer.test(line)
}

function toBlocks(text: string, span: Span, tree: Root): Block[] {
  const blocks: Block[] = []
  let at = span.start
  for (const node of tree.children) {
    const start = span.start + startOf(node)
    if (node.type !== 'heading' || start >= span.end) continue
    const begin = text.lastIndexOf('\n', start - 1) + 1
    const { end } = lineAt(text, Math.min(span.end, span.start + (node.position?.end.offset ?? 0)))
    if (begin > at) blocks.push({ kind: 'flow', start: at, end: begin })
    blocks.push(heading(text, begin, end, node.depth))
    at = end
  }
  if (at < span.end) blocks.push({ kind: 'flow', start: at, end: span.end })
  return blocks
}
