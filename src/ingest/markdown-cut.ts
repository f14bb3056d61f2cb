import type { Nodes } from 'mdast'
import { type Block, readBlocks } from './markdown-blocks.ts'
import { toTree } from './markdown-tree.ts'
import { cutCode, cutProse, PASSAGE_CHARACTERS, pack, type Span, sliceOf } from './text-cut.ts'

/** A long text, such as a turn of a conversation, in pieces of the size of a passage, as they were written. */
export function cutMarkdown(text: string): string[] {
  return cutBlocks(text, readBlocks(text))
}

/** The passages of a run of blocks: cut at the borders of blocks, code whole up to 60 KiB. */
export function cutBlocks(text: string, blocks: readonly Block[]): string[] {
  const start = blocks[0]?.start ?? 0
  const all = { start, end: blocks.at(-1)?.end ?? start }
  const short = all.end - all.start <= PASSAGE_CHARACTERS
  const spans = short ? [all] : pack(blocks.flatMap(block => cutBlock(text, block)))
  return spans.map(span => sliceOf(text, span)).filter(content => content !== '')
}

function cutBlock(text: string, block: Block): Span[] {
  if (block.end - block.start <= PASSAGE_CHARACTERS) return [block]
  if (block.kind === 'code') return cutCode(text, block)
  const tree = toTree(text.slice(block.start, block.end))
  return tree === null ? cutProse(text, block) : cutNode(text, block, tree, block.start)
}

/** `offset` is where the parsed piece begins in the text. */
function cutNode(text: string, span: Span, node: Nodes, offset: number): Span[] {
  if (span.end - span.start <= PASSAGE_CHARACTERS) return [span]
  if (node.type === 'code') return cutCode(text, span)
  if (!('children' in node) || !isContainer(node)) return cutProse(text, span)
  const spans: Span[] = []
  let end = span.end
  for (const child of node.children.toReversed()) {
    const begins = offset + (child.position?.start.offset ?? 0)
    // From the start of its line, so that a nested block keeps its indentation and its quote marks.
    const start = child === node.children[0] ? span.start : text.lastIndexOf('\n', begins - 1) + 1
    if (start >= end) continue
    spans.unshift(...cutNode(text, { start: Math.max(start, span.start), end }, child, offset))
    end = start
  }
  return spans
}

const CONTAINERS: readonly Nodes['type'][] = [
  'root',
  'blockquote',
  'list',
  'listItem',
  'footnoteDefinition',
  'table',
]

function isContainer(node: Nodes): boolean {
  return CONTAINERS.includes(node.type)
}
