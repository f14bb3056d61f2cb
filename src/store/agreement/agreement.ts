/**
 * Proves that memories, their past, the journal and what is derived from them agree, row by row. Believes none of
 * them: what was changed in one place past the rules is found by what the others say.
 */
import type { Principal } from '../../model/access.ts'
import type { Memory } from '../../model/memory.ts'
import type { Database, Engine } from '../engine.ts'
import { toMemory } from '../memory-rows.ts'
import { checkClock } from './clock.ts'
import { checkConflicts } from './conflicts.ts'
import { checkEntities } from './entities.ts'
import { AREAS, type Area, type Checking, Findings } from './findings.ts'
import { KnowledgeCheck } from './knowledge.ts'
import { addPast, checkTags, checkVersions, type Line, toLine } from './line.ts'
import { checkLinks } from './links.ts'
import { findOrphans } from './orphans.ts'
import { checkRelationships } from './relationships.ts'
import { journalledChanges, pastVersions, presentVersions, tagsOf, type VersionRow } from './rows.ts'
import { SignatureCheck } from './signatures.ts'
import { Account } from './told.ts'
import { checkTotals } from './totals.ts'
import { VectorCheck } from './vectors.ts'

export interface Agreement {
  readonly memories: number
  /** Present and past ones. */
  readonly versions: number
  readonly links: number
  readonly entities: number
  /** In words for people; an area without a problem has an empty list. */
  readonly problems: Readonly<Record<Area, readonly string[]>>
}

export interface AgreementOptions {
  /** What the clock says: nothing can have been written later. ISO 8601, UTC, milliseconds. */
  readonly now: string
  /** Areas that are known not to be whole, of which nothing is told. */
  readonly passedOver?: ReadonlySet<Area>
}

export async function checkAgreement(
  db: Database,
  { principal, engine }: { principal: Principal; engine: Engine },
  { now, passedOver = new Set() }: AgreementOptions,
): Promise<Agreement> {
  const checking: Checking = {
    findings: new Findings(passedOver),
    tenantId: principal.tenant_id,
    onlyUuids: engine.name === 'postgres',
  }
  const signatures = new SignatureCheck(db, checking)
  const knowledge = new KnowledgeCheck(db, engine, checking)
  const vectors = new VectorCheck(db, engine, checking)
  let memories = 0
  let versions = 0
  for await (const rows of presentVersions(db, checking.tenantId)) {
    const lines = await checkBatch(db, rows, checking)
    await signatures.add(lines)
    const readable = rows.flatMap(presentMemory)
    await knowledge.add(readable)
    await vectors.add(readable)
    memories += lines.length
    for (const { past } of lines) versions += past.length + 1
  }
  await signatures.end()
  await knowledge.end()
  await vectors.end()
  const entities = await checkEntities(db, checking)
  await checkRelationships(db, checking)
  await checkConflicts(db, checking, now)
  const links = await checkLinks(db, checking)
  await findOrphans(db, checking)
  await checkTotals(db, checking)
  await checkClock(db, checking, now)
  const problems = Object.fromEntries(AREAS.map(area => [area, checking.findings.of(area)]))
  return { memories, versions, links, entities, problems: problems as Agreement['problems'] }
}

/** What cannot be read was told of already. */
function presentMemory(row: VersionRow): Memory[] {
  try {
    return [toMemory(row)]
  } catch {
    return []
  }
}

async function checkBatch(db: Database, rows: readonly VersionRow[], checking: Checking): Promise<Line[]> {
  const lines = new Map(rows.map(row => [row.id, toLine(row, checking)]))
  const ids = [...lines.keys()]
  for await (const past of pastVersions(db, checking.tenantId, ids)) {
    for (const row of past) addPast(lines.get(row.id)!, row, checking)
  }
  const tags = await tagsOf(db, checking.tenantId, ids)
  const accounts = new Map([...lines].map(([id, line]) => [id, new Account(line)]))
  for await (const changes of journalledChanges(db, checking.tenantId, ids)) {
    for (const { subject_id, payload } of changes) accounts.get(subject_id)!.take(payload)
  }
  for (const line of lines.values()) {
    checkVersions(line, checking)
    checkTags(line, tags.get(line.id) ?? [], checking)
    accounts.get(line.id)!.end(checking)
  }
  return [...lines.values()]
}
