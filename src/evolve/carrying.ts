/** Rows of tables that our steps did not make, into tables that they made. */
import { type RawBuilder, sql } from 'kysely'
import { sha256 } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import { isUuid } from '../model/id.ts'
import { BOOTSTRAP_ID } from '../model/memory.ts'
import type { TableName } from '../store/digest/tables.ts'
import type { Column, Engine } from '../store/engine.ts'
import type { Change } from '../store/exclusive.ts'
import type { MemoryVersionColumns } from '../store/tables.ts'
import { count, type LooseRow, text, time, toVersionColumns } from './loose-memory.ts'

export interface Carrying {
  readonly engine: Engine
  readonly change: Change
  readonly table: TableName
  /** What the old table has. */
  readonly columns: readonly Column[]
  /** Whether there is no other table that names tenants. */
  readonly isAlone: boolean
  /** Whether earlier versions come along, which say how the versions of a memory are counted. */
  readonly hasPast: boolean
  /** The time of the change, for times that are missing. */
  readonly at: string
}

const BATCH = 500

/** Carries every row of a table over. Columns that we do not know stay at the table, as they are. */
export async function carryOver(carrying: Carrying): Promise<void> {
  const isVersioned = carrying.table === 'memories' || carrying.table === 'memory_revisions'
  const wanted = await carrying.engine.aside.columns(carrying.change, carrying.table)
  if (isVersioned) await carryVersions(carrying)
  else await carryRows(carrying, wanted)
  const known = new Set(wanted.map(({ name }) => name))
  await keepUnknown(
    carrying,
    carrying.columns.filter(({ name }) => !known.has(name)),
  )
}

/** The steps put rows of their own into these. */
const SEEDED: Partial<Record<TableName, readonly string[]>> = {
  tenants: ['tenant_id'],
  users: ['tenant_id', 'id'],
  settings: ['tenant_id', 'name'],
}

type Expression = RawBuilder<unknown>

async function carryRows(
  { engine, change, table, columns, at }: Carrying,
  wanted: readonly Column[],
): Promise<void> {
  const there = new Set(columns.map(({ name }) => name))
  const values = wanted.map(({ name, type }) => {
    const fallback = fallbackFor(name, at)
    const parts = [
      ...(there.has(name) ? [cast(sql.ref(`o.${name}`), type, engine)] : []),
      ...(fallback === null ? [] : [cast(sql`${fallback}`, type, engine)]),
    ]
    return parts.length === 0 ? sql`null` : parts.length === 1 ? parts[0]! : sql`coalesce(${sql.join(parts)})`
  })
  const list = sql.join(wanted.map(({ name }) => sql.ref(name)))
  await sql`insert into ${sql.table(table)} (${list})
    select ${sql.join(values)} from ${sql.table(engine.aside.nameOf(table))} as o
    where true ${onSeeded(table, wanted)}`.execute(change.db)
}

