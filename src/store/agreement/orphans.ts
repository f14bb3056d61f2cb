/** Rows that tell of something that is not there. */
import { type SqlBool, sql } from 'kysely'
import { isUuid } from '../../model/id.ts'
import type { Database } from '../engine.ts'
import type { Tables } from '../tables.ts'
import type { Checking } from './findings.ts'
import { findLostReferences } from './references.ts'

/** Of each kind no more than so many are looked for. */
const MOST = 100

const SUBJECTS = 500

export async function findOrphans(db: Database, checking: Checking): Promise<void> {
  await orphanedRevisions(db, checking)
  await orphanedTags(db, checking)
  await orphanedKeywordRows(db, checking)
  await orphanedSignatures(db, checking)
  await payloadsWithoutEntry(db, checking)
  await lostSubjects(db, checking, { kind: 'memory', table: 'memories' })
  await lostSubjects(db, checking, { kind: 'document', table: 'documents' })
  await lostSubjects(db, checking, { kind: 'entity', table: 'entities' })
  await lostSubjects(db, checking, { kind: 'relationship', table: 'relationships' })
  await lostSubjects(db, checking, { kind: 'conflict', table: 'conflicts' })
  await lostProjects(db, checking)
  await findLostReferences(db, checking)
}

/** That a row, known by its alias, has no counterpart of its tenant in a table; `columns` is theirs: ours. */
function hasNo(table: keyof Tables, alias: string, columns: Readonly<Record<string, string>>) {
  const same = Object.entries({ tenant_id: 'tenant_id', ...columns }).map(
    ([theirs, ours]) => sql`${sql.ref(`o.${theirs}`)} = ${sql.ref(`${alias}.${ours}`)}`,
  )
  return sql<SqlBool>`not exists (select 1 from ${sql.table(table)} as o where ${sql.join(same, sql` and `)})`
}

async function orphanedRevisions(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('memory_revisions as r')
    .select(['r.id', 'r.version'])
    .where('r.tenant_id', '=', tenantId)
    .where(hasNo('memories', 'r', { id: 'id' }))
    .limit(MOST)
    .execute()
  for (const { id, version } of rows) {
    findings.add('versions', `the memory ${id} is gone, its version ${version} is still there`)
  }
}

async function orphanedTags(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('memory_tags as t')
    .select(['t.memory_id', 't.tag'])
    .where('t.tenant_id', '=', tenantId)
    .where(hasNo('memories', 't', { id: 'memory_id' }))
    .limit(MOST)
    .execute()
  for (const { memory_id, tag } of rows) {
    findings.add('tags', `the memory ${memory_id} is gone, its tag ${tag} is still there`)
  }
}

async function orphanedKeywordRows(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('keyword_documents as d')
    .select(['d.memory_id', 'd.version'])
    .where('d.tenant_id', '=', tenantId)
    .where('d.subject', '<>', sql.lit('entity'))
    .where(hasNo('memories', 'd', { id: 'memory_id', version: 'version' }))
    .where(hasNo('memory_revisions', 'd', { id: 'memory_id', version: 'version' }))
    .where(hasNo('entities', 'd', { id: 'memory_id', version: 'version' }))
    .limit(MOST)
    .execute()
  for (const { memory_id, version } of rows) {
    findings.add('keyword index', `it has a row for version ${version} of ${memory_id}, which is gone`)
  }
}

