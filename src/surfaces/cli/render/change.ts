import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { conflictLines } from './conflict.ts'
import { clock, excerpt, joined, noticeLines } from './layout.ts'

export function renderRemember(memory: OutputOf<'remember'>, ink: Ink): string {
  const known = memory.outcome === 'already_known'
  const said = known
    ? ink.cyan('Already known')
    : memory.status === 'candidate'
      ? ink.yellow('Proposed')
      : ink.green('Remembered')
  const place = ink.dim(joined([memory.kind, memory.project, memory.trust]))
  const twins = memory.near_duplicates.map(
    twin =>
      `${ink.yellow('!')} ${Math.round(twin.similarity * 100)} % like ${twin.id}: ${excerpt(twin.content, 70)}\n` +
      (memory.status === 'active'
        ? `  If it replaces that one: heirloom supersede ${twin.id} --by ${memory.id}\n`
        : ''),
  )
  return `${said} ${ink.bold(memory.id)}  ${place}\n${twins.join('')}${noticeLines(memory.notices, ink)}${conflictLines(memory.conflict, ink)}`
}

export function renderRevise(
  { id, outcome, revision, conflict, notices }: OutputOf<'revise'>,
  ink: Ink,
): string {
  const said = outcome === 'revised' ? ink.green('Revised') : ink.cyan('Unchanged')
  return `${said} ${ink.bold(id)}  ${ink.dim(`revision ${revision}`)}\n${noticeLines(notices, ink)}${conflictLines(conflict, ink)}`
}

export function renderSupersede(moved: OutputOf<'supersede'>, ink: Ink): string {
  return `${renderMove(moved, ink).trimEnd()}\nSuccessor ${ink.bold(moved.superseded_by)}`
}

/** For every step from one state to another. */
export function renderMove({ id, was, status, conflict, notices }: OutputOf<'forget'>, ink: Ink): string {
  const { bold, green, dim } = ink
  const wayBack = status === 'active' || status === 'candidate' ? '' : dim(`  Back: heirloom restore ${id}`)
  const step = was === status ? green(status) : `${was} → ${green(status)}`
  return `${bold(id)} ${step}${wayBack}\n${noticeLines(notices, ink)}${conflictLines(conflict, ink)}`
}

export function renderUndo({ operation, at, changes, notices }: OutputOf<'undo'>, ink: Ink): string {
  const lines = changes.map(({ subject_kind, subject_id }) => `  ${subject_kind} ${subject_id}\n`)
  const said = `${ink.green('Taken back')}: ${ink.bold(operation)} of ${clock(at)}`
  return `${said}\n${lines.join('')}${noticeLines(notices, ink)}`
}