function onSeeded(table: TableName, wanted: readonly Column[]): Expression {
  const key = SEEDED[table]
  if (key === undefined) return sql``
  const rest = wanted.filter(({ name }) => !key.includes(name))
  const changes = rest.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`)
  return sql`on conflict (${sql.join(key.map(name => sql.ref(name)))}) do update set ${sql.join(changes)}`
}

/** SQLite gives a value the column's affinity by itself. */
function cast(value: Expression, type: string, { name }: Engine): Expression {
  return name === 'postgres' ? sql`cast(${value} as ${sql.raw(type)})` : value
}

const EMPTY: Readonly<Record<string, string>> = {
  tags: '[]',
  metadata: '{}',
  options: '{}',
  settings: '{}',
  counts: '{}',
  tenant_id: BOOTSTRAP_ID,
  owner_user_id: BOOTSTRAP_ID,
  status: 'active',
}

/** What a column that may not be empty says where nothing was said. Null where only the row itself could know. */
function fallbackFor(column: string, at: string): string | null {
  return /^(created|updated|ingested|started)_at$/.test(column) ? at : (EMPTY[column] ?? null)
}

async function carryVersions(carrying: Carrying): Promise<void> {
  const { engine, change, table } = carrying
  const old = engine.aside.nameOf(table)
  const index = `${old}_by_id`
  await change.script(`create index "${index}" on "${old}" (id)`)
  await mustHaveIds(carrying, old)
  const tenant = carrying.isAlone ? await soleTenant(carrying, old) : null
  for (let after: LooseRow | null = null; ; ) {
    const rows: LooseRow[] = await nextRows(carrying, old, after)
    after = rows.at(-1) ?? null
    if (after === null) break
    for (const row of rows) {
      await carryVersion(carrying, tenant === null ? row : { ...row, tenant_id: BOOTSTRAP_ID })
    }
  }
  if (table === 'memories' && !carrying.hasPast) await forgetLostSuccessors(carrying)
}

/** A successor that is gone, or of a memory that was not superseded, or that is the memory itself, is none. */
async function forgetLostSuccessors({ change }: Carrying): Promise<void> {
  await sql`update memories set superseded_by = null where superseded_by is not null and (
    status = 'active' or superseded_by = id or not exists (
      select 1 from memories as s where s.tenant_id = memories.tenant_id and s.id = memories.superseded_by
    )
  )`.execute(change.db)
}

/**
 * The one tenant that all rows are of, if there is one: then no wall stands between any of them, and they become the
 * tenant's that every store has, which is the one that is asked for. Several tenants stay apart.
 */
async function soleTenant({ change }: Carrying, old: string): Promise<string | null> {
  const { rows } = await sql<{ tenant: string | null }>`
    select distinct cast(tenant_id as text) as tenant from ${sql.table(old)} limit 2`.execute(change.db)
  return rows.length === 1 ? (rows[0]?.tenant ?? '') : null
}

async function mustHaveIds({ engine, change, table }: Carrying, old: string): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(old)} where id is null or content is null`.execute(change.db)
  const count = Number(rows[0]?.count)
  if (count === 0) return
  throw new HeirloomError(
    'MIGRATION_FAILED',
    `${engine.location}: ${count} rows of "${table}" have no id or no content. Give them both, or delete them; everything is as it was.`,
  )
}

/** Several rows may have one id: of several tenants, or the versions of one memory. These are read together. */
async function nextRows({ change }: Carrying, old: string, after: LooseRow | null): Promise<LooseRow[]> {
  const beyond = after === null ? sql`` : sql`where id > ${after.id}`
  const { rows } = await sql<LooseRow>`
    select * from ${sql.table(old)} where id in (
      select distinct id from ${sql.table(old)} ${beyond} order by id limit ${BATCH}
    ) order by id`.execute(change.db)
  return rows
}

async function carryVersion(carrying: Carrying, loose: LooseRow): Promise<void> {
  const { engine, change, table, at } = carrying
  const loosely = toVersionColumns(carrying.hasPast ? loose : { ...loose, version: 1 }, at)
  const row = engine.name === 'postgres' ? withUuids(loosely, engine.location) : loosely
  const fitted = await withOwners(change, row, at)
  if (table === 'memory_revisions') {
    const ended = { ...fitted, ended_at: time(loose.ended_at) ?? at }
    await engine.statements.insert(change.db, 'memory_revisions', [ended])
    return
  }
  const memory = await withoutTwin(change, fitted)
  const use = {
    reference_count: count(loose.reference_count) ?? 0,
    last_referenced_at: time(loose.last_referenced_at),
  }
  await engine.statements.insert(change.db, 'memories', [{ ...memory, ...use }])
  const tags = [...new Set(JSON.parse(memory.tags) as string[])]
  const { tenant_id, id } = memory
  await engine.statements.insert(
    change.db,
    'memory_tags',
    tags.map(tag => ({ tenant_id, tag, memory_id: id })),
  )
}

/**
 * What is named by something else than a UUID is not there. But owners stay apart by whatever name, and who a memory
 * is, only its own row can say.
 */
function withUuids(row: MemoryVersionColumns, location: string): MemoryVersionColumns {
  const { tenant_id, id, owner_user_id, document_id, superseded_by } = row
  if (!isLooseUuid(id) || !isLooseUuid(tenant_id)) {
    throw new HeirloomError(
      'MIGRATION_FAILED',
      `${location}: the memory "${id}" of the tenant "${tenant_id}" has an id that is no UUID. Give it one; everything is as it was.`,
    )
  }
  const isPassage = document_id !== null && isLooseUuid(document_id)
  return {
    ...row,
    owner_user_id: isLooseUuid(owner_user_id) ? owner_user_id : uuidOf(owner_user_id),
    document_id: isPassage ? document_id : null,
    position: isPassage ? row.position : null,
    superseded_by: superseded_by !== null && isLooseUuid(superseded_by) ? superseded_by : null,
  }
}