async function orphanedSignatures(db: Database, { findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('keyword_signatures as s')
    .leftJoin('keyword_documents as d', 'd.doc', 's.doc')
    .select('s.doc')
    .where('d.doc', 'is', null)
    .limit(MOST)
    .execute()
  for (const doc of new Set(rows.map(row => row.doc))) {
    findings.add('near-duplicates', `a signature is not one of its text: its row ${doc} of the index is gone`)
  }
}

async function payloadsWithoutEntry(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('journal_payloads as p')
    .select('p.sequence')
    .where('p.tenant_id', '=', tenantId)
    .where(hasNo('journal', 'p', { sequence: 'sequence' }))
    .orderBy('p.sequence')
    .limit(MOST)
    .execute()
  for (const { sequence } of rows)
    findings.add('journal', `entry ${sequence} is gone, its payload is still there`)
}

async function lostSubjects(
  db: Database,
  { tenantId, findings, onlyUuids }: Checking,
  {
    kind,
    table,
  }: { kind: string; table: 'memories' | 'documents' | 'entities' | 'relationships' | 'conflicts' },
): Promise<void> {
  for (let after = ''; ; ) {
    const subjects = await db
      .selectFrom('journal')
      .select('subject_id')
      .distinct()
      .where('tenant_id', '=', tenantId)
      .where('subject_kind', '=', kind)
      .where('subject_id', '>', after)
      .orderBy('subject_id')
      .limit(SUBJECTS)
      .execute()
    const last = subjects.at(-1)
    if (last === undefined) return
    after = last.subject_id
    const ids = subjects.map(({ subject_id }) => subject_id).filter(id => !onlyUuids || isUuid(id))
    const query = db
      .selectFrom(table as 'memories')
      .select('id')
      .where('tenant_id', '=', tenantId)
    const rows = ids.length === 0 ? [] : await query.where('id', 'in', ids).execute()
    const there = new Set(rows.map(({ id }) => id))
    const gone = subjects.filter(({ subject_id }) => !there.has(subject_id))
    const deleted = await deletedOnes(db, tenantId, { kind, ids: gone.map(({ subject_id }) => subject_id) })
    for (const { subject_id } of gone) {
      if (!deleted.has(subject_id))
        findings.add('journal', `it tells of the ${kind} ${subject_id}, which is gone`)
    }
  }
}

/** Those of which the last that the journal tells is that they were erased, or that their making was taken back. */
async function deletedOnes(
  db: Database,
  tenantId: string,
  { kind, ids }: { readonly kind: string; readonly ids: readonly string[] },
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const last = await db
    .selectFrom('journal')
    .select(eb => eb.fn.max<number>('sequence').as('sequence'))
    .where('tenant_id', '=', tenantId)
    .where('subject_kind', '=', kind)
    .where('subject_id', 'in', ids)
    .groupBy('subject_id')
    .execute()
  const rows = await db
    .selectFrom('journal as j')
    .leftJoin('journal_payloads as p', join =>
      join.onRef('p.tenant_id', '=', 'j.tenant_id').onRef('p.sequence', '=', 'j.sequence'),
    )
    .select(['j.subject_id', 'j.operation', 'p.payload'])
    .where('j.tenant_id', '=', tenantId)
    .where(
      'j.sequence',
      'in',
      last.map(({ sequence }) => sequence),
    )
    .execute()
  const deleted = rows.filter(
    ({ operation, payload }) => operation === 'erase' || tellsOfNone(operation, payload),
  )
  return new Set(deleted.map(({ subject_id }) => subject_id))
}

/** That nothing came after the change; so much is believed of an undo whose payload was erased. */
function tellsOfNone(operation: string, payload: string | null): boolean {
  if (payload === null) return operation === 'undo'
  try {
    return (JSON.parse(payload) as { after: unknown }).after === null
  } catch {
    return false
  }
}

/** Projects are few, and go by their names. */
async function lostProjects(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('journal as j')
    .select('j.subject_id')
    .distinct()
    .where('j.tenant_id', '=', tenantId)
    .where('j.subject_kind', '=', 'project')
    .where(hasNo('projects', 'j', { name: 'subject_id' }))
    .limit(MOST)
    .execute()
  const names = rows.map(({ subject_id }) => subject_id)
  const deleted = await deletedOnes(db, tenantId, { kind: 'project', ids: names })
  for (const name of names) {
    if (!deleted.has(name)) findings.add('journal', `it tells of the project ${name}, which is gone`)
  }
}
