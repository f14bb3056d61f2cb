/** Rows that name another row which is not there, in every table and of every tenant. */
import { type SqlBool, sql } from 'kysely'
import type { Database } from '../engine.ts'
import type { Tables } from '../tables.ts'
import type { Checking } from './findings.ts'

/** Of each kind no more than so many are looked for. */
const MOST = 100

interface Reference {
  readonly from: keyof Tables
  /** What a row of it is called, and the columns that say which one it is. */
  readonly row: string
  readonly names: readonly string[]
  /** What it points to, and by which of its columns: theirs by ours. */
  readonly to: keyof Tables
  readonly target: string
  readonly by: Readonly<Record<string, string>>
}

const ofTenant = (from: keyof Tables, row: string, names: readonly string[]): Reference => ({
  from,
  row,
  names,
  to: 'tenants',
  target: 'tenant',
  by: { tenant_id: 'tenant_id' },
})

/** By a column beside the tenant's. */
const by = (theirs: string, ours: string) => ({ tenant_id: 'tenant_id', [theirs]: ours })

const SINGULAR = { entities: 'entity', relationships: 'relationship', conflicts: 'conflict' } as const

const ofOwnerAndProject = (from: keyof typeof SINGULAR): Reference[] => [
  { from, row: SINGULAR[from], names: ['id'], to: 'users', target: 'owner', by: by('id', 'owner_user_id') },
  { from, row: SINGULAR[from], names: ['id'], to: 'projects', target: 'project', by: by('name', 'project') },
]

const ofMemory = (from: keyof Tables, row: string, name: string): Reference => ({
  from,
  row,
  names: [name],
  to: 'memories',
  target: 'memory',
  by: by('id', 'memory_id'),
})

const REFERENCES: readonly Reference[] = [
  ofTenant('users', 'user', ['id']),
  ofTenant('groups', 'group', ['id']),
  ofTenant('projects', 'project', ['name']),
  ofTenant('journal', 'journal entry', ['sequence']),
  ofTenant('settings', 'setting', ['name']),
  ofTenant('keyword_totals', 'total of the keyword index', ['live']),
  ofTenant('runs', 'run', ['id']),
  ofTenant('preferences', 'preference', ['name']),
  ofTenant('entity_heads', 'beginning of names', ['head']),
  ofTenant('edges', 'edge of', ['source_id']),
  ofTenant('claims', 'claim of', ['subject_id']),
  {
    from: 'group_memberships',
    row: 'membership of',
    names: ['user_id'],
    to: 'groups',
    target: 'group',
    by: by('id', 'group_id'),
  },
  {
    from: 'group_memberships',
    row: 'membership in',
    names: ['group_id'],
    to: 'users',
    target: 'user',
    by: by('id', 'user_id'),
  },
  {
    from: 'project_aliases',
    row: 'alias',
    names: ['alias'],
    to: 'projects',
    target: 'project',
    by: by('name', 'name'),
  },
  {
    from: 'documents',
    row: 'document',
    names: ['id'],
    to: 'users',
    target: 'owner',
    by: by('id', 'owner_user_id'),
  },
  {
    from: 'documents',
    row: 'document',
    names: ['id'],
    to: 'projects',
    target: 'project',
    by: by('name', 'project'),
  },
  {
    from: 'memories',
    row: 'memory',
    names: ['id'],
    to: 'users',
    target: 'owner',
    by: by('id', 'owner_user_id'),
  },
  {
    from: 'memories',
    row: 'memory',
    names: ['id'],
    to: 'projects',
    target: 'project',
    by: by('name', 'project'),
  },
  {
    from: 'memories',
    row: 'memory',
    names: ['id'],
    to: 'documents',
    target: 'document',
    by: by('id', 'document_id'),
  },
  {
    from: 'links',
    row: 'link of',
    names: ['target_id', 'type'],
    to: 'memories',
    target: 'target',
    by: by('id', 'target_id'),
  },
  {
    from: 'links',
    row: 'link of',
    names: ['target_id', 'type'],
    to: 'memories',
    target: 'source',
    by: { tenant_id: 'source_tenant_id', id: 'source_id' },
  },
  ...ofOwnerAndProject('entities'),
  ...ofOwnerAndProject('relationships'),
  ...ofOwnerAndProject('conflicts'),
  ofMemory('pins', 'pin of', 'memory_id'),
  ofMemory('strengths', 'strength of', 'memory_id'),
  ofMemory('strength_reviews', 'grade', 'id'),
  { from: 'packs', row: 'pack', names: ['id'], to: 'users', target: 'owner', by: by('id', 'owner_user_id') },
  {
    from: 'interactions',
    row: 'interaction',
    names: ['id'],
    to: 'users',
    target: 'owner',
    by: by('id', 'owner_user_id'),
  },
  {
    from: 'entities',
    row: 'entity',
    names: ['id'],
    to: 'entities',
    target: 'successor',
    by: by('id', 'superseded_by'),
  },
  {
    from: 'relationships',
    row: 'relationship',
    names: ['id'],
    to: 'memories',
    target: 'evidence',
    by: { tenant_id: 'evidence_tenant_id', id: 'evidence_id' },
  },
  {
    from: 'graduations',
    row: 'graduation of',
    names: ['memory_id'],
    to: 'memories',
    target: 'memory',
    by: by('id', 'memory_id'),
  },
  {
    from: 'graduations',
    row: 'graduation of',
    names: ['memory_id'],
    to: 'entities',
    target: 'entity',
    by: by('id', 'entity_id'),
  },
  {
    from: 'conflict_members',
    row: 'member',
    names: ['member_id'],
    to: 'conflicts',
    target: 'conflict',
    by: by('id', 'conflict_id'),
  },
  {
    from: 'idempotency',
    row: 'answer under the key',
    names: ['key'],
    to: 'users',
    target: 'user',
    by: by('id', 'user_id'),
  },
  {
    from: 'run_errors',
    row: 'error about',
    names: ['subject_id'],
    to: 'runs',
    target: 'run',
    by: by('id', 'run_id'),
  },
]

export async function findLostReferences(db: Database, { findings }: Checking): Promise<void> {
  for (const reference of REFERENCES) {
    const ours = Object.values(reference.by).at(-1) ?? 'tenant_id'
    for (const { name, lost } of await dangling(db, reference, ours)) {
      findings.add(
        'orphans',
        `the ${reference.row} ${name} names the ${reference.target} ${lost}, which is gone`,
      )
    }
  }
}

/** A null in one of the columns points nowhere. */
async function dangling(
  db: Database,
  { from, names, to, by: columns }: Reference,
  ours: string,
): Promise<{ name: string; lost: string }[]> {
  const same = Object.entries(columns).map(
    ([theirs, own]) => sql<SqlBool>`${sql.ref(`o.${theirs}`)} = ${sql.ref(`r.${own}`)}`,
  )
  const { rows } = await sql<{ name: string; lost: string }>`
    select ${sql.join(
      names.map(name => sql.ref(`r.${name}`)),
      sql` || ' ' || `,
    )} as name, ${sql.ref(`r.${ours}`)} as lost
    from ${sql.table(from)} as r where ${sql.ref(`r.${ours}`)} is not null
      and not exists (select 1 from ${sql.table(to)} as o where ${sql.join(same, sql` and `)}) limit ${MOST}`.execute(
    db,
  )
  return rows
}
