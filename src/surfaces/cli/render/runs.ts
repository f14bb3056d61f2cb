import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { renderFields } from './fields.ts'
import { clock, count } from './layout.ts'
import { tableOf } from './table.ts'

type Run = OutputOf<'runs'>['runs'][number]

export function renderRuns({ runs, errors, truncated }: OutputOf<'runs'>, ink: Ink): string {
  const [run] = runs
  if (run === undefined) return 'No runs yet: nothing was upgraded, rebuilt or restored here.'
  if (errors !== null) return renderRun(run, { errors, truncated }, ink)
  const rows = runs.map(({ id, kind, target, status, started_at, counts }) => [
    id,
    clock(started_at),
    kind,
    target,
    status,
    countsOf(counts),
  ])
  const more = truncated ? '\nThere are more; raise --limit to see them.' : ''
  return `${tableOf(['id', 'started', 'kind', 'target', 'status', 'counts'], rows, ink)}\nThe receipt of one: heirloom runs <id>${more}`
}

function countsOf(counts: Run['counts']): string {
  return Object.entries(counts)
    .map(([name, number]) => `${number.toLocaleString('en')} ${name}`)
    .join(', ')
}

function renderRun(
  { receipt, ...run }: Run,
  { errors, truncated }: { errors: NonNullable<OutputOf<'runs'>['errors']>; truncated: boolean },
  ink: Ink,
): string {
  const lines = [renderFields(run, ink)]
  if (receipt !== null) lines.push(ink.bold('receipt'), indented(renderFields(receipt, ink)))
  if (errors.length > 0) {
    const more = truncated ? ', the first of them' : ''
    lines.push(ink.red(`${count(errors.length, 'row')} could not be taken along${more}:`))
    for (const { subject_kind, subject_id, reason } of errors) {
      lines.push(`  ${subject_kind} ${subject_id}: ${reason}`)
    }
  }
  return lines.join('\n')
}

function indented(text: string): string {
  return text
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n')
}
