/**
 * What a caller may narrow memories by, as conditions of SQL shared by both engines.
 */
import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Status } from '../model/lifecycle.ts'
import type { Trust } from '../model/memory.ts'
import type { MemoryVersionColumns, Tables } from './tables.ts'

/** Every field that is given must hold; a list holds when one of its values does, tags when all do. */
export interface MemoryFilter {
  readonly project?: string | undefined
  readonly kinds?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly topics?: readonly string[] | undefined
  readonly codebase?: string | undefined
  readonly file?: string | undefined
  readonly client_id?: string | undefined
  readonly session_id?: string | undefined
  readonly author?: string | undefined
  readonly document_id?: string | undefined
  readonly statuses?: readonly Status[] | undefined
  readonly trusts?: readonly Trust[] | undefined
  readonly slot_subject?: string | undefined
  readonly slot_attribute?: string | undefined
  readonly slot_value?: string | undefined
  readonly title?: string | undefined
  readonly label?: string | undefined
  readonly origin_id?: string | undefined
  readonly min_revision?: number | undefined
  /** Of the present version only: use is not kept for the past. */
  readonly min_references?: number | undefined
  readonly min_confidence?: number | undefined
  readonly recorded_after?: string | undefined
  readonly recorded_before?: string | undefined
  /** Only what holds in the world at that time. */
  readonly valid_at?: string | undefined
  /** Versions that were the present one at that time. */
  readonly as_of?: string | undefined
}

/** Where versions are kept: the present one of each memory, or all that came before; or the entities. */
export type VersionTable = 'memories' | 'memory_revisions' | 'entities'

type Builder = ExpressionBuilder<Tables & { m: MemoryVersionColumns }, 'm'>
type Condition = Expression<SqlBool>

const OF_ENTITIES: ReadonlySet<string> = new Set(['project', 'statuses', 'trusts', 'min_confidence'])

/** Whether entities have every field that is narrowed by: where they lack one, none of them matches. */
export function fitsEntities(filter: MemoryFilter): boolean {
  return Object.entries(filter).every(([field, value]) => value === undefined || OF_ENTITIES.has(field))
}

/** Fields that an index answers, so that counting a few thousand matches is cheap. */
export function isIndexed(filter: MemoryFilter): boolean {
  return [
    filter.project,
    filter.tags,
    filter.codebase,
    filter.session_id,
    filter.document_id,
    filter.slot_subject,
  ].some(field => field !== undefined)
}

/** What a filter asks for that few memories are, word for word what an index is limited to; else null. */
export function rarityOf({ statuses, trusts }: MemoryFilter): RawBuilder<SqlBool> | null {
  if (statuses !== undefined && !statuses.includes('active')) return sql<SqlBool>`m.status <> 'active'`
  const isUntrusted = trusts?.every(trust => trust === 'untrusted') ?? false
  return isUntrusted ? sql<SqlBool>`m.trust = 'untrusted'` : null
}

/** The conditions on the table aliased as `m`. */
export function conditions(eb: Builder, table: VersionTable, filter: MemoryFilter): Condition[] {
  return [...sameText(eb, filter), ...lists(eb, table, filter), ...times(eb, table, filter)]
}

const TEXT_FIELDS = [
  'project',
  'codebase',
  'file',
  'client_id',
  'session_id',
  'author',
  'document_id',
  'slot_subject',
  'slot_attribute',
  'slot_value',
  'title',
  'label',
  'origin_id',
] as const

function sameText(eb: Builder, filter: MemoryFilter): Condition[] {
  return TEXT_FIELDS.flatMap(field => {
    const value = filter[field]
    return value === undefined ? [] : [eb(`m.${field}`, '=', value)]
  })
}

function lists(eb: Builder, table: VersionTable, filter: MemoryFilter): Condition[] {
  const found: Condition[] = []
  if (filter.kinds) found.push(eb('m.kind', 'in', filter.kinds))
  if (filter.statuses) found.push(eb('m.status', 'in', filter.statuses))
  if (filter.trusts) found.push(eb('m.trust', 'in', filter.trusts))
  for (const tag of filter.tags ?? [])
    found.push(table === 'memories' ? taggedNow(eb, tag) : listed('m.tags', tag))
  for (const topic of filter.topics ?? []) found.push(listed('m.topics', topic))
  if (filter.min_revision !== undefined) found.push(eb('m.revision', '>=', filter.min_revision))
  if (filter.min_references !== undefined && table === 'memories') {
    found.push(sql<SqlBool>`m.reference_count >= ${filter.min_references}`)
  }
  if (filter.min_confidence !== undefined) found.push(eb('m.confidence', '>=', filter.min_confidence))
  return found
}

function taggedNow(eb: Builder, tag: string): Condition {
  return eb.exists(
    eb
      .selectFrom('memory_tags as t')
      .select(sql`1`.as('found'))
      .whereRef('t.tenant_id', '=', 'm.tenant_id')
      .whereRef('t.memory_id', '=', 'm.id')
      .where('t.tag', '=', tag),
  )
}

/** Past versions are few and have no tag index; their lists are looked through as JSON text. */
function listed(column: string, value: string): Condition {
  const json = sql`cast(${sql.ref(column)} as text)`
  // Not LIKE, which SQLite compares without regard to case and PostgreSQL with.
  return sql<SqlBool>`replace(${json}, ${JSON.stringify(value)}, '') <> ${json}`
}

function times(eb: Builder, table: VersionTable, filter: MemoryFilter): Condition[] {
  const found: Condition[] = []
  const { as_of, valid_at } = filter
  if (filter.recorded_after) found.push(eb('m.recorded_at', '>=', filter.recorded_after))
  if (filter.recorded_before) found.push(eb('m.recorded_at', '<', filter.recorded_before))
  if (valid_at) {
    found.push(eb.or([eb('m.valid_from', 'is', null), eb('m.valid_from', '<=', valid_at)]))
    found.push(eb.or([eb('m.valid_until', 'is', null), eb('m.valid_until', '>', valid_at)]))
  }
  if (as_of) {
    found.push(eb('m.updated_at', '<=', as_of))
    if (table === 'memory_revisions') found.push(sql<SqlBool>`m.ended_at > ${as_of}`)
  }
  return found
}
