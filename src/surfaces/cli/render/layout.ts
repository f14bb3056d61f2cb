import type { Ink } from '../terminal.ts'

export { excerptOf as excerpt } from '../../../model/excerpt.ts'

/** Text in lines no wider than the terminal, each behind the indent. Words that are too long stay whole. */
export function paragraph(text: string, indent: string, { width }: Pick<Ink, 'width'>): string {
  const room = width - indent.length
  return text
    .trimEnd()
    .replace(/^\s*\n/, '')
    .split('\n')
    .flatMap(line => wrap(line, room))
    .map(line => (line === '' ? '' : indent + line))
    .join('\n')
}

function wrap(line: string, room: number): string[] {
  if (line.length <= room) return [line]
  const lines: string[] = []
  let current = line.match(/^\s*/)?.[0] ?? ''
  for (const word of line.trim().split(/\s+/)) {
    const longer = current.trim() === '' ? current + word : `${current} ${word}`
    if (longer.length <= room || current.trim() === '') current = longer
    else {
      lines.push(current)
      current = word
    }
  }
  return [...lines, current]
}

export function day(time: string): string {
  return time.slice(0, 10)
}

/** A time to the second, in UTC as it is stored. */
export function clock(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z`
}

/** What is there of the parts, with dots between. */
export function joined(parts: readonly (string | null | undefined | false)[]): string {
  return parts.filter(part => typeof part === 'string' && part !== '').join(' · ')
}

export function noticeLines(notices: readonly string[], { yellow, width }: Ink): string {
  return notices.map(notice => `${yellow('!')} ${paragraph(notice, '  ', { width }).trimStart()}\n`).join('')
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

export function sizeOf(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024
  return mebibytes < 1 ? `${Math.ceil(bytes / 1024)} KiB` : `${mebibytes.toFixed(1)} MiB`
}

/** A word as a POSIX shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
