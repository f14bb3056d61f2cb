/** Entities against the journal, and what is derived from them: their names, their rows of the keyword index, their claims. */
import { sql } from 'kysely'
import type { Entity } from '../../model/entity.ts'
import { nameKey } from '../../model/mention.ts'
import { propertyClaims } from '../claim-rows.ts'
import type { Database, KeywordRow } from '../engine.ts'
import { type EntityName, namesOf } from '../entity-names.ts'
import { entityRow } from '../keyword-writer.ts'
import type { EntityTable } from '../knowledge-tables.ts'
import { toEntity } from '../record-rows.ts'
import { checkAccounts, checkGone } from './accounts.ts'
import type { Checking } from './findings.ts'
import { compareClaims } from './knowledge.ts'
import { presentIn, readable } from './records.ts'

const BATCH = 200

/** Of each kind no more than so many are looked for. */
const MOST = 100

/** @returns how many there are. */
export async function checkEntities(db: Database, checking: Checking): Promise<number> {
  let count = 0
  for (let after = ''; ; ) {
    const rows = await nextEntities(db, checking.tenantId, after)
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.id
    count += rows.length
    await checkBatch(db, rows, checking)
  }
  await checkGone(db, { kind: 'entity', present: presentIn(db, 'entities', checking) }, checking)
  await lostNames(db, checking)
  await lostKeywordRows(db, checking)
  return count
}

function nextEntities(db: Database, tenantId: string, after: string): Promise<EntityTable[]> {
  let query = db.selectFrom('entities').selectAll().where('tenant_id', '=', tenantId)
  if (after !== '') query = query.where('id', '>', after)
  return query.orderBy('id').limit(BATCH).execute()
}

async function checkBatch(db: Database, rows: readonly EntityTable[], checking: Checking): Promise<void> {
  const { findings } = checking
  const entities = rows.flatMap(row => readable('entity', row, toEntity, findings) ?? [])
  for (const row of rows) {
    if (row.name_key !== nameKey(row.name))
      findings.add('versions', `entity ${row.id} is kept under another name than its own`)
  }
  if (entities.length === 0) return
  const ids = entities.map(({ id }) => id)
  await checkAccounts(
    db,
    { kind: 'entity', records: new Map(entities.map(entity => [entity.id, entity])) },
    checking,
  )
  await checkNames(db, entities, checking)
  await checkHeads(db, entities.flatMap(namesOf), checking)
  await checkKeywordRows(db, entities, checking)
  const expected = entities.flatMap(propertyClaims)
  await compareClaims(db, { kind: 'entity', ids, expected }, checking)
}

async function checkNames(
  db: Database,
  entities: readonly Entity[],
  { tenantId, findings }: Checking,
): Promise<void> {
  const rows = await db
    .selectFrom('entity_names')
    .select(['entity_id', 'name_key', 'name', 'words_key', 'is_alias'])
    .where('tenant_id', '=', tenantId)
    .where(
      'entity_id',
      'in',
      entities.map(({ id }) => id),
    )
    .execute()
  const found = Map.groupBy(rows, ({ entity_id }) => entity_id)
  for (const entity of entities) {
    const left = new Map(namesOf(entity).map(name => [name.name_key, name]))
    for (const { entity_id, ...row } of found.get(entity.id) ?? []) {
      const name = left.get(row.name_key)
      left.delete(row.name_key)
      if (name === undefined)
        findings.add('names', `"${row.name}" leads to ${entity_id}, which has no such name`)
      else if ((Object.keys(name) as (keyof EntityName)[]).some(column => name[column] !== row[column]))
        findings.add('names', `"${name.name}", a name of ${entity_id}, is kept in another form`)
    }
    for (const { name } of left.values()) findings.add('names', `"${name}" does not lead to ${entity.id}`)
  }
}

/** What names begin with; more than there are names for only cost a look-up. */
async function checkHeads(
  db: Database,
  names: readonly EntityName[],
  { tenantId, findings }: Checking,
): Promise<void> {
  const wanted = new Map(
    names
      .filter(({ words_key }) => words_key !== '')
      .map(({ words_key }) => words_key.split(' '))
      .map(words => [`${words.length} ${words[0]}`, words[0]!]),
  )
  if (wanted.size === 0) return
  const rows = await db
    .selectFrom('entity_heads')
    .select(['head', 'words'])
    .where('tenant_id', '=', tenantId)
    .where('head', 'in', [...new Set(wanted.values())])
    .execute()
  for (const { head, words } of rows) wanted.delete(`${words} ${head}`)
  for (const [key, head] of wanted)
    findings.add(
      'names',
      `names of ${Number.parseInt(key, 10)} words that begin with "${head}" are not found`,
    )
}

async function checkKeywordRows(
  db: Database,
  entities: readonly Entity[],
  checking: Checking,
): Promise<void> {
  const { tenantId, findings } = checking
  const rows = await db
    .selectFrom('keyword_documents')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where(
      'memory_id',
      'in',
      entities.map(({ id }) => id),
    )
    .execute()
  const found = Map.groupBy(rows, ({ memory_id }) => memory_id)
  for (const entity of entities) {
    const expected = entityRow(entity, tenantId)
    const own = found.get(entity.id) ?? []
    const row = own.find(({ version }) => version === entity.version)
    for (const { version } of own.filter(other => other !== row))
      findings.add(
        'keyword index',
        `it has a row for version ${version} of entity ${entity.id}, which is gone`,
      )
    if (row === undefined) {
      findings.add('keyword index', `entity ${entity.id} has no row`)
      continue
    }
    const columns = Object.keys(expected) as (keyof KeywordRow)[]
    const wrong = columns.filter(column => row[column] !== expected[column])
    if (wrong.length > 0)
      findings.add(
        'keyword index',
        `its row no longer agrees with entity ${entity.id} in ${wrong.join(', ')}`,
      )
  }
}

async function lostNames(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('entity_names as n')
    .leftJoin('entities as e', join =>
      join.onRef('e.tenant_id', '=', 'n.tenant_id').onRef('e.id', '=', 'n.entity_id'),
    )
    .select(['n.name', 'n.entity_id'])
    .where('n.tenant_id', '=', tenantId)
    .where('e.id', 'is', null)
    .limit(MOST)
    .execute()
  for (const { name, entity_id } of rows)
    findings.add('names', `"${name}" leads to ${entity_id}, which is gone`)
}

async function lostKeywordRows(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('keyword_documents as d')
    .leftJoin('entities as e', join =>
      join.onRef('e.tenant_id', '=', 'd.tenant_id').onRef('e.id', '=', 'd.memory_id'),
    )
    .select(['d.memory_id', 'd.version'])
    .where('d.tenant_id', '=', tenantId)
    .where('d.subject', '=', sql.lit('entity'))
    .where('e.id', 'is', null)
    .limit(MOST)
    .execute()
  for (const { memory_id, version } of rows)
    findings.add('keyword index', `it has a row for version ${version} of entity ${memory_id}, which is gone`)
}
