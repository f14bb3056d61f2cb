/** What follows where one member of a conflict wins: memories give way to it, entities take its value. */
import { lesserTrust, trustOfChannel } from '../model/access.ts'
import { type Claim, type Conflict, isExpired, losersTo, type Member, settledBy } from '../model/conflict.ts'
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import type { Memory } from '../model/memory.ts'
import type { Relationship, RelationshipId } from '../model/relationship.ts'
import type { WriteHandle } from '../store/store.ts'
import { propertiesNamed } from './conflict-members.ts'
import { nextRecord } from './drafting.ts'
import { mustBeOpen } from './entering.ts'
import { propertiesProblem, surplusOf } from './entity-fields.ts'
import type { Context } from './operation.ts'
import { type Found, mustFind } from './subject.ts'
import { moveFound } from './transition.ts'

interface Winning {
  readonly conflict: Conflict
  readonly member: Member
  readonly at: string
  readonly context: Context
}

interface Outcome {
  readonly superseded: string[]
  readonly changed: { id: string; property: string }[]
}

/** @throws INVALID_INPUT where the winner does not claim the slot any more. */
export async function letWin(tx: WriteHandle, { conflict, member, at, context }: Winning): Promise<Outcome> {
  const claims = (await tx.claims.inSlot(conflict)).filter(claim => !isExpired(claim, at))
  const winner = claims.find(({ subject_id }) => subject_id === member.member_id)
  if (winner === undefined) throw claimsNoMore(conflict, member)
  const settled = settledBy(await tx.conflicts.settledAmong(claims.map(({ subject_id }) => subject_id)))
  const members = new Set(conflict.members.map(({ member_id }) => member_id))
  const outcome: Outcome = { superseded: [], changed: [] }
  for (const { subject_id } of losersTo(winner, claims, settled)) {
    if (!members.has(subject_id)) continue
    const loser = await mustFind(tx, subject_id)
    await mustBeOpen(tx, loser.record, { step: 'resolve', principal: context.principal })
    if (loser.kind === 'memory') {
      await giveWay(tx, loser, { winner, at, context })
      outcome.superseded.push(subject_id)
    } else if (loser.kind === 'entity') {
      const properties = await takeValue(tx, loser.record, { winner, conflict, at, context })
      outcome.changed.push(...properties.map(property => ({ id: subject_id, property })))
    }
  }
  return outcome
}

function claimsNoMore({ subject, attribute }: Conflict, { member_id, member_kind }: Member): HeirloomError {
  return new HeirloomError(
    'INVALID_INPUT',
    `resolve: ${member_kind} ${member_id} no longer claims ${subject}.${attribute}, so it cannot win. Choose another member, or bring it back first: heirloom restore ${member_id}`,
  )
}

/** A memory is superseded by the memory that won. An entity is no successor of a memory: there a relationship tells. */
async function giveWay(
  tx: WriteHandle,
  loser: Extract<Found, { kind: 'memory' }>,
  { winner, at, context }: { winner: Claim; at: string; context: Context },
): Promise<void> {
  const superseded_by = winner.subject_kind === 'memory' ? winner.subject_id : null
  await moveFound(tx, loser, { step: 'supersede', at, superseded_by })
  if (winner.subject_kind === 'memory') return
  const told = summarizedIn(loser.record, winner, { at, id: context.newId() })
  if ((await tx.relationships.twin(told)) === null) await tx.relationships.create(told)
}

function summarizedIn(
  { id: source_id, project, owner_user_id, visibility, shared_with_groups }: Memory,
  { subject_id: target_id, trust }: Claim,
  { at, id }: { at: string; id: string },
): Relationship {
  return {
    id: id as RelationshipId,
    type: 'summarized_in',
    source_kind: 'memory',
    source_id,
    target_kind: 'entity',
    target_id,
    confidence: null,
    evidence_id: null,
    project,
    status: 'active',
    earlier_statuses: [],
    trust,
    valid_from: null,
    valid_until: null,
    recorded_at: at,
    updated_at: at,
    version: 1,
    owner_user_id,
    visibility,
    shared_with_groups,
  }
}

/**
 * An entity lives on: its property takes the winner's value. Of several spellings, as earlier builds allowed, the one
 * stays that it claims. It is believed no more than what it takes, and than who decided so.
 */
async function takeValue(
  tx: WriteHandle,
  entity: Entity,
  { winner, conflict, at, context }: Omit<Winning, 'member'> & { winner: Claim },
): Promise<string[]> {
  const names = propertiesNamed(entity, conflict.attribute_key)
  const taking = names.slice(-1)
  const taken = taking.map(name => [name, inTypeOf(entity.properties[name], winner.value)] as const)
  const others = Object.entries(entity.properties).filter(([name]) => !names.includes(name))
  const properties = Object.fromEntries([...others, ...taken])
  const problem = propertiesProblem(properties)
  if (problem !== null) throw tooMuch({ ...entity, properties }, problem)
  const trust = lesserTrust(lesserTrust(entity.trust, winner.trust), trustOfChannel(context.principal.kind))
  const change = { properties, trust, revision: entity.revision + 1 }
  await tx.entities.change(entity, nextRecord(entity, change, at))
  return taking
}

function tooMuch({ id, name, properties }: Entity, problem: string): HeirloomError {
  const surplus = surplusOf(properties) ?? '<property>'
  return new HeirloomError(
    'INVALID_INPUT',
    `resolve: the properties of ${quoted(name)} cannot take the value: ${problem}. Make room first: heirloom entity update ${id} --unset ${surplus}`,
  )
}

/** A value as JSON of the type that stood there, where it can be. */
function inTypeOf(before: unknown, value: string): string | number | boolean {
  if (typeof before === 'number' && value.trim() !== '' && String(Number(value)) === value.trim())
    return Number(value)
  if (typeof before === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
