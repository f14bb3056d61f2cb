import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, joined, shellWord, sizeOf } from './layout.ts'
import { tableOf } from './table.ts'

export function renderCreate(made: OutputOf<'snapshot_create'>, { green, bold, dim }: Ink): string {
  const held = [
    made.memories === null ? null : count(made.memories, 'memory', 'memories'),
    `schema ${made.schema_version}`,
    count(made.parts.length, 'part'),
    sizeOf(made.stored_bytes),
  ]
  return [
    `${green('✓')} Snapshot ${bold(made.id)} of ${made.store}, read back and found equal`,
    `  ${joined(held)}`,
    ...(made.digest === null ? [] : [`  digest ${made.digest}`]),
    `  in ${made.folder}`,
    dim(`  Back: heirloom snapshot restore ${made.id} --dir ${shellWord(made.folder)} --to <a new place>`),
  ].join('\n')
}

export function renderList({ folder, snapshots }: OutputOf<'snapshot_list'>, ink: Ink): string {
  if (snapshots.length === 0) return `No snapshots in ${folder}. Make one: heirloom snapshot create`
  const rows = snapshots.map(one =>
    one.status === 'damaged'
      ? [one.id, '', '', '', '', `damaged: ${one.problem}`]
      : [
          one.id,
          one.kind,
          String(one.schema_version),
          one.memories?.toLocaleString('en') ?? '?',
          sizeOf(one.bytes),
          joined([one.tag, one.reason]),
        ],
  )
  const table = tableOf(['id (UTC)', 'kind', 'schema', 'memories', 'size', 'tag, reason'], rows, ink)
  return `${table}\n${count(snapshots.length, 'snapshot')} in ${folder}`
}

export function renderVerify(
  { id, folder, ok, problems, digest }: OutputOf<'snapshot_verify'>,
  ink: Ink,
): string {
  if (ok) {
    const same = digest === null ? 'each part gives its hash' : `each part gives its hash; digest ${digest}`
    return `${ink.green('✓')} Snapshot ${ink.bold(id)} would come back as it was taken: ${same}`
  }
  return [
    `${ink.red('✗')} Snapshot ${ink.bold(id)} in ${folder} is damaged:`,
    ...problems.map(problem => `  ${problem}`),
    'Use another one: heirloom snapshot list',
  ].join('\n')
}

export function renderRestore(
  restored: OutputOf<'snapshot_restore'>,
  { green, yellow, bold, dim }: Ink,
): string {
  const { id, to, memories, schema_version, digest, receipt, set_aside, notices } = restored
  const held = joined([
    memories === null ? null : count(memories, 'memory', 'memories'),
    schema_version === 0 ? 'tables without a version' : `schema ${schema_version}`,
  ])
  return [
    `${green('✓')} Restored snapshot ${bold(id)} to ${to}`,
    `  ${held}`,
    ...(digest === null ? [] : [`  digest ${digest}`]),
    ...(receipt === null ? [] : [`  receipt ${receipt}`]),
    ...(set_aside === null ? [] : [`  The damaged store that was there is now ${set_aside}`]),
    dim(`  Look at it: heirloom status --store ${shellWord(to)}`),
    ...notices.map(notice => yellow(`! ${notice}`)),
  ].join('\n')
}

export function renderPrune(
  { folder, applied, keep, remove, parts_removed, bytes_freed }: OutputOf<'snapshot_prune'>,
  ink: Ink,
): string {
  const gone = `${count(remove.length, 'snapshot')} and ${count(parts_removed, 'part')}, ${sizeOf(bytes_freed)}`
  const kept = keep.map(({ id, why }) => `${ink.green('keep')}    ${id}  ${ink.dim(why)}`)
  const removed = remove.map(({ id, why }) => `${ink.red('remove')}  ${id}  ${ink.dim(why)}`)
  const verdict = applied
    ? `Removed ${gone}, from ${folder}`
    : remove.length + parts_removed === 0
      ? `Nothing to remove in ${folder}`
      : `Would remove ${gone}, from ${folder}. Nothing was removed; do it with --apply`
  return [...kept, ...removed, verdict].join('\n')
}

export function renderDiff({ from, to, same, tables }: OutputOf<'snapshot_diff'>, ink: Ink): string {
  const between = to === null ? `since snapshot ${from}` : `from snapshot ${from} to ${to}`
  if (same) return `${ink.green('✓')} Nothing changed ${between}`
  const rows = tables.map(({ table, added, removed, changed }) => [
    table,
    String(added),
    String(removed),
    String(changed),
  ])
  const table = tableOf(['table', 'added', 'removed', 'changed'], rows, ink)
  return [`Changed ${between}:`, table, ...tables.flatMap(found => samples(found, ink))].join('\n')
}

/** Enough to look at; all that are told are in the JSON. */
const SHOWN = 5

function samples(
  { table, ids, ...counts }: OutputOf<'snapshot_diff'>['tables'][number],
  { dim }: Ink,
): string[] {
  const changes = (['added', 'removed', 'changed'] as const).filter(change => ids[change].length > 0)
  return changes.map(change => {
    const shown = ids[change].slice(0, SHOWN)
    const more = counts[change] > shown.length ? `, and ${counts[change] - shown.length} more` : ''
    return dim(`${table} ${change}: ${shown.join(', ')}${more}`)
  })
}
