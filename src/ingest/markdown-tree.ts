/**
 * The parser of Markdown, bounded: its time grows with the square of its input and its stack with the nesting.
 */
import type { Root } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { toString as toPlain } from 'mdast-util-to-string'
import { gfm } from 'micromark-extension-gfm'

const TREE_CHARACTERS = 64 * 1024
const TITLE_CHARACTERS = 1000
const PREFIX_CHARACTERS = 200

// Blocks do not depend on what is inside a line, and without it parsing is linear in the brackets and stars.
const INLINE = [
  'attention',
  'autolink',
  'characterEscape',
  'characterReference',
  'codeText',
  'emailAutolink',
  'gfmFootnoteCall',
  'gfmPotentialFootnoteCall',
  'hardBreakEscape',
  'htmlText',
  'labelEnd',
  'labelStartImage',
  'labelStartLink',
  'protocolAutolink',
  'strikethrough',
  'wwwAutolink',
]
const BLOCKS = {
  extensions: [gfm(), { disable: { null: INLINE } }],
  mdastExtensions: [gfmFromMarkdown()],
}

const PREFIX = /^(?:[ \t>]|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))*/gm

/** The blocks of a piece of Markdown, or null where it is over 64 Ki characters or nested beyond any reading. */
export function toTree(markdown: string): Root | null {
  if (markdown.length > TREE_CHARACTERS) return null
  for (const [prefix] of markdown.matchAll(PREFIX)) if (prefix.length > PREFIX_CHARACTERS) return null
  return fromMarkdown(markdown, BLOCKS)
}

/** A heading as a reader sees it, without its marks; `source` is the whole heading with `#` or underline. */
export function toTitle(source: string): string {
  const plain = source
    .trimEnd()
    .replace(/^ {0,3}#{1,6}(?:[ \t]+|$)/, '')
    .replace(/\n *(?:=+|-+)$/, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (plain.length > TITLE_CHARACTERS || !/[*_`[\]<>&\\#!]/.test(plain)) return plain
  // On one line, so that a break between two words of an underlined heading stays a space.
  return toPlain(fromMarkdown(`# ${plain}`)).trim()
}
