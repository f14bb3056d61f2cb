/** A row of a table of memories that our steps did not make, as a version of a memory. Pure. */
import { contentHash } from '../model/digest.ts'
import { STATUSES } from '../model/lifecycle.ts'
import { BOOTSTRAP_ID, KIND_PATTERN, TRUSTS, VISIBILITIES } from '../model/memory.ts'
import { partitionOf, SCHEME_VERSION } from '../model/scheme.ts'
import type { MemoryVersionColumns } from '../store/tables.ts'

export type LooseRow = Readonly<Record<string, unknown>>

/** `at` stands for times that nobody kept. What cannot be read as what it should be is left out, never the row. */
export function toVersionColumns(row: LooseRow, at: string): MemoryVersionColumns {
  const content = String(row.content ?? '')
  const kind = oneThat(row.kind, text => KIND_PATTERN.test(text)) ?? 'note'
  const project = text(row.project)
  const recorded = time(row.recorded_at) ?? time(row.created_at) ?? at
  const tags = list(row.tags)
  const slot = [row.slot_subject, row.slot_attribute, row.slot_value].map(text)
  const isSlot = slot.every(part => part !== null)
  const visibility = oneOf(row.visibility, VISIBILITIES) ?? 'private'
  const inDocument = text(row.document_id) !== null && count(row.position) !== null
  return {
    tenant_id: text(row.tenant_id) ?? BOOTSTRAP_ID,
    id: String(row.id),
    version: count(row.version) ?? 1,
    revision: count(row.revision) ?? 1,
    kind,
    content,
    content_hash: contentHash(content),
    title: text(row.title),
    tags: JSON.stringify([...new Set(tags ?? [])]),
    metadata: JSON.stringify(object(row.metadata)),
    project,
    codebase: text(row.codebase),
    file: text(row.file),
    topics: JSON.stringify(list(row.topics) ?? []),
    client_id: text(row.client_id),
    session_id: text(row.session_id),
    author: text(row.author),
    status: oneOf(row.status, STATUSES) ?? 'active',
    earlier_statuses: JSON.stringify((list(row.earlier_statuses) ?? []).filter(isStatus)),
    // Nobody knows who said it.
    trust: oneOf(row.trust, TRUSTS) ?? 'observed',
    confidence: number(row.confidence),
    slot_subject: isSlot ? (slot[0] ?? null) : null,
    slot_attribute: isSlot ? (slot[1] ?? null) : null,
    slot_value: isSlot ? (slot[2] ?? null) : null,
    slot_pattern: text(row.slot_pattern),
    valid_from: time(row.valid_from),
    valid_until: time(row.valid_until),
    recorded_at: recorded,
    updated_at: time(row.updated_at) ?? recorded,
    owner_user_id: text(row.owner_user_id) ?? BOOTSTRAP_ID,
    visibility,
    shared_with_groups: visibility === 'private' ? '[]' : JSON.stringify(list(row.shared_with_groups) ?? []),
    partition: text(row.partition) ?? partitionOf({ project, kind }),
    scheme_version: count(row.scheme_version) ?? SCHEME_VERSION,
    document_id: inDocument ? text(row.document_id) : null,
    position: inDocument ? count(row.position) : null,
    label: text(row.label),
    source_hash: text(row.source_hash),
    origin_id: text(row.origin_id),
    origin_tags: text(row.origin_tags) ?? (tags === null ? text(row.tags) : null),
    superseded_by: text(row.superseded_by),
  }
}

/** ISO 8601 in UTC with milliseconds; a time without a zone is taken for UTC, a number for a Unix time. */
export function time(value: unknown): string | null {
  const said = value instanceof Date ? value.getTime() : value
  const counted = typeof said === 'number' || /^-?\d{9,}(\.\d+)?$/.test(String(said)) ? Number(said) : null
  if (counted !== null)
    return toIso(Math.abs(counted) < 1e11 && !(value instanceof Date) ? counted * 1000 : counted)
  const written = text(value)?.trim()
  if (written === undefined) return null
  // As databases write it; what else a person may write is read as JavaScript does.
  const [, day, clock = '00:00', zone = 'Z'] = AS_STORED.exec(written) ?? []
  if (day !== undefined) return toIso(Date.parse(`${day}T${clock}${toZone(zone)}`))
  return toIso(Date.parse(/(z|utc|gmt|[+-]\d\d:?\d\d)$/i.test(written) ? written : `${written} UTC`))
}

const AS_STORED = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(z|utc|[+-]\d\d(?::?\d\d)?)?)?$/i

function toZone(zone: string): string {
  if (!/^[+-]/.test(zone)) return 'Z'
  return `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
}

/** Both databases keep the years from 1 to 9999. */
function toIso(milliseconds: number): string | null {
  const isKept = milliseconds >= EARLIEST && milliseconds <= LATEST
  return isKept ? new Date(milliseconds).toISOString() : null
}

const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z')
const LATEST = Date.parse('9999-12-31T23:59:59.999Z')

export function text(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function number(value: unknown): number | null {
  const parsed = value === null || value === undefined || value === '' ? Number.NaN : Number(value)
  return Number.isFinite(parsed) ? parsed : null
}

/** A whole number that both databases keep. */
export function count(value: unknown): number | null {
  const parsed = number(value)
  return parsed === null || !Number.isInteger(parsed) || parsed < 0 || parsed > 0x7fffffff ? null : parsed
}

function isStatus(word: string): boolean {
  return oneOf(word, STATUSES) !== null
}

function oneOf<T extends string>(value: unknown, known: readonly T[]): T | null {
  return known.find(word => word === value) ?? null
}

function oneThat(value: unknown, fits: (text: string) => boolean): string | null {
  const said = text(value)
  return said !== null && fits(said) ? said : null
}

/** Null where something is there that is no list of texts. */
function list(value: unknown): string[] | null {
  const said = parsed(value)
  if (said === undefined) return []
  return Array.isArray(said) && said.every(one => typeof one === 'string') ? said : null
}

function object(value: unknown): Record<string, unknown> {
  const said = parsed(value)
  if (said === undefined) return {}
  const isObject = typeof said === 'object' && said !== null && !Array.isArray(said)
  return isObject ? (said as Record<string, unknown>) : { unread: said }
}

function parsed(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}
