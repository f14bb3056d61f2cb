/** The members of a conflict: what each claimed, what has become of it, and where it comes from. */
import * as z from 'zod'
import type { Principal } from '../model/access.ts'
import { type Claim, type Conflict, isExpired, type Member } from '../model/conflict.ts'
import { claimOf, type Entity } from '../model/entity.ts'
import { STATUSES } from '../model/lifecycle.ts'
import type { Memory } from '../model/memory.ts'
import { slotKey, valueKey } from '../model/slot.ts'
import type { ReadHandle } from '../store/store.ts'
import { memberView } from './conflict-view.ts'
import { originsOf } from './origin.ts'

export const memberRecord = memberView.extend({
  value_now: z.string().nullable().describe('What it claims of the slot now, where that is something else.'),
  claims_it: z.boolean().describe('Whether it claims the slot still.'),
  said_at: z.string().describe('Since when it said so.'),
  status: z.enum(STATUSES).nullable().describe('Null where the record is not there any more.'),
  content: z.string().nullable().describe('What a memory says.'),
  entity: z
    .object({ type: z.string(), name: z.string(), property: z.string().nullable() })
    .nullable()
    .describe('What an entity is, and the property that claims it.'),
  valid_from: z.string().nullable(),
  valid_until: z.string().nullable(),
  recorded_at: z.string().nullable(),
  author: z.string().nullable(),
  client: z.string().nullable(),
  session: z.string().nullable(),
  document: z.string().nullable(),
  label: z.string().nullable(),
  origin: z.string().nullable().describe('What it came from, in one line.'),
})

type MemberRecord = z.infer<typeof memberRecord>

const NOWHERE = {
  status: null,
  content: null,
  entity: null,
  valid_from: null,
  valid_until: null,
  recorded_at: null,
  author: null,
  client: null,
  session: null,
  document: null,
  label: null,
  origin: null,
}

interface Asking {
  readonly principal: Principal
  readonly at: string
}

export async function recordsOf(
  tx: ReadHandle,
  conflict: Conflict,
  { principal, at }: Asking,
): Promise<MemberRecord[]> {
  const memories = new Map<string, Memory>()
  for (const { member_kind, member_id } of conflict.members) {
    const memory = member_kind === 'memory' ? await tx.memories.find(member_id) : null
    if (memory !== null) memories.set(member_id, memory)
  }
  const all = [...memories.values()]
  const entities = await tx.entities.byIds(conflict.members.map(({ member_id }) => member_id))
  const origins = await originsOf(tx, all, principal)
  const sources = await tx.documents.sources([
    ...new Set(all.flatMap(({ document_id }) => document_id ?? [])),
  ])
  const claims = new Map((await tx.claims.inSlot(conflict)).map(claim => [claim.subject_id, claim]))
  const records: MemberRecord[] = []
  for (const member of conflict.members) {
    const claim = claims.get(member.member_id)
    const shown = shownOf(member, claim !== undefined && !isExpired(claim, at) ? claim : null)
    const memory = memories.get(member.member_id)
    const entity = entities.get(member.member_id)
    if (memory !== undefined) {
      const origin = origins.get(memory.id) ?? null
      const document = sources.get(memory.document_id ?? '') ?? null
      records.push({
        ...shown,
        ...ofMemory(memory),
        origin,
        document,
        said_at: await saidByMemory(tx, memory, member),
      })
    } else if (entity !== undefined) {
      const said_at = await saidByEntity(tx, entity, { value: member.value, key: conflict.attribute_key })
      records.push({ ...shown, ...ofEntity(entity, conflict.attribute_key), said_at })
    } else records.push(shown)
  }
  return records
}

function shownOf(member: Member, claim: Claim | null): MemberRecord {
  const { member_kind: kind, member_id: id, value, trust, joined_at } = member
  const value_now = claim === null || claim.value === value ? null : claim.value
  const claims_it = claim !== null
  return { kind, id, value, value_now, trust, joined_at, claims_it, said_at: joined_at, ...NOWHERE }
}

function ofMemory(memory: Memory) {
  const { status, content, valid_from, valid_until, recorded_at, author, label } = memory
  const { client_id: client, session_id: session } = memory
  return { status, content, valid_from, valid_until, recorded_at, author, client, session, label }
}

function ofEntity(entity: Entity, attributeKey: string) {
  const { status, type, name, valid_from, valid_until, recorded_at } = entity
  const property = propertiesNamed(entity, attributeKey).at(-1) ?? null
  return { status, entity: { type, name, property }, valid_from, valid_until, recorded_at }
}

/** The properties of an entity that make the claim about an attribute, whatever their spelling. */
export function propertiesNamed({ properties }: Pick<Entity, 'properties'>, attributeKey: string): string[] {
  return Object.keys(properties).filter(name => slotKey(name) === attributeKey)
}

/** Since when a memory claimed what it did as a member: the beginning of the first of its last versions that say so. */
async function saidByMemory(tx: ReadHandle, memory: Memory, { value_key }: Member): Promise<string> {
  if (memory.version === 1) return memory.recorded_at
  const versions = [memory, ...(await tx.memories.pastVersions(memory.id)).reverse()]
  const saying = versions.slice(versions.findIndex(version => keyOf(version) === value_key))
  const other = saying.findIndex(version => keyOf(version) !== value_key)
  return (other < 1 ? saying.at(-1)! : saying[other - 1]!).updated_at
}

function keyOf({ slot }: Memory): string | null {
  return slot === null ? null : valueKey(slot.value, slot.attribute)
}

/** Changes of an entity that are looked at for the one that brought a property's value. */
const LOOKED_AT = 50

async function saidByEntity(
  tx: ReadHandle,
  entity: Entity,
  { value, key }: { value: string; key: string },
): Promise<string> {
  const entries = await tx.journal.entries({
    subject_kind: 'entity',
    subject_id: entity.id,
    limit: LOOKED_AT,
  })
  const brought = entries.find(({ payload }) => {
    const [before, after] = [payload?.before, payload?.after].map(side => claimIn(side, key))
    return before !== value && after === value
  })
  return brought?.at ?? entity.recorded_at
}

function claimIn(side: unknown, attributeKey: string): string | null {
  const properties = (side as Partial<Pick<Entity, 'properties'>> | null)?.properties
  if (properties === undefined) return null
  const name = propertiesNamed({ properties }, attributeKey).at(-1)
  return name === undefined ? null : claimOf(properties[name])
}
