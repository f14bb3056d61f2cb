import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { clock, count, day, excerpt, joined, noticeLines, paragraph } from './layout.ts'

type Strength = OutputOf<'grade'>['strength']

/** The text as it is, since it may be piped into a prompt. */
export function renderContext(
  { text, pack, tokens, budget, notices }: OutputOf<'context'>,
  ink: Ink,
): string {
  const about = ink.dim(`Pack ${pack} · ${tokens} of ${budget} tokens`)
  return [text, about, noticeLines(notices, ink)].join('\n')
}

export function renderCapture({ id, pack, used, shredded, notices }: OutputOf<'capture'>, ink: Ink): string {
  const uses = used.map(({ id, how, quote }) => {
    const why =
      how === 'given' ? 'as you say' : how === 'id' ? 'named in the response' : `quoted: “${quote ?? ''}”`
    return `  ${id}  ${ink.dim(why)}`
  })
  const lines = [
    `Captured ${id}; ${count(used.length, 'memory', 'memories')} used`,
    ...uses,
    ...(shredded > 0 ? [`${count(shredded, 'older interaction')} let go`] : []),
    ...(pack === null ? [] : [ink.dim(`The context as it was: heirloom replay ${id}`)]),
    noticeLines(notices, ink),
  ]
  return lines.join('\n')
}

export function renderInteractions(
  { interactions, cursor, notices }: OutputOf<'interactions'>,
  ink: Ink,
): string {
  const blocks = interactions.map(one => {
    const about = joined([clock(one.recorded_at), one.project, one.session, one.client])
    const texts =
      one.shredded_at === null
        ? [
            `  ${ink.cyan('asked')}     ${excerpt(one.prompt ?? 'not kept', 100)}`,
            `  ${ink.cyan('answered')}  ${excerpt(one.summary ?? one.response ?? 'not kept', 100)}`,
          ]
        : [`  let go at ${clock(one.shredded_at)}`]
    const used = count(one.used.length, 'memory', 'memories')
    return [about, ...texts, `  ${ink.dim(`${used} used · ${one.id}`)}`, ''].join('\n')
  })
  const more = cursor === null ? [] : [`The next: the same with --cursor ${cursor}`]
  return [...blocks, ...more, noticeLines(notices, ink)].join('\n')
}

export function renderReplay(replayed: OutputOf<'replay'>, ink: Ink): string {
  const { created_at, prompt, project, tokens, budget, text, gone, interaction, notices } = replayed
  const about = joined([`Given ${clock(created_at)}`, project, `${tokens} of ${budget} tokens`])
  const lines = [
    ink.dim(about),
    ...(prompt === null ? [] : [`${ink.cyan('asked')}  ${excerpt(prompt, 200)}`]),
    ...(interaction?.response == null
      ? []
      : [`${ink.cyan('answered')}  ${excerpt(interaction.response, 200)}`]),
    '',
    text,
    ...gone.map(({ record, id }) => ink.dim(`not known any more: ${record} ${id}`)),
    noticeLines(notices, ink),
  ]
  return lines.join('\n')
}

export function renderShred({ id, outcome, shredded_at, notices }: OutputOf<'shred'>, ink: Ink): string {
  const said =
    outcome === 'shredded'
      ? `Shredded: what interaction ${id} said is let go`
      : `Shredded already, at ${clock(shredded_at)}: ${id}`
  return `${said}\n${noticeLines(notices, ink)}`
}

export function renderPin({ id, outcome, tokens, pinned_tokens, budget }: OutputOf<'pin'>, ink: Ink): string {
  const what = outcome === 'pinned' ? 'Pinned' : 'Pinned already'
  const about = ink.dim(`${tokens} tokens; ${pinned_tokens} of ${budget} pinned here`)
  return `${what}: ${id}  ${about}`
}

export function renderUnpin({ id, outcome }: OutputOf<'unpin'>): string {
  return `${outcome === 'unpinned' ? 'Unpinned' : 'Not pinned'}: ${id}`
}

export function renderDue({ results, truncated, notices }: OutputOf<'due'>, ink: Ink): string {
  const blocks = results.map(({ id, title, content, strength, project }) => {
    const about = joined([project, told(strength), id])
    return `${paragraph(excerpt(title ?? content, 300), '', ink)}\n${ink.dim(about)}\n`
  })
  const more = truncated ? ['There is more: raise --limit.'] : []
  return [...blocks, ...more, noticeLines(notices, ink)].join('\n')
}

export function renderGrade({ id, grade, strength }: OutputOf<'grade'>, ink: Ink): string {
  return `${id}: ${ink.green(grade)}  ${ink.dim(told(strength))}`
}

export function renderSettings({ settings }: OutputOf<'settings'>, ink: Ink): string {
  const width = Math.max(0, ...settings.map(({ name }) => name.length))
  const lines = settings.map(({ name, value, from, usual, meaning }) => {
    const who = from === 'usual' ? '' : from === 'store' ? ` (usually ${usual})` : ' (so the project says)'
    return `${name.padEnd(width)}  ${ink.cyan(String(value))}${who}  ${ink.dim(meaning)}`
  })
  return lines.join('\n')
}

function told({ due, retrievability, reviews }: Strength): string {
  return `due ${day(due)} · recalled ${Math.round(retrievability * 100)} % · ${count(reviews, 'review')}`
}
