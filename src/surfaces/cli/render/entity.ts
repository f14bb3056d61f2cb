import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { renderFields } from './fields.ts'
import { count, day, excerpt, joined, noticeLines, paragraph } from './layout.ts'
import { tableOf } from './table.ts'

type Shown = OutputOf<'entity_get'>
type End = Shown['graduated_memories'][number]
type Changed = OutputOf<'entity_create'>

export function renderCreated(entity: Changed, ink: Ink): string {
  const place = ink.dim(joined([entity.type, entity.project, entity.status, entity.trust]))
  const head = `${ink.green('Made')} ${ink.bold(entity.name)} ${entity.id}  ${place}`
  return lines(head, noticeLines(entity.notices, ink))
}

export function renderUpdated(entity: OutputOf<'entity_update'>, ink: Ink): string {
  const said = entity.outcome === 'updated' ? ink.green('Updated') : ink.cyan('Unchanged')
  const head = `${said} ${ink.bold(entity.name)} ${entity.id}  ${ink.dim(`revision ${entity.revision}`)}`
  return lines(head, noticeLines(entity.notices, ink))
}

export function renderEntity(shown: Shown, ink: Ink): string {
  const { name, description, properties, relationships, memories, graduated_memories, notices, ...rest } =
    shown
  const known = Object.entries(properties).map(([property, value]) => `  ${property}: ${valueText(value)}`)
  const related = relationships.flatMap(({ type, direction, ends }) => {
    return ends.map(one => {
      const arrow = direction === 'from' ? `${type} →` : `← ${type}`
      const state = one.status === 'active' ? '' : ink.dim(` (${one.status})`)
      return `  ${ink.cyan(arrow)} ${endLine(one.end, ink)}${state}`
    })
  })
  const total = `${memories.total.toLocaleString('en')}${memories.total_is_capped ? ' or more' : ''}`
  return [
    `${ink.bold(name)} ${ink.dim(joined([rest.type, rest.project, rest.status]))}`,
    ...(description === null ? [] : ['', paragraph(description, '', ink)]),
    ...section('Properties', known, ink),
    ...section('Relationships', related, ink),
    ...section(
      'Came of',
      graduated_memories.map(one => `  ${endLine(one, ink)}`),
      ink,
    ),
    ...section(
      `Mentioned by ${total}`,
      memories.results.map(one => `  ${endLine(one, ink)}`),
      ink,
    ),
    '',
    renderFields(rest, ink),
    noticeLines(notices, ink),
  ].join('\n')
}

export function renderEntities(
  { results, cursor, truncated, notices }: OutputOf<'entity_list'>,
  ink: Ink,
): string {
  if (results.length === 0) return `No entities.\n${noticeLines(notices, ink)}`
  const rows = results.map(({ id, type, project, status, name, aliases, recorded_at }) => [
    id,
    day(recorded_at),
    status === 'active' ? type : `${type}, ${status}`,
    project ?? '',
    joined([name, aliases.join(', ')]),
  ])
  const next =
    cursor === null ? ' There are more: raise --limit.' : ` The next: the same with --cursor ${cursor}`
  const shown = `${count(results.length, 'entity', 'entities')}.${truncated ? next : ''}`
  return `${tableOf(['id', 'recorded', 'type', 'project', 'name'], rows, ink)}\n${shown}\n${noticeLines(notices, ink)}`
}

export function renderMerge(merged: OutputOf<'entity_merge'>, ink: Ink): string {
  const { outcome, source, target, notices } = merged
  const said = outcome === 'planned' ? ink.cyan('Would merge') : ink.green('Merged')
  const gained = merged.properties_gained.map(({ property, value }) => `  ${property}: ${valueText(value)}`)
  const overruled = merged.properties_overruled.map(
    ({ property, kept, dropped }) => `  ${property}: ${valueText(kept)} stays, ${valueText(dropped)} goes`,
  )
  const moved = merged.relationships_moved.map(one => `  ${sentence(one, ink)}`)
  const dropped = merged.relationships_dropped.map(one => {
    const why = one.why === 'twin' ? 'is said already' : 'would lead to itself'
    return `  ${sentence(one, ink)} ${ink.dim(`(${why})`)}`
  })
  return [
    `${said} ${ink.bold(source.name)} ${source.id}`,
    `  into ${ink.bold(target.name)} ${target.id}  ${ink.dim(joined([target.type, target.project]))}`,
    ...section(
      'Further names',
      merged.aliases_gained.map(alias => `  ${alias}`),
      ink,
    ),
    ...section('Properties that come over', gained, ink),
    ...section('Properties that differ', overruled, ink),
    ...section('Relationships that go over', moved, ink),
    ...section('Relationships that end', dropped, ink),
    noticeLines(notices, ink),
    ...(outcome === 'planned'
      ? [ink.dim(`To do it: heirloom entity merge ${source.id} --into ${target.id}`)]
      : []),
  ].join('\n')
}

export function renderRelate(related: OutputOf<'relate'>, ink: Ink): string {
  const said = related.outcome === 'related' ? ink.green('Related') : ink.cyan('Related already')
  const head = `${said}: ${sentence(related, ink)}`
  const about = `  ${related.id}  ${ink.dim(joined([related.project, related.status, related.trust]))}`
  return lines(head, about, noticeLines(related.notices, ink))
}

export function renderUnrelate(gone: OutputOf<'unrelate'>, ink: Ink): string {
  const way = ink.dim(`  Back: heirloom restore ${gone.id}`)
  return lines(`${ink.green('No longer')}: ${sentence(gone, ink)}\n${way}`, noticeLines(gone.notices, ink))
}

export function renderGraduate(done: OutputOf<'graduate'>, ink: Ink): string {
  const { id, entity, outcome, properties_gained, notices } = done
  const became = outcome === 'created' ? 'became' : 'went into'
  const known = properties_gained.map(({ property, value }) => `  ${property}: ${valueText(value)}`)
  return lines(
    `${ink.green('Graduated')}: memory ${id} ${became} the ${entity.type} ${ink.bold(entity.name)} ${entity.id}`,
    `  ${ink.dim(joined([entity.project, entity.status, entity.trust]))}`,
    ...known,
    noticeLines(notices, ink),
  )
}

/** An end in one line. */
export function endLine({ kind, id, name, type, project, state }: End, ink: Ink): string {
  const about = [type ?? kind, project, state === 'active' ? null : state]
  const called = kind === 'entity' ? (name ?? '') : name === null ? '' : `“${excerpt(name, 80)}”`
  return [called, ink.dim(joined(about)), id].filter(part => part !== '').join('  ')
}

function sentence(
  { type, source, target }: Pick<OutputOf<'relate'>, 'type' | 'source' | 'target'>,
  ink: Ink,
): string {
  return `${ink.bold(nameOf(source))} ${ink.cyan(type)} ${ink.bold(nameOf(target))}`
}

export function nameOf({ kind, id, name }: End): string {
  return name === null ? `${kind} ${id}` : kind === 'entity' ? name : `${kind} “${excerpt(name, 60)}”`
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function section(title: string, body: readonly string[], { bold }: Ink): string[] {
  return body.length === 0 ? [] : ['', bold(title), ...body]
}

function lines(...parts: readonly string[]): string {
  return parts
    .map(part => part.trimEnd())
    .filter(part => part !== '')
    .join('\n')
}
