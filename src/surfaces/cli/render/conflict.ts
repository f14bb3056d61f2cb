import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { clock, count, day, excerpt, joined, noticeLines, paragraph } from './layout.ts'

type Conflict = OutputOf<'conflicts'>['conflicts'][number]
type Opened = NonNullable<OutputOf<'remember'>['conflict']>
type Member = OutputOf<'conflict'>['members'][number]
type Suggestion = OutputOf<'suggestions'>['suggestions'][number]

/** Members that a list or an answer shows of one conflict. */
const SHOWN = 5

export function renderConflicts({ conflicts, cursor, notices }: OutputOf<'conflicts'>, ink: Ink): string {
  const blocks = conflicts.map(conflict => `${headOf(conflict, ink)}\n${memberLines(conflict, ink)}`)
  const first = conflicts.find(({ status }) => status === 'open')
  const next = first === undefined ? [] : [`Side by side: heirloom conflict ${first.id}`]
  const more = cursor === null ? [] : [`The next: the same with --cursor ${cursor}`]
  const body = blocks.length === 0 ? ['No conflicts.'] : blocks
  return [...body, ...next, ...more, noticeLines(notices, ink)].join('\n')
}

export function renderConflict(conflict: OutputOf<'conflict'>, ink: Ink): string {
  const { members, winner, suggested_winner: suggested, notices } = conflict
  const marked = winner ?? suggested?.id
  const blocks = members.map(member => memberBlock(member, member.id === marked, ink))
  const why =
    suggested === null
      ? ''
      : `Suggested: ${ink.green(excerpt(suggested.value, 60))}  ${ink.dim(suggested.id)}\n${paragraph(suggested.why, '  ', ink)}\n`
  return `${headOf(conflict, ink)}\n\n${blocks.join('\n')}\n${why}${noticeLines(notices, ink)}`
}

export function renderResolve(resolved: OutputOf<'resolve'>, ink: Ink): string {
  const { superseded, changed } = resolved
  const lines = [
    headOf(resolved, ink),
    ...superseded.map(id => `  ${id} → ${ink.green('superseded')}`),
    ...changed.map(({ id, property }) => `  ${id}: ${property} takes the winner’s value`),
  ]
  return lines.join('\n')
}

export function renderSuggestions({ suggestions, notices }: OutputOf<'suggestions'>, ink: Ink): string {
  const blocks = suggestions.map(suggestion => suggestionBlock(suggestion, ink))
  const body = blocks.length === 0 ? ['Nothing looks like a contradiction.'] : blocks
  return [...body, noticeLines(notices, ink)].join('\n')
}

/** The members of a conflict that a change opened or joined; nothing where it did neither. */
export function conflictLines(conflict: Opened | null, ink: Ink): string {
  return conflict === null ? '' : `${memberLines(conflict, ink)}\n`
}

function headOf(conflict: Conflict, ink: Ink): string {
  const { id, slot, project, status, resolution, resolved_at, resolved_by, note } = conflict
  const ended =
    resolved_at === null
      ? ''
      : joined([resolution?.replace('_', ' '), `${clock(resolved_at)} by ${resolved_by}`, note])
  const said = ink.bold(`${slot.subject}.${slot.attribute}`)
  const state = status === 'open' ? ink.yellow(status) : ink.green(status)
  const about = ink.dim(joined([project, `since ${day(conflict.detected_at)}`, id]))
  return `${said}  ${state}  ${about}${ended === '' ? '' : `\n${paragraph(ended, '  ', ink)}`}`
}

function memberLines(
  { members, members_total }: Pick<Conflict, 'members' | 'members_total'>,
  ink: Ink,
): string {
  const lines = members
    .slice(0, SHOWN)
    .map(
      ({ kind, id, value, trust }) =>
        `  ${ink.cyan(excerpt(value, 40))}  ${ink.dim(`${kind} ${id} · ${trust}`)}`,
    )
  const more = members_total - lines.length
  return [...lines, ...(more > 0 ? [`  ${count(more, 'more', 'more')}`] : [])].join('\n')
}

function memberBlock(member: Member, isMarked: boolean, ink: Ink): string {
  const { kind, id, value, value_now, trust, status, claims_it, said_at, content, entity } = member
  const mark = isMarked ? ink.green('→ ') : '  '
  const state = claims_it
    ? null
    : `claims it no more${status === null ? ', gone' : status === 'active' ? '' : `, ${status}`}`
  const now = value_now === null ? '' : `, now ${ink.cyan(excerpt(value_now, 60))}`
  const text =
    entity === null ? (content ?? '') : `${entity.type} ${entity.name}, its property ${entity.property ?? ''}`
  const from = joined([
    trust,
    `said ${clock(said_at)}`,
    member.author,
    [member.document, member.label].filter(part => part !== null).join(' › '),
    member.client,
    member.session,
    member.origin,
    member.valid_until === null ? null : `until ${day(member.valid_until)}`,
    state,
  ])
  const lines = [
    `${mark}${ink.cyan(excerpt(value, 60))}${now}  ${ink.dim(`${kind} ${id}`)}`,
    paragraph(excerpt(text, 400), '    ', ink),
    paragraph(from, '    ', ink).split('\n').map(ink.dim).join('\n'),
  ]
  return `${lines.filter(line => line !== '').join('\n')}\n`
}

function suggestionBlock({ score, why, memories }: Suggestion, ink: Ink): string {
  const head = `${ink.yellow(String(Math.round(score * 100)).padStart(3))} % ${why.join('; ')}`
  const texts = memories.map(
    ({ id, content }) => `${paragraph(excerpt(content, 300), '  ', ink)}\n  ${ink.dim(id)}`,
  )
  const [older, newer] = memories.map(({ id }) => id)
  const way = ink.dim(`  If one replaces the other: heirloom supersede ${older} --by ${newer}`)
  return `${head}\n${texts.join('\n')}\n${way}\n`
}
