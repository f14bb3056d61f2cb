/** What is derived from memories besides the keyword index: what they claim, and which entities their texts name. */
import type { Principal } from '../../model/access.ts'
import type { Memory, TenantId, UserId } from '../../model/memory.ts'
import { nameKey } from '../../model/mention.ts'
import { isClaiming, memoryClaim, type SaidClaim, subjectMeant } from '../claim-rows.ts'
import type { Database, Engine } from '../engine.ts'
import type { ClaimTable } from '../knowledge-tables.ts'
import { MentionWriter } from '../mention-writer.ts'
import type { Checking } from './findings.ts'

/** Of each kind no more than so many are looked for. */
const MOST = 100

export type Claiming = Omit<ClaimTable, 'tenant_id'>

export class KnowledgeCheck {
  readonly #db: Database
  readonly #checking: Checking
  readonly #mentions: MentionWriter

  constructor(db: Database, engine: Engine, checking: Checking) {
    this.#db = db
    this.#checking = checking
    // It has the edges worked out as a write would, for whosever memories; nothing is written.
    const principal: Principal = {
      tenant_id: checking.tenantId as TenantId,
      user_id: '' as UserId,
      kind: 'system',
    }
    this.#mentions = new MentionWriter(db, principal, engine)
  }

  /** Memories as they are at present. */
  async add(memories: readonly Memory[]): Promise<void> {
    if (memories.length === 0) return
    await this.#checkClaims(memories)
    await this.#checkMentions(memories)
  }

  /** After the last: rows about what is not there. */
  async end(): Promise<void> {
    const { tenantId, findings } = this.#checking
    const edges = await this.#db
      .selectFrom('edges as e')
      .leftJoin('memories as m', join =>
        join.onRef('m.tenant_id', '=', 'e.tenant_id').onRef('m.id', '=', 'e.source_id'),
      )
      .select(['e.source_id', 'e.target_id'])
      .where('e.tenant_id', '=', tenantId)
      .where('e.type', '=', 'mentions')
      .where('m.id', 'is', null)
      .limit(MOST)
      .execute()
    for (const { source_id, target_id } of edges)
      findings.add('mentions', `${source_id}, which is gone, is said to mention ${target_id}`)
    await lostClaims(this.#db, this.#checking)
  }

  async #checkClaims(memories: readonly Memory[]): Promise<void> {
    const said = memories.filter(isClaiming).map(memoryClaim)
    const meant = await subjects(this.#db, this.#checking.tenantId, said)
    const expected = said.map(claim => ({ ...claim, slot_subject: meant(claim) }))
    const ids = memories.map(({ id }) => id)
    await compareClaims(this.#db, { kind: 'memory', ids, expected }, this.#checking)
  }

  async #checkMentions(memories: readonly Memory[]): Promise<void> {
    const { tenantId, findings } = this.#checking
    const expected = await this.#mentions.edgesOf(memories)
    const left = new Map(expected.map(edge => [`${edge.source_id} ${edge.target_id}`, edge]))
    const rows = await this.#db
      .selectFrom('edges')
      .select(['source_id', 'target_id', 'weight'])
      .where('tenant_id', '=', tenantId)
      .where(
        'source_id',
        'in',
        memories.map(({ id }) => id),
      )
      .where('type', '=', 'mentions')
      .execute()
    for (const { source_id, target_id, weight } of rows) {
      const key = `${source_id} ${target_id}`
      const edge = left.get(key)
      left.delete(key)
      if (edge === undefined)
        findings.add('mentions', `${source_id} is said to mention ${target_id}, and does not`)
      else if (edge.weight !== weight)
        findings.add(
          'mentions',
          `${source_id} is said to mention ${target_id} ${weight} times, not ${edge.weight}`,
        )
    }
    for (const { source_id, target_id } of left.values())
      findings.add('mentions', `${source_id} mentions ${target_id}, and nothing says so`)
  }
}

/** Gives what the subject of each of the claims means. */
async function subjects(
  db: Database,
  tenantId: string,
  claims: readonly SaidClaim[],
): Promise<(claim: SaidClaim) => string> {
  const keysOf = ({ said_key, said_subject }: SaidClaim) => [said_key, nameKey(said_subject)]
  const keys = [...new Set(claims.flatMap(keysOf))]
  if (keys.length === 0) return ({ said_key }) => said_key
  const rows = await db
    .selectFrom('entity_names as n')
    // In this order: there may be many entities, and few have one name.
    .crossJoin('entities as e')
    .select(['n.name_key', 'e.id', 'e.project', 'e.owner_user_id'])
    .where('n.tenant_id', '=', tenantId)
    .where('n.name_key', 'in', keys)
    .whereRef('e.tenant_id', '=', 'n.tenant_id')
    .whereRef('e.id', '=', 'n.entity_id')
    .where('e.status', '=', 'active')
    .execute()
  const named = Map.groupBy(rows, ({ name_key }) => name_key)
  return claim => {
    const bearing = keysOf(claim).flatMap(key => named.get(key) ?? [])
    return subjectMeant(
      bearing.filter(({ owner_user_id }) => owner_user_id === claim.owner_user_id),
      claim,
    )
  }
}

/** The rows of the given records against those that they should have. */
export async function compareClaims(
  db: Database,
  { kind, ids, expected }: { kind: string; ids: readonly string[]; expected: readonly Claiming[] },
  { tenantId, findings }: Checking,
): Promise<void> {
  const keyOf = ({ subject_id, attribute_key }: Claiming) => `${subject_id} ${attribute_key}`
  const left = new Map(expected.map(claim => [keyOf(claim), claim]))
  const rows = await db
    .selectFrom('claims')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('subject_id', 'in', ids)
    .execute()
  for (const { tenant_id: _tenant, ...row } of rows) {
    const claim = left.get(keyOf(row))
    left.delete(keyOf(row))
    const named = `${kind} ${row.subject_id}`
    if (claim === undefined) {
      findings.add('claims', `${named} is said to claim ${row.said_subject}.${row.attribute}, and does not`)
      continue
    }
    const wrong = (Object.keys(claim) as (keyof Claiming)[]).filter(column => claim[column] !== row[column])
    if (wrong.length > 0)
      findings.add('claims', `what ${named} claims is kept otherwise in ${wrong.join(', ')}`)
  }
  for (const { subject_id, said_subject, attribute } of left.values())
    findings.add('claims', `${kind} ${subject_id} claims ${said_subject}.${attribute}, and nothing says so`)
}

async function lostClaims(db: Database, { tenantId, findings }: Checking): Promise<void> {
  const rows = await db
    .selectFrom('claims as k')
    .leftJoin('memories as m', join =>
      join.onRef('m.tenant_id', '=', 'k.tenant_id').onRef('m.id', '=', 'k.subject_id'),
    )
    .leftJoin('entities as e', join =>
      join.onRef('e.tenant_id', '=', 'k.tenant_id').onRef('e.id', '=', 'k.subject_id'),
    )
    .select(['k.subject_kind', 'k.subject_id'])
    .where('k.tenant_id', '=', tenantId)
    .where('m.id', 'is', null)
    .where('e.id', 'is', null)
    .limit(MOST)
    .execute()
  for (const { subject_kind, subject_id } of rows)
    findings.add('claims', `${subject_kind} ${subject_id}, which is gone, is said to claim something`)
}
