import { LIMITS } from '../model/memory.ts'
import { type ParsedDocument, type ParsedPassage, shorten } from './document.ts'
import { readFrontMatter } from './front-matter.ts'
import { type Block, readBlocks } from './markdown-blocks.ts'
import { cutBlocks } from './markdown-cut.ts'

// Six levels of it fit a label. A longer heading is shortened there and kept whole in the content.
const HEADING_CHARACTERS = 160

interface Section {
  readonly heading: Extract<Block, { kind: 'heading' }> | null
  readonly blocks: readonly Block[]
}

/**
 * Markdown with optional front matter. A passage is a section, or a piece of a long one; its label is the path of
 * headings, its title the last of them. A heading over nothing at all is a passage of its own; one that has only
 * subsections lives in their labels.
 */
export function parseMarkdown(name: string, text: string): ParsedDocument {
  const front = readFrontMatter(name, text)
  const sections = toSections(readBlocks(text, front.bodyStart))
  const first = sections.find(({ heading }) => heading?.depth === 1 && heading.title !== '')?.heading
  const title = front.title ?? (first ? shorten(first.title, LIMITS.title) : null)
  return {
    key: null,
    type: 'markdown',
    title,
    fields: front.fields,
    metadata: front.metadata,
    passages: toPassages(text, sections, { title, author: front.fields.author ?? null }),
    warnings: front.warnings,
  }
}

function toSections(blocks: readonly Block[]): Section[] {
  const sections: { heading: Section['heading']; blocks: Block[] }[] = [{ heading: null, blocks: [] }]
  for (const block of blocks) {
    if (block.kind === 'heading') sections.push({ heading: block, blocks: [] })
    else sections.at(-1)?.blocks.push(block)
  }
  return sections
}

function toPassages(
  text: string,
  sections: readonly Section[],
  document: { title: string | null; author: string | null },
): ParsedPassage[] {
  const passages: ParsedPassage[] = []
  const path: { depth: number; name: string }[] = []
  for (const [index, { heading, blocks }] of sections.entries()) {
    const name = shorten(heading?.title ?? '', HEADING_CHARACTERS)
    if (heading !== null) {
      while ((path.at(-1)?.depth ?? 0) >= heading.depth) path.pop()
      path.push({ depth: heading.depth, name })
    }
    const kept = heading !== null && heading.title.length > HEADING_CHARACTERS ? [heading, ...blocks] : blocks
    const isLeaf = (sections[index + 1]?.heading?.depth ?? 0) <= (heading?.depth ?? 0)
    const contents = cutBlocks(text, kept)
    if (contents.length === 0 && heading !== null && isLeaf && name !== '')
      contents.push(...cutBlocks(text, [heading]))
    const label = path.flatMap(step => step.name || []).join(' > ') || null
    const title = heading === null ? document.title : name || null
    for (const content of contents)
      passages.push({ content, author: document.author, at: null, label, title })
  }
  return passages
}
