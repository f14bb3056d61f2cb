/** How the demo is printed: numbered steps, aligned rows, and claims that are checked before they are shown. */
import picocolors from 'picocolors'

const { bold, cyan, dim, green, red } = picocolors

const WIDTH = Math.min(process.stdout.columns || 100, 100)
const NAME = 16

let steps = 0

export function title(text: string, below: string): void {
  console.log(`\n${bold(text)}\n${below}`)
}

/** A new step: what happens, and why it matters. */
export function step(text: string, why: string): void {
  steps++
  console.log(`\n${cyan(bold(`${steps}  ${text}`))}`)
  for (const line of wrapped(why, WIDTH - 3)) console.log(dim(`   ${line}`))
  console.log()
}

export function row(name: string, value: string): void {
  const [first = '', ...rest] = wrapped(value, WIDTH - NAME - 3)
  console.log(`   ${dim(name.padEnd(NAME))}${first}`)
  for (const line of rest) console.log(`${' '.repeat(NAME + 3)}${line}`)
}

export function question(text: string): void {
  console.log(`   ${bold(text)}`)
}

export function gap(): void {
  console.log()
}

/** Shows what was promised as kept. @throws where it was not, which ends the demo with exit code 1. */
export function claim(kept: boolean, text: string): void {
  if (!kept) throw new Error(`not true: ${text}`)
  console.log(`   ${green('✓')} ${text}`)
}

export function failure(error: unknown): void {
  console.error(`\n${red('✗')} ${error instanceof Error ? error.message : String(error)}`)
}

/** Passages are Markdown; here they stand in a sentence. */
export function excerpt(content: string, characters = 200): string {
  const line = content
    .replace(/```\w*|\s+/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
  return line.length <= characters ? line : `${line.slice(0, line.lastIndexOf(' ', characters))} …`
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
