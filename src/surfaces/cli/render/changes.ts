/** What an entry of the journal changed of an entity or a relationship: a line for each field, no longer than a glance. */
import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { excerpt, paragraph } from './layout.ts'

type Entry = Pick<OutputOf<'history'>['entries'][number], 'subject_kind' | 'before' | 'after'>
type Fields = Readonly<Record<string, unknown>>

/** In this order. What only counts or is told in the entry itself is left out. */
const SHOWN = [
  'name',
  'type',
  'aliases',
  'description',
  'properties',
  'source_id',
  'target_id',
  'evidence_id',
  'project',
  'status',
  'superseded_by',
  'trust',
  'confidence',
  'valid_from',
  'valid_until',
]

const LABELS: Readonly<Record<string, string>> = {
  source_id: 'source',
  target_id: 'target',
  evidence_id: 'evidence',
}

/** Lines of one entry, and characters of each value. */
const MOST = { lines: 12, characters: 80 } as const

export function changedFields({ subject_kind, before, after }: Entry, ink: Ink): string {
  if (subject_kind !== 'entity' && subject_kind !== 'relationship') return ''
  const all = isRecord(after) ? differences(isRecord(before) ? before : {}, after) : [endOf(before)]
  const left = all.length - MOST.lines
  const shown = left > 0 ? [...all.slice(0, MOST.lines), `and ${left} more`] : all
  return shown.map(line => `${paragraph(line, '  ', ink)}\n`).join('')
}

function endOf(before: unknown): string {
  return isRecord(before) ? 'taken away' : 'what it changed was erased'
}

function differences(before: Fields, after: Fields): string[] {
  return SHOWN.filter(field => field in after).flatMap(field => {
    const [old, now] = [before[field], after[field]]
    if (field === 'properties') return byName(isRecord(old) ? old : {}, isRecord(now) ? now : {})
    if (field === 'aliases') return byAlias(listed(old), listed(now))
    return difference(LABELS[field] ?? field.replace('_', ' '), old, now)
  })
}

function byName(old: Fields, now: Fields): string[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
  return names.flatMap(name => difference(`property ${excerpt(name, MOST.characters)}`, old[name], now[name]))
}

function byAlias(old: readonly string[], now: readonly string[]): string[] {
  const gone = old.filter(alias => !now.includes(alias))
  const added = now.filter(alias => !old.includes(alias))
  return [
    ...gone.flatMap(alias => difference('alias', alias, null)),
    ...added.flatMap(alias => difference('alias', null, alias)),
  ]
}

/** What was not there before is told alone, and what is not there any more as gone. */
function difference(label: string, old: unknown = null, now: unknown = null): string[] {
  const [was, is] = [textOf(old), textOf(now)]
  if (JSON.stringify(old) === JSON.stringify(now)) return []
  if (old === null) return [`${label}: ${is}`]
  if (now === null) return [`${label}: ${was} → gone`]
  if (was !== is) return [`${label}: ${was} → ${is}`]
  const kinds = typeof old === typeof now ? 'differs farther on' : `${typeof old} → ${typeof now}`
  return [`${label}: ${is} (${kinds})`]
}

function textOf(value: unknown): string {
  return excerpt(typeof value === 'string' ? value : JSON.stringify(value), MOST.characters)
}

function listed(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
