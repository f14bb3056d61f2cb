import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { clock, day, excerpt, joined, noticeLines, paragraph } from './layout.ts'
import { tableOf } from './table.ts'

type Review = OutputOf<'review'>
type Group = Review['groups'][number]
type Item = Group['items'][number]

export function renderReview({ groups, decided, cursor, notices }: Review, ink: Ink): string {
  const shown = groups.map(group => groupLines(group, ink))
  const done = decided.map(one => decidedLine(one, ink))
  const more = cursor === null ? '' : `The next: the same with --cursor ${cursor}\n`
  const how =
    shown.length === 0
      ? ''
      : ink.dim('Decide: heirloom review --promote <id,id> --reject <id,id> --note "<why>"\n')
  return `${shown.join('\n')}${done.join('')}${more}${how}${noticeLines(notices, ink)}`
}

function groupLines({ project, source, items }: Group, ink: Ink): string {
  const from = `${source.kind}${source.name === null ? '' : ` ${source.name}`}`
  const head = `${ink.bold(project ?? 'no project')} ${ink.dim(`from ${from} (${items.length})`)}`
  return `${head}\n${items.map(item => itemLines(item, ink)).join('\n')}`
}

function itemLines(item: Item, ink: Ink): string {
  const { id, kind, subject, status, trust, by, through, recorded_at, note, title, content, tags } = item
  const about = joined([
    subject === 'memory' ? kind : `${subject}, ${kind}`,
    status === 'active' ? `${trust}, was active` : trust,
    `by ${item.author ?? by ?? 'nobody known'}${through === null ? '' : ` through ${through}`}`,
    clock(recorded_at),
    tags.length > 0 && `tags ${tags.join(', ')}`,
  ])
  const text = title === null ? content : `${title}\n${content}`
  const lines = [
    ...item.near.map(near => nearLine(near, ink)),
    ...item.slots.flatMap(slot => slotLines(slot, ink)),
  ]
  const why = note === null || note === '' ? '' : `  “${note.replaceAll('\n', ' ')}”`
  return `${ink.cyan('●')} ${ink.bold(id)}  ${ink.dim(about)}${why}\n${paragraph(text, '  ', ink)}\n${lines.join('')}`
}

function nearLine({ id, similarity, content }: Item['near'][number], { dim }: Ink): string {
  const how = similarity === null ? 'near' : `${Math.round(similarity * 100)} % like`
  return `  ${dim(`${how} ${id}:`)} ${excerpt(content, 70)}\n`
}

function slotLines(
  { subject, attribute, value, filled_by, contradicts, joins }: Item['slots'][number],
  ink: Ink,
) {
  const now = filled_by.map(
    other => `${excerpt(other.value, 40)} (${other.kind} ${other.id}, ${other.trust})`,
  )
  const by = now.length === 0 ? 'nobody claims it so far' : `now ${now.join(', ')}`
  const claim = `  ${ink.dim('claims')} ${subject} / ${attribute} = ${value}; ${by}\n`
  if (contradicts.length === 0) return [claim]
  const which = joins === null ? 'opens a conflict' : `joins the conflict ${joins}`
  return [claim, `  ${ink.yellow('!')} promoting it ${which}\n`]
}

function decidedLine(
  { id, decision, was, status, conflict, notices }: Review['decided'][number],
  ink: Ink,
): string {
  const said = decision === 'promote' ? ink.green('Promoted') : ink.cyan('Rejected')
  const against = conflict === null ? '' : ` ${ink.yellow(`in conflict ${conflict.id}`)}`
  return `${said} ${ink.bold(id)} ${was} → ${status}${against}\n${noticeLines(notices, ink)}`
}

export function renderExpiring({ results, cursor, notices }: OutputOf<'expiring'>, ink: Ink): string {
  if (results.length === 0) return noticeLines(notices, ink)
  const rows = results.map(({ id, valid_until, kind, project, title, content }) => [
    id,
    day(valid_until),
    kind,
    project ?? '',
    title ?? content,
  ])
  const more = cursor === null ? '' : `\nThe next: the same with --cursor ${cursor}`
  return `${tableOf(['id', 'until', 'kind', 'project', 'content'], rows, ink)}${more}\n${noticeLines(notices, ink)}`
}
