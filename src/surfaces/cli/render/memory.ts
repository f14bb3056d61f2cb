import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { renderFields } from './fields.ts'
import { clock, noticeLines, paragraph } from './layout.ts'

export function renderGet(
  { content, revisions, slot, notices = [], ...rest }: OutputOf<'get'>,
  ink: Ink,
): string {
  const claim = slot === null ? {} : { claims: `${slot.subject} / ${slot.attribute} = ${slot.value}` }
  const fields = renderFields({ ...rest, ...claim }, ink)
  const past = (revisions ?? []).map(
    version =>
      `\n${ink.bold(`Version ${version.version}`)} ${ink.dim(`${version.status}, since ${clock(version.updated_at)}`)}\n` +
      paragraph(version.content, '  ', ink),
  )
  return `${paragraph(content, '', ink)}\n\n${fields}\n${past.join('\n')}${noticeLines(notices, ink)}`
}
