import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { changedFields } from './changes.ts'
import { clock, joined, paragraph } from './layout.ts'

type Entry = OutputOf<'journal'>['entries'][number]
type Version = OutputOf<'history'>['versions'][number]

export function renderHistory(
  { id, subject, status, versions, entries, truncated }: OutputOf<'history'>,
  ink: Ink,
): string {
  const steps = entries.map(entry => {
    // A version begins with the entry that made it.
    const index = versions.findIndex(version => version.updated_at === entry.at)
    const change = changeOf(versions[index], versions[index - 1], ink) + changedFields(entry, ink)
    return `${ink.cyan('●')} ${entryLine(entry, ink)}\n${change}`
  })
  const more = truncated ? `${ink.yellow('!')} There is more; raise --limit to see it.\n` : ''
  return `${ink.bold(id)} ${subject === 'memory' ? '' : `${subject}, `}${status}\n${steps.join('')}${more}`
}

function changeOf(version: Version | undefined, before: Version | undefined, ink: Ink): string {
  if (version === undefined) return ''
  const state =
    version.status === before?.status
      ? ''
      : `  ${before === undefined ? '' : `${before.status} → `}${version.status}\n`
  const text = version.content === before?.content ? '' : `${paragraph(version.content, '  ', ink)}\n`
  return state + text
}

export function renderJournal({ entries, cursor, verification }: OutputOf<'journal'>, ink: Ink): string {
  const lines = entries.map(entry =>
    `${entryLine(entry, ink)}  ${entry.subject_kind} ${entry.subject_id}${ink.dim(`  ${entry.receipt ?? ''}`)}`.trimEnd(),
  )
  const more = cursor === null ? [] : [`Older ones: the same with --cursor ${cursor}`]
  const verdict = verification === null ? [] : [verdictOf(verification, ink)]
  return [...lines, ...more, ...verdict].join('\n') || 'No entries.'
}

function verdictOf(
  { ok, entries, head, broken }: NonNullable<OutputOf<'journal'>['verification']>,
  { green, red }: Ink,
): string {
  if (ok) return `${green('✓')} ${entries} entries, each chained to the one before it; head ${head}`
  return `${red('✗')} The chain is broken at entry ${broken?.sequence}: ${broken?.reason}`
}

function entryLine({ sequence, at, operation, actor_kind, client, session, note }: Entry, ink: Ink): string {
  const who = joined([
    `by ${actor_kind}${client === null ? '' : ` through ${client}`}`,
    session && `session ${session}`,
  ])
  const why = note === null || note === '' ? '' : `  “${note.replaceAll('\n', ' ')}”`
  return `${ink.dim(`#${sequence} ${clock(at)}`)} ${ink.bold(operation)} ${ink.dim(who)}${why}`
}
