/**
 * What came into a store past the journal, entered as if it had been told: memories version by version, other records
 * as they are.
 */
import { sql } from 'kysely'
import { readConflicts } from './conflicts.ts'
import type { Database } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import type { ConflictTable, EntityTable, GraduationTable, RelationshipTable } from './knowledge-tables.ts'
import { toMemory } from './memory-rows.ts'
import { differences, summaryOf } from './memory-writer.ts'
import { toEntity, toRelationship } from './record-rows.ts'

const BATCH = 200

/** `open` gives a journal for one batch; what it was told is chained before the next is read. */
export async function enterUnjournalled(
  db: Database,
  tenantId: string,
  open: () => JournalWriter,
): Promise<void> {
  await enterMemories(db, tenantId, open)
  for (const kind of KINDS) await enterRecords(db, { ...kind, tenantId }, open)
}

interface Kind {
  readonly kind: string
  readonly table: 'entities' | 'relationships' | 'graduations' | 'conflicts'
  readonly key: 'id' | 'memory_id'
  /** The records of rows, as the journal keeps them. */
  read(db: Database, rows: readonly unknown[]): Promise<readonly object[]>
}

const KINDS: readonly Kind[] = [
  {
    kind: 'entity',
    table: 'entities',
    key: 'id',
    read: async (_db, rows) => (rows as EntityTable[]).map(toEntity),
  },
  {
    kind: 'relationship',
    table: 'relationships',
    key: 'id',
    read: async (_db, rows) => (rows as RelationshipTable[]).map(toRelationship),
  },
  {
    kind: 'graduation',
    table: 'graduations',
    key: 'memory_id',
    read: async (_db, rows) => (rows as GraduationTable[]).map(({ tenant_id: _tenant, ...row }) => row),
  },
  {
    kind: 'conflict',
    table: 'conflicts',
    key: 'id',
    read: (db, rows) => readConflicts(db, rows as ConflictTable[]),
  },
]

async function enterRecords(
  db: Database,
  { kind, table, key, read, tenantId }: Kind & { readonly tenantId: string },
  open: () => JournalWriter,
): Promise<void> {
  for (let after = ''; ; ) {
    let query = db
      .selectFrom(`${table as 'entities'} as r`)
      .selectAll('r')
      .where('r.tenant_id', '=', tenantId)
      .where(
        sql<boolean>`not exists (select 1 from journal as j where j.tenant_id = r.tenant_id
          and j.subject_id = cast(${sql.ref(`r.${key}`)} as text) and j.subject_kind = ${kind})`,
      )
    if (after !== '') query = query.where(`r.${key as 'id'}`, '>', after)
    const rows = await query
      .orderBy(`r.${key as 'id'}`)
      .limit(BATCH)
      .execute()
    const last = rows.at(-1)
    if (last === undefined) return
    const idOf = (row: (typeof rows)[number]) => String(row[key as 'id'])
    after = idOf(last)
    const journal = open()
    for (const [index, record] of (await read(db, rows)).entries()) {
      journal.record(kind, idOf(rows[index]!), null, record)
    }
    await journal.flush()
  }
}

async function enterMemories(db: Database, tenantId: string, open: () => JournalWriter): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await unjournalled(db, tenantId, after)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
    const journal = open()
    for (const row of rows) {
      const past = await db
        .selectFrom('memory_revisions')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('id', '=', row.id)
        .orderBy('version')
        .execute()
      const [first, ...later] = [...past, row].map(version => toMemory(version))
      journal.record('memory', row.id, null, summaryOf(first!))
      let before = first!
      for (const next of later) {
        journal.record('memory', row.id, ...differences(before, next))
        before = next
      }
    }
    await journal.flush()
  }
}

function unjournalled(db: Database, tenantId: string, after: string) {
  let query = db
    .selectFrom('memories as m')
    .selectAll('m')
    .where('m.tenant_id', '=', tenantId)
    .where(
      sql<boolean>`not exists (select 1 from journal as j
        where j.tenant_id = m.tenant_id and j.subject_id = cast(m.id as text) and j.subject_kind = 'memory')`,
    )
  if (after !== '') query = query.where('m.id', '>', after)
  return query.orderBy('m.id').limit(BATCH).execute()
}
