import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { clock, count, noticeLines, sizeOf } from './layout.ts'

export function renderInit(
  { store, engine, schema_version, created }: OutputOf<'init'>,
  { green }: Ink,
): string {
  const what = `${store} (${engine}, schema ${schema_version})`
  return created
    ? `${green('✓')} Made the store ${what}`
    : `${green('✓')} Nothing to do: the store is there already: ${what}`
}

export function renderStatus(status: OutputOf<'status'>, ink: Ink): string {
  const { memories, artefacts } = status
  const states = Object.entries(memories.by_status).map(([state, number]) => `${number} ${state}`)
  const lines: [string, string][] = [
    ['store', ink.bold(status.store)],
    ['engine', `${status.engine_version}, schema ${status.schema_version}`],
    [
      'memories',
      `${memories.total.toLocaleString('en')}${states.length === 0 ? '' : ` (${states.join(', ')})`}`,
    ],
    ['documents', String(status.documents)],
    ['projects', String(status.projects)],
  ]
  const { reviewed, due } = status.strengths
  if (reviewed > 0)
    lines.push(['reviewed', `${count(reviewed, 'memory', 'memories')}, ${due} due (heirloom due)`])
  if (status.bytes !== null) lines.push(['size', sizeOf(status.bytes)])
  for (const { name, version, progress } of artefacts) {
    const state =
      progress === null
        ? ''
        : `, being rebuilt (${count(progress.done, 'memory', 'memories')} of ${progress.total.toLocaleString('en')})`
    lines.push([`${name.replaceAll('_', ' ')} index`, `version ${version}${state}`])
  }
  if (!status.spaces.some(({ is_default }) => is_default)) lines.push(['recall by', 'words alone'])
  for (const { name, is_default, coverage, index } of status.spaces) {
    const waiting = coverage.waiting === 0 ? '' : `, ${coverage.waiting.toLocaleString('en')} waiting`
    const indexed =
      index.indexed === null
        ? ''
        : `, ${index.indexed.toLocaleString('en')} indexed and ${index.tail.toLocaleString('en')} beside`
    const embedded = `${coverage.embedded.toLocaleString('en')} embedded`
    lines.push([is_default ? 'recall by' : 'also in', `${name} (${embedded}${waiting}${indexed})`])
  }
  if (status.last_upgrade !== null) lines.push(['last upgrade', describeUpgrade(status.last_upgrade)])
  const width = Math.max(...lines.map(([name]) => name.length))
  const table = lines.map(([name, value]) => `${ink.dim(name.padEnd(width))}  ${value}\n`).join('')
  return table + noticeLines(status.notices, ink)
}

function describeUpgrade({
  at,
  from,
  to,
  snapshot,
  receipt,
}: NonNullable<OutputOf<'status'>['last_upgrade']>): string {
  const before = from === 0 ? 'from tables without a version' : `from schema ${from}`
  const copy = snapshot === null ? 'no snapshot' : `snapshot ${snapshot.id}`
  return `${clock(at)} ${before} to ${to}, ${copy}, receipt ${receipt}`
}

export function renderDoctor(
  { ok, store, checks, repaired }: OutputOf<'doctor'>,
  { green, red, yellow, bold, dim }: Ink,
): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.flatMap(check => {
    const line = `${check.ok ? green('✓') : red('✗')} ${check.name.padEnd(width)}  ${check.ok ? dim(check.detail) : check.detail}`
    return check.remedy === null ? [line] : [line, `${' '.repeat(width + 4)}${yellow(check.remedy)}`]
  })
  const broken = checks.filter(check => !check.ok).length
  const verdict = ok ? green('All is well.') : red(`${count(broken, 'problem')} found.`)
  const made = repaired.map(what => `${green('✓')} Repaired: ${what}`)
  return [bold(store), ...made, ...lines, verdict].join('\n')
}

export function renderDigest({ digest, full, tables }: OutputOf<'digest'>, { bold, dim }: Ink): string {
  const filled = Object.entries(tables).filter(([, { rows }]) => rows > 0)
  const rows = filled.map(([name, table]): [string, string, string] => [
    name,
    table.rows.toLocaleString('en'),
    table.full,
  ])
  const nameWidth = Math.max(0, ...rows.map(([name]) => name.length))
  const countWidth = Math.max(0, ...rows.map(([, number]) => number.length))
  return [
    `state  ${bold(digest)}`,
    `full   ${full}`,
    ...rows.map(
      ([name, number, hash]) =>
        `${dim(name.padEnd(nameWidth))}  ${number.padStart(countWidth)}  ${dim(hash)}`,
    ),
  ].join('\n')
}
