import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, day, joined, noticeLines, paragraph } from './layout.ts'

type Result = OutputOf<'recall'>['results'][number]
type Why = NonNullable<Result['why']>

export function renderRecall({ results, notices, left_out = [] }: OutputOf<'recall'>, ink: Ink): string {
  const indent = ' '.repeat(String(results.length).length + 2)
  const blocks = results.map(result => renderResult(result, indent, ink))
  const kept = left_out.map(({ filter, count }) => `${count} by ${filter}`)
  const out = kept.length === 0 ? [] : [ink.dim(`Left out: ${kept.join(', ')}`)]
  return [...blocks, ...out, noticeLines(notices, ink)].join('\n')
}

function renderResult(result: Result, indent: string, ink: Ink): string {
  const rank = ink.cyan(String(result.rank).padEnd(indent.length))
  const { title, content } = result
  // What is only a name, as an entity without a description, is its own title.
  const text =
    title === null ? content : title === content ? ink.bold(title) : `${ink.bold(title)}\n${content}`
  const body = paragraph(text, indent, ink).slice(indent.length)
  const why =
    result.why === undefined
      ? ''
      : `${paragraph(explain({ why: result.why, legs: result.legs }), indent, ink)}\n`
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

function explain({ why, legs }: { readonly why: Why; readonly legs: Result['legs'] }): string {
  const { terms, lifted_by, features, factors } = why
  const words = terms.map(({ term, documents }) => (documents === null ? term : `${term} (in ${documents})`))
  const reasons = [words.length === 0 ? 'holds no word of it' : `holds ${words.join(', ')}`]
  const ranks = [
    legs.keyword === null ? null : `${legs.keyword}. by words`,
    legs.dense === null ? null : `${legs.dense}. by meaning`,
  ].filter(rank => rank !== null)
  if (ranks.length > 0) reasons.push(ranks.join(', '))
  if (lifted_by !== null) reasons.push(`lifted by ${neighbour(lifted_by.distance)} (${lifted_by.id})`)
  const shares = Object.entries(features).map(([name, share]) => `${FEATURES[name] ?? name} ${share}`)
  if (shares.length > 0) reasons.push(`score: ${shares.join(' + ')}`)
  for (const [name, factor] of Object.entries(factors)) {
    reasons.push(`${WORDS[name] ?? name} ×${Number(factor.toFixed(2))}`)
  }
  return reasons.join('; ')
}

function neighbour(distance: number): string {
  return distance === 1 ? 'the passage beside it' : `a passage ${distance} places away`
}

/** What ranking adds up, in words for people; a name says enough where there is none. */
const FEATURES: Readonly<Record<string, string>> = {
  words: 'words',
  author: 'its author is named',
  time: 'you ask when and it tells a time',
  number: 'you ask how many and it tells a number',
  onlyQuestion: 'it only asks',
  asking: 'it ends asking',
  dense: 'meaning',
  activatedDense: 'meaning here and beside',
}

const WORDS: Readonly<Record<string, string>> = {
  trust: 'trust',
  confidence: 'confidence',
  recency: 'recent',
  strength: 'strength',
}