/** PostgreSQL takes capitals, too, and such tables may hold them. */
function isLooseUuid(text: string): boolean {
  return isUuid(text.toLowerCase())
}

/** The same for the same name. */
function uuidOf(name: string): string {
  const digits = sha256(name)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`
}

/** Makes the tenant, user and project that a memory names and nobody made; lets go of a document that is gone. */
async function withOwners(
  { db }: Change,
  row: MemoryVersionColumns,
  at: string,
): Promise<MemoryVersionColumns> {
  const { tenant_id, owner_user_id, project, document_id } = row
  await db
    .insertInto('tenants')
    .values({ tenant_id, name: tenant_id, created_at: at })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  await db
    .insertInto('users')
    .values({ tenant_id, id: owner_user_id, handle: owner_user_id, created_at: at } as never)
    .onConflict(conflict => conflict.doNothing())
    .execute()
  if (project !== null) {
    const made = { tenant_id, name: project, status: 'active', settings: '{}', created_at: at }
    await db
      .insertInto('projects')
      .values(made as never)
      .onConflict(conflict => conflict.doNothing())
      .execute()
  }
  if (document_id === null) return row
  const document = await db
    .selectFrom('documents')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', document_id)
    .executeTakeFirst()
  return document === undefined ? { ...row, document_id: null, position: null } : row
}

/** Of memories that say exactly the same the first stays active, and the others lead to it. */
async function withoutTwin({ db }: Change, row: MemoryVersionColumns): Promise<MemoryVersionColumns> {
  if (row.document_id !== null || !['active', 'candidate'].includes(row.status)) return row
  const twin = await db
    .selectFrom('memories')
    .select('id')
    .where('tenant_id', '=', row.tenant_id)
    .where('owner_user_id', '=', row.owner_user_id)
    .where('content_hash', '=', row.content_hash)
    .where('kind', '=', row.kind)
    .where(sql`coalesce(project, '')`, '=', row.project ?? '')
    .where('document_id', 'is', null)
    .where('status', 'in', ['active', 'candidate'])
    .executeTakeFirst()
  if (twin === undefined) return row
  const earlier = [...(JSON.parse(row.earlier_statuses) as string[]), row.status]
  return { ...row, status: 'superseded', earlier_statuses: JSON.stringify(earlier), superseded_by: twin.id }
}

async function keepUnknown(carrying: Carrying, unknown: readonly Column[]): Promise<void> {
  const { engine, change, table } = carrying
  const old = engine.aside.nameOf(table)
  const there = await engine.aside.columns(change, old)
  const has = (name: string) => there.some(column => column.name === name)
  if (!has('id')) return
  // A row is found again by what of its key the old table had. A sole tenant has become another.
  const isRenamed = carrying.isAlone && (await soleTenant(carrying, old)) !== null
  const key = ['tenant_id', 'id', ...(table === 'memory_revisions' ? ['version'] : [])].filter(
    name => has(name) && !(name === 'tenant_id' && isRenamed),
  )
  const same = key.map(
    name => sql`cast(${sql.ref(`o.${name}`)} as text) = cast(${sql.ref(`${table}.${name}`)} as text)`,
  )
  for (const { name, type } of unknown) {
    const ref = sql.ref(name)
    await sql`alter table ${sql.table(table)} add column ${ref} ${sql.raw(plainType(type))}`.execute(
      change.db,
    )
    await sql`update ${sql.table(table)} set ${ref} = (
      select ${sql.ref(`o.${name}`)} from ${sql.table(old)} as o where ${sql.join(same, sql` and `)} limit 1
    )`.execute(change.db)
  }
}

/** A type as DDL takes it: SQLite keeps whatever stood in a definition, also nothing. */
function plainType(type: string): string {
  return text(type) !== null && /^[a-z][\w ]*(\(\d+(, ?\d+)?\))?(\[\])?$/i.test(type) ? type : 'text'
}
