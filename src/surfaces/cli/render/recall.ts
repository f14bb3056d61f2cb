import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, day, joined, noticeLines, paragraph } from './layout.ts'

type Result = OutputOf<'recall'>['results'][number]
type Why = NonNullable<Result['why']>

export function renderRecall({ results, notices }: OutputOf<'recall'>, ink: Ink): string {
  const indent = ' '.repeat(String(results.length).length + 2)
  const blocks = results.map(result => renderResult(result, indent, ink))
  return [...blocks, noticeLines(notices, ink)].join('\n')
}

function renderResult(result: Result, indent: string, ink: Ink): string {
  const rank = ink.cyan(String(result.rank).padEnd(indent.length))
  const lines = [result.title === null ? null : ink.bold(result.title), result.content].filter(
    part => part !== null,
  )
  const body = paragraph(lines.join('\n'), indent, ink).slice(indent.length)
  const why = result.why === undefined ? '' : `${paragraph(explain(result.why), indent, ink)}\n`
  const origin = paragraph(originOf(result), indent, ink).split('\n').map(ink.dim).join('\n')
  return `${rank}${body}\n${origin}\n${why}${indent}${ink.dim(result.id)}\n`
}

function originOf(result: Result): string {
  const { document, label, author, project, kind, trust, status, valid_until, near_duplicates } = result
  const place = document === null ? label : label === null ? document : `${document} › ${label}`
  return joined([
    place,
    author,
    day(result.valid_from ?? result.recorded_at),
    project,
    kind,
    trust,
    status === 'active' ? null : status,
    valid_until === null ? null : `until ${day(valid_until)}`,
    result.tags.length > 0 && `#${result.tags.join(' #')}`,
    result.origin,
    result.contested !== null && `contested in ${result.contested}`,
    near_duplicates.length > 0 && `${count(near_duplicates.length, 'more', 'more')} like it`,
  ])
}

function explain({ terms, lifted_by, factors }: Why): string {
  const reasons = [terms.length === 0 ? 'matched no word itself' : `matched: ${terms.join(', ')}`]
  if (lifted_by !== null) reasons.push(`lifted by ${neighbour(lifted_by.distance)} (${lifted_by.id})`)
  for (const [name, factor] of Object.entries(factors)) {
    reasons.push(`${WORDS[name] ?? name} ×${Number(factor.toFixed(2))}`)
  }
  return reasons.join('; ')
}

function neighbour(distance: number): string {
  return distance === 1 ? 'the passage beside it' : `a passage ${distance} places away`
}

const WORDS: Readonly<Record<string, string>> = {
  author: 'its author is named',
  time: 'you ask when and it tells a time',
  number: 'you ask how many and it tells a number',
  onlyQuestion: 'it only asks',
  trust: 'trust',
  confidence: 'confidence',
  recency: 'recent',
  strength: 'strength',
}
