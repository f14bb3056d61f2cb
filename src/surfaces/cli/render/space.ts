import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, joined, noticeLines } from './layout.ts'
import { tableOf } from './table.ts'

type State = OutputOf<'space_list'>['spaces'][number]

export function renderSpaces({ spaces, notices }: OutputOf<'space_list'>, ink: Ink): string {
  if (spaces.length === 0) return noticeLines(notices, ink)
  return `${spaceTable(spaces, ink)}\n${noticeLines(notices, ink)}`
}

function spaceTable(spaces: readonly State[], ink: Ink): string {
  const rows = spaces.map(space => [
    space.name,
    space.is_default ? 'yes' : '',
    String(space.dimensions),
    space.coverage.embedded.toLocaleString('en'),
    space.coverage.waiting.toLocaleString('en'),
    indexOf(space),
    space.provider,
  ])
  return tableOf(['space', 'default', 'dimensions', 'embedded', 'waiting', 'indexed', 'provider'], rows, ink)
}

function indexOf({ index }: State): string {
  return index.indexed === null ? 'no' : index.indexed.toLocaleString('en')
}

export function renderAdded({ space, notices }: OutputOf<'space_add'>, ink: Ink): string {
  const about = joined([space.provider, space.model, `${space.dimensions} dimensions`])
  const said = `${ink.green('✓')} Added the space ${ink.bold(space.name)}`
  return `${said}\n  ${about}\n${noticeLines(notices, ink)}`
}

export function renderChosen({ before, now, notices }: OutputOf<'space_default'>, ink: Ink): string {
  if (before === now) return `Nothing to do: recall goes by ${now ?? 'words alone'} already`
  const said = now === null ? '' : `${ink.green('✓')} Recall goes by ${ink.bold(now)} now\n`
  return said + noticeLines(notices, ink)
}

export function renderDropped({ name, vectors }: OutputOf<'space_drop'>, { green, bold }: Ink): string {
  return `${green('✓')} Dropped the space ${bold(name)} with ${count(vectors, 'vector')}`
}

export function renderChecks({ ok, checks, notices }: OutputOf<'space_check'>, ink: Ink): string {
  const { green, red, yellow, dim } = ink
  const width = Math.max(0, ...checks.map(({ space, name }) => space.length + name.length + 1))
  const lines = checks.flatMap(check => {
    const name = `${check.space} ${check.name}`.padEnd(width)
    const line = `${check.ok ? green('✓') : red('✗')} ${name}  ${check.ok ? dim(check.detail) : check.detail}`
    return check.remedy === null ? [line] : [line, `${' '.repeat(width + 4)}${yellow(check.remedy)}`]
  })
  const broken = checks.filter(check => !check.ok).length
  const verdict = ok ? green('All is well.') : red(`${count(broken, 'problem')} found.`)
  return [...lines, verdict, noticeLines(notices, ink)].join('\n')
}

export function renderEmbed({ embedded, failed, spaces, notices }: OutputOf<'embed'>, ink: Ink): string {
  const done = embedded === 0 && failed === 0 ? [] : [`${ink.green('✓')} ${count(embedded, 'text')} embedded`]
  const broken = failed === 0 ? [] : [`${ink.red('✗')} ${count(failed, 'text')} could not be embedded`]
  const table = spaces.length === 0 ? [] : [spaceTable(spaces, ink)]
  return `${[...done, ...broken, ...table].join('\n')}\n${noticeLines(notices, ink)}`
}
