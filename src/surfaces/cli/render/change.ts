import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { excerpt, joined, noticeLines } from './layout.ts'

export function renderRemember(memory: OutputOf<'remember'>, ink: Ink): string {
  const known = memory.outcome === 'already_known'
  const said = known ? ink.cyan('Already known') : ink.green('Remembered')
  const place = ink.dim(joined([memory.kind, memory.project, memory.trust]))
  const twins = memory.near_duplicates.map(
    twin =>
      `${ink.yellow('!')} ${Math.round(twin.similarity * 100)} % like ${twin.id}: ${excerpt(twin.content, 70)}\n` +
      `  If it replaces that one: heirloom supersede ${twin.id} --by ${memory.id}\n`,
  )
  return `${said} ${ink.bold(memory.id)}  ${place}\n${twins.join('')}${noticeLines(memory.notices, ink)}`
}

export function renderRevise({ id, outcome, revision, notices }: OutputOf<'revise'>, ink: Ink): string {
  const said = outcome === 'revised' ? ink.green('Revised') : ink.cyan('Unchanged')
  return `${said} ${ink.bold(id)}  ${ink.dim(`revision ${revision}`)}\n${noticeLines(notices, ink)}`
}

export function renderSupersede(moved: OutputOf<'supersede'>, ink: Ink): string {
  return `${renderMove(moved, ink)}\nSuccessor ${ink.bold(moved.superseded_by)}`
}

/** For every step from one state to another. */
export function renderMove({ id, was, status }: OutputOf<'forget'>, { bold, green, dim }: Ink): string {
  const wayBack = status === 'active' ? '' : dim(`  Back: heirloom restore ${id}`)
  return `${bold(id)} ${was} → ${green(status)}${wayBack}`
}
