import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, noticeLines } from './layout.ts'

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
  if (status.bytes !== null) lines.push(['size', sizeOf(status.bytes)])
  for (const { name, version, needs_rebuild } of artefacts) {
    lines.push([`${name} index`, `version ${version}${needs_rebuild ? ', needs to be rebuilt' : ''}`])
  }
  const width = Math.max(...lines.map(([name]) => name.length))
  const table = lines.map(([name, value]) => `${ink.dim(name.padEnd(width))}  ${value}\n`).join('')
  return table + noticeLines(status.notices, ink)
}

export function renderDoctor(
  { ok, store, checks }: OutputOf<'doctor'>,
  { green, red, bold, dim }: Ink,
): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.map(
    check =>
      `${check.ok ? green('✓') : red('✗')} ${check.name.padEnd(width)}  ${check.ok ? dim(check.detail) : check.detail}`,
  )
  const broken = checks.filter(check => !check.ok).length
  const verdict = ok ? green('All is well.') : red(`${count(broken, 'problem')} found.`)
  return [bold(store), ...lines, verdict].join('\n')
}

function sizeOf(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024
  return mebibytes < 1 ? `${Math.ceil(bytes / 1024)} KiB` : `${mebibytes.toFixed(1)} MiB`
}
