import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, noticeLines, shellWord } from './layout.ts'

type Line = readonly [label: string, value: string]
type Migrated = OutputOf<'migrate'>

export function renderMigrate(migrated: Migrated, ink: Ink): string {
  const parts = [
    headline(migrated, ink),
    stepsOf(migrated, ink),
    table([...proofOf(migrated, ink), ...receiptOf(migrated, ink)]),
    ...nextOf(migrated, ink),
    noticeLines(migrated.notices, ink),
  ]
  return parts.filter(part => part !== '').join('\n\n')
}

function table(lines: readonly Line[]): string {
  const width = Math.max(0, ...lines.map(([label]) => label.length))
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n')
}

function headline({ store, from, to, steps, applied, rehearsal, rebuilt }: Migrated, ink: Ink): string {
  const way = `from ${from === 0 ? 'tables without a version' : `schema ${from}`} to ${to}`
  if (rehearsal)
    return `${ink.green('✓')} Rehearsed on a copy of ${store}, ${way}. The store was not touched.`
  if (applied && steps.length === 0) return `${ink.green('✓')} ${store} has schema ${to}.`
  if (applied) return `${ink.green('✓')} Moved ${store} ${way}`
  if (steps.length > 0)
    return `${ink.bold(store)} would move ${way} in ${count(steps.length, 'step')}. Nothing was written.`
  if (rebuilt.length > 0) return `${ink.bold(store)} has schema ${to}. Nothing was written.`
  return `${ink.green('✓')} Nothing to do: ${store} has schema ${to}, and what is derived is whole.`
}

function stepsOf({ steps }: Migrated, ink: Ink): string {
  const width = Math.max(0, ...steps.map(({ name }) => name.length))
  const blocks = steps.map(({ version, name, strategy, seconds, summary, sql }) => {
    const how = strategy === 'inPlace' ? 'in place' : 'rebuild '
    const time = seconds === null ? '' : `  ${seconds.toFixed(3).padStart(7)} s`
    const line = `${String(version).padStart(3)} ${ink.bold(name.padEnd(width))}  ${how}${time}  ${summary}`
    return sql === undefined ? line : `${line}\n\n${indented(sql)}`
  })
  return blocks.join(steps.some(({ sql }) => sql !== undefined) ? '\n\n' : '\n')
}

function indented(sql: string): string {
  return sql
    .split('\n')
    .map(line => (line === '' ? '' : `      ${line}`))
    .join('\n')
}

function proofOf({ digest, memories, rebuilt, applied }: Migrated, ink: Ink): Line[] {
  const lines: Line[] = []
  if (memories !== null) lines.push(['memories', memories.toLocaleString('en')])
  if (digest !== null && digest.before === digest.after)
    lines.push(['digest', `${digest.after} ${ink.dim('before and after')}`])
  else if (digest !== null) {
    lines.push(['before', digest.before ?? ink.dim('no digest: the tables had no version')])
    lines.push(['after', digest.after])
  }
  if (rebuilt.length > 0) lines.push([applied ? 'rebuilt' : 'to rebuild', rebuilt.join(', ')])
  return lines
}

function receiptOf({ receipt, snapshot, engine }: Migrated, ink: Ink): Line[] {
  const lines: Line[] =
    receipt === null ? [] : [['receipt', `${receipt}  ${ink.dim(`heirloom runs ${receipt}`)}`]]
  if (snapshot === null) return lines
  const back = `heirloom snapshot restore ${snapshot.id} --dir ${shellWord(snapshot.folder)} --to <a new place>`
  // Only the copy of a file has the old schema in it.
  const note = engine === 'sqlite' ? [] : [['', ink.dim('in the schema of the build that restores')] as const]
  return [...lines, ['snapshot', `${snapshot.id} in ${snapshot.folder}`], ['go back', back], ...note]
}

function nextOf({ store, steps, applied, rehearsal, rebuilt }: Migrated, { dim }: Ink): string[] {
  if (applied || (steps.length === 0 && rebuilt.length === 0)) return []
  const command = `heirloom migrate --store ${shellWord(store)}`
  return [dim(rehearsal ? `Do it: ${command}` : `Try it on a copy: ${command} --on-copy\nDo it: ${command}`)]
}
