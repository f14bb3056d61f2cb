/** Relationships and graduations against their ends and the journal. */
import { sql } from 'kysely'
import type { EndKind, Relationship } from '../../model/relationship.ts'
import type { Database } from '../engine.ts'
import { toRelationship } from '../record-rows.ts'
import { checkAccounts, checkGone } from './accounts.ts'
import { Circles } from './circles.ts'
import type { Checking } from './findings.ts'
import { byId, presentIn, readable } from './records.ts'

const BATCH = 200

/** Of each kind no more than so many are looked for. */
const MOST = 100

/** Where ends of a kind are kept; sessions are names and nothing else. */
const ENDS = { entity: 'entities', memory: 'memories', document: 'documents' } as const

export async function checkRelationships(db: Database, checking: Checking): Promise<void> {
  const circles = new Circles()
  for await (const rows of byId(db, 'relationships', { tenantId: checking.tenantId, size: BATCH })) {
    const relationships = rows.flatMap(
      row => readable('relationship', row, toRelationship, checking.findings) ?? [],
    )
    const records = new Map(relationships.map(relationship => [relationship.id, relationship]))
    await checkAccounts(db, { kind: 'relationship', records }, checking)
    await checkEnds(db, relationships, checking)
    for (const relationship of relationships) circles.add(relationship)
  }
  await circles.end(db, checking)
  await checkGone(db, { kind: 'relationship', present: presentIn(db, 'relationships', checking) }, checking)
  await checkGraduations(db, checking)
}

/**
 * Entities are never deleted while something names them. What else a relationship leads to may have been erased, but
 * then the relationship is over.
 */
async function checkEnds(
  db: Database,
  relationships: readonly Relationship[],
  checking: Checking,
): Promise<void> {
  const ends = relationships.flatMap(({ id, status, source_kind, source_id, target_kind, target_id }) =>
    [
      { kind: source_kind, end: source_id },
      { kind: target_kind, end: target_id },
    ].map(end => ({ id, isOver: status !== 'active' && status !== 'candidate', ...end })),
  )
  for (const [kind, table] of Object.entries(ENDS) as [EndKind, (typeof ENDS)[keyof typeof ENDS]][]) {
    const own = ends.filter(end => end.kind === kind && !(end.isOver && kind !== 'entity'))
    const there = await presentIn(db, table, checking)([...new Set(own.map(({ end }) => end))])
    for (const { id, end } of own.filter(one => !there.has(one.end)))
      checking.findings.add('orphans', `relationship ${id} leads to the ${kind} ${end}, which is gone`)
  }
}

/** A memory graduated where a row says what to, and nowhere else; the journal tells of each row. */
async function checkGraduations(db: Database, checking: Checking): Promise<void> {
  const { tenantId, findings } = checking
  const pointless = await db
    .selectFrom('memories as m')
    .leftJoin('graduations as g', join =>
      join.onRef('g.tenant_id', '=', 'm.tenant_id').onRef('g.memory_id', '=', 'm.id'),
    )
    .select('m.id')
    .where('m.tenant_id', '=', tenantId)
    // Word for word what the index of those that are not active is limited to.
    .where('m.status', '<>', sql.lit('active'))
    .where('m.status', '=', 'graduated')
    .where('g.memory_id', 'is', null)
    .limit(MOST)
    .execute()
  for (const { id } of pointless) findings.add('links', `memory ${id} graduated, and nothing says to what`)
  for (let after = ''; ; ) {
    let query = db
      .selectFrom('graduations as g')
      .leftJoin('memories as m', join =>
        join.onRef('m.tenant_id', '=', 'g.tenant_id').onRef('m.id', '=', 'g.memory_id'),
      )
      .select(['g.memory_id', 'g.entity_id', 'g.graduated_at', 'm.status'])
      .where('g.tenant_id', '=', tenantId)
    if (after !== '') query = query.where('g.memory_id', '>', after)
    const rows = await query.orderBy('g.memory_id').limit(BATCH).execute()
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.memory_id
    for (const { memory_id, status } of rows) {
      if (status !== null && status !== 'graduated')
        findings.add('links', `memory ${memory_id} is said to have graduated, and is ${status}`)
    }
    const records = new Map(rows.map(({ status: _status, ...row }) => [row.memory_id, row]))
    await checkAccounts(db, { kind: 'graduation', records }, checking)
  }
  await checkGone(db, { kind: 'graduation', present: presentIn(db, 'graduations', checking) }, checking)
}
