/**
 * reStructuredText, as far as a manual's structure goes, as Markdown: headings and literal blocks. What stands inside
 * a line stays as it is.
 */

/** Headings are underlined with one of these, as long as the title at least. */
const UNDERLINE = /^([=\-~^*])\1+$/
const LITERAL = /^( *)(?:\.\. code-block::.*|::)$/
const ANCHOR = /^ *\.\. _[^:]+:$/

/** Which underline is which level follows from the order in which they come, as the format has it. */
export function toMarkdown(text: string): string {
  const lines = text.split('\n')
  const levels: string[] = []
  const markdown: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const [, mark] = UNDERLINE.exec(lines[at + 1] ?? '') ?? []
    if (mark !== undefined && /^\S/.test(line) && line.length <= (lines[at + 1] ?? '').length) {
      if (!levels.includes(mark)) levels.push(mark)
      markdown.push(`${'#'.repeat(levels.indexOf(mark) + 1)} ${line}`)
      at++
    } else if (LITERAL.test(line)) {
      const block = literalBlock(lines, at)
      markdown.push(...block.lines)
      at = block.last
    } else if (!ANCHOR.test(line)) markdown.push(line)
  }
  return markdown.join('\n')
}

/** A fence around what is indented deeper than the line that announces it; without one, a line "# …" were a heading. */
function literalBlock(lines: readonly string[], at: number): { lines: string[]; last: number } {
  const indent = LITERAL.exec(lines[at] ?? '')?.[1] ?? ''
  let last = at
  for (let next = at + 1; next < lines.length; next++) {
    const line = lines[next] ?? ''
    if (line.startsWith(`${indent} `)) last = next
    else if (line.trim() !== '') break
  }
  const inside = lines.slice(at + 1, last + 1)
  while (inside[0]?.trim() === '') inside.shift()
  return { lines: [`${indent}\`\`\``, ...inside, `${indent}\`\`\``], last }
}
