import { basename, dirname, sep } from 'node:path'
import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, noticeLines } from './layout.ts'

export function renderIngest(report: OutputOf<'ingest'>, ink: Ink): string {
  const changes = (['added', 'revised', 'unchanged', 'superseded', 'restored'] as const)
    .filter(name => report[name] > 0)
    .map(name => `${report[name].toLocaleString('en')} ${name}`)
  const counts = `${count(report.documents, 'document')}, ${count(report.passages, 'passage')}`
  const first = `${counts}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}`
  const failed = report.errors.map(({ path, code, message }) => {
    return `${ink.red('✗')} ${inFull(path, message)} ${ink.dim(code)}\n`
  })
  const summary = failed.length === 0 ? '' : `${count(failed.length, 'file')} could not be read:\n`
  return `${first}\n${summary}${failed.join('')}${noticeLines(report.notices, ink)}`
}

/** A message names the file alone or not at all; people need the whole path. */
function inFull(path: string, message: string): string {
  if (message.includes(path)) return message
  return message.startsWith(basename(path)) ? dirname(path) + sep + message : `${path}: ${message}`
}

export function renderImport(report: OutputOf<'import_memtomem'>, ink: Ink): string {
  const { plan, from, read, kept, already_known, skipped, links, projects, notices } = report
  const verb = plan ? ink.cyan('Would keep') : ink.green('Kept')
  const missing =
    links.source_missing === null ? '' : `, ${links.source_missing} of them with a source that is not here`
  const told = (what: string, of: Readonly<Record<string, number>>) =>
    Object.entries(of).map(([reason, number]) => `  ${what} ${number}: ${reason.replaceAll('_', ' ')}`)
  return [
    `${verb} ${kept.toLocaleString('en')} of ${count(read, 'memory', 'memories')} from ${from}; ${already_known} known already`,
    ...told('left out', skipped),
    `${plan ? 'Would link' : 'Linked'} ${links.linked}${missing}`,
    ...told('no link from', links.skipped),
    ...projects.map(({ namespace, project, memories }) => {
      return ink.dim(`  ${namespace} → ${project ?? 'no project'} (${memories})`)
    }),
    noticeLines(notices, ink),
  ].join('\n')
}
