/** What becomes of a memory that graduates, and of the entity that it becomes; in one transaction. */
import { lesserTrust, trustOfChannel } from '../model/access.ts'
import { ENTITY_LIMITS, type Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { quoted, quotedIfNeeded } from '../model/excerpt.ts'
import type { Memory } from '../model/memory.ts'
import { nameKey } from '../model/mention.ts'
import type { Relationship, RelationshipId } from '../model/relationship.ts'
import { slotKey } from '../model/slot.ts'
import type { WriteHandle } from '../store/store.ts'
import { nextRecord } from './drafting.ts'
import { mustBeOpen, waitingNotices } from './entering.ts'
import { newEntity, sharedNames, standingOf } from './entity-drafting.ts'
import { type Combined, combined, mustBeProperties } from './entity-properties.ts'
import { mustFindEntityForChange } from './entity-reference.ts'
import { nameOf } from './graduated.ts'
import type { Context } from './operation.ts'
import { moveFound } from './transition.ts'

export interface Graduating {
  readonly id: string
  /** The entity that is made, or else the one that is there. */
  readonly made?: {
    readonly type: string
    readonly name: string
    readonly description: string | null
    readonly isCandidate: boolean
  }
  readonly into?: string
  /** Canonical. That of the memory where none is given. */
  readonly project: string | undefined
  readonly context: Context
  readonly at: string
}

/** @throws ILLEGAL_TRANSITION naming the state of a memory that is not active, or what it became already. */
export async function graduateOne(tx: WriteHandle, graduating: Graduating) {
  const { id, into, context, at } = graduating
  const memory = await tx.memories.mustGetForChange(id)
  await mustBeReady(tx, memory)
  await mustBeOpen(tx, memory, { step: 'graduate', principal: context.principal })
  const { was, status } = await moveFound(tx, { kind: 'memory', record: memory }, { step: 'graduate', at })
  const { entity, gained, notices } =
    into === undefined ? await make(tx, memory, graduating) : await join(tx, memory, { into, context, at })
  await tx.graduations.add({ memory_id: memory.id, entity_id: entity.id, graduated_at: at })
  const evidence = await addEvidence(tx, memory, { entity, context, at })
  return {
    id,
    status,
    was,
    graduated_to_entity_id: entity.id,
    entity,
    outcome: into === undefined ? ('created' as const) : ('joined' as const),
    properties_gained: gained.map(one => ({ ...one })),
    evidence,
    notices: [
      ...notices,
      ...waitingNotices(entity),
      ...(await sharedNames(tx, entity)),
      ...strange(memory, entity),
    ],
  }
}

async function mustBeReady(tx: WriteHandle, { id, status, trust }: Memory): Promise<void> {
  if (status === 'graduated') {
    const became = await nameOf(tx, (await tx.graduations.of([id])).get(id) ?? null)
    throw new HeirloomError('ILLEGAL_TRANSITION', `Memory ${id} graduated already: it became ${became}.`)
  }
  if (status !== 'active' || trust !== 'untrusted') return
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Memory ${id} is untrusted and waits in quarantine; only what is trusted graduates. A person lets it out: heirloom promote ${id}`,
  )
}

interface Became {
  readonly entity: Entity
  readonly gained: Combined['gained']
  readonly notices: readonly string[]
}

async function make(
  tx: WriteHandle,
  memory: Memory,
  { made, project: named, context, at }: Graduating,
): Promise<Became> {
  const { type, name, description, isCandidate } = made!
  const project = named ?? memory.project
  const fits = Buffer.byteLength(memory.content) <= ENTITY_LIMITS.descriptionBytes
  const { properties, gained } = combined({}, claimsOf(memory), 'own')
  const entity = newEntity(
    {
      type,
      name,
      aliases: [],
      description: description ?? (fits ? memory.content : null),
      properties: mustBeProperties(properties),
      project,
      confidence: memory.confidence,
      valid_from: memory.valid_from,
      valid_until: memory.valid_until,
    },
    {
      context,
      at,
      settings: await tx.projects.settings(project),
      isCandidate,
      // Believed no more than the memory, nor more than who makes it.
      trust: lesserTrust(memory.trust, trustOfChannel(context.principal.kind)),
    },
  )
  await tx.entities.create(entity)
  const isLong = description === null && !fits
  const long = isLong
    ? ['The memory is too long for a description; the entity has none. It is its evidence.']
    : []
  return { entity, gained, notices: long }
}

type Joining = Pick<Graduating, 'context' | 'at'> & { readonly into: string }

async function join(tx: WriteHandle, memory: Memory, { into, context, at }: Joining): Promise<Became> {
  const { principal } = context
  const entity = await mustFindEntityForChange(tx, into)
  mustBeStanding(entity)
  await mustBeOpen(tx, entity, { step: 'graduate', principal })
  const { properties, gained, overruled } = combined(entity.properties, claimsOf(memory), 'own')
  // Values are stored text, for which a notice is no place.
  const notices = overruled.map(
    ({ property }) =>
      `${quoted(entity.name)} has another value for ${quotedIfNeeded(property)}, which stays. To change it: heirloom entity update ${entity.id} --set "<property>=<value>"`,
  )
  if (gained.length === 0) return { entity, gained, notices }
  const trust = lesserTrust(lesserTrust(entity.trust, memory.trust), trustOfChannel(principal.kind))
  const change = { properties: mustBeProperties(properties, entity.id), trust }
  const next: Entity = { ...nextRecord(entity, change, at), revision: entity.revision + 1 }
  await tx.entities.change(entity, next)
  return { entity: next, gained, notices }
}

function mustBeStanding({ id, name, status }: Entity): void {
  if (status === 'active' || status === 'candidate') return
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Entity ${id} (${quoted(name)}) is ${status}, and nothing graduates into it. Restore it first: heirloom restore ${id}`,
  )
}

function claimsOf({ slot }: Memory): Record<string, string> {
  return slot === null ? {} : { [slot.attribute]: slot.value }
}

/** What the memory claims may be said of something else. */
function strange({ slot }: Memory, { name, aliases }: Entity): string[] {
  if (slot === null) return []
  const isNamed = [name, ...aliases].some(
    known => slotKey(known) === slotKey(slot.subject) || nameKey(known) === nameKey(slot.subject),
  )
  return isNamed
    ? []
    : [
        `What the memory claims was said of ${quoted(slot.subject)}, and is now a property of ${quoted(name)}.`,
      ]
}

interface Evidencing {
  readonly entity: Entity
  readonly context: Context
  readonly at: string
}

/** The relationship that names the memory as evidence: the one that is there, or a new one. */
async function addEvidence(
  tx: WriteHandle,
  memory: Memory,
  { entity, context, at }: Evidencing,
): Promise<string> {
  const ends = { source_id: entity.id, type: 'evidenced_by' as const, target_id: memory.id }
  const known = await tx.relationships.twin(ends)
  if (known !== null) return known.id
  const relationship: Relationship = {
    ...ends,
    id: context.newId() as RelationshipId,
    source_kind: 'entity',
    target_kind: 'memory',
    confidence: null,
    evidence_id: memory.id,
    project: entity.project,
    ...standingOf({ context, settings: {}, isCandidate: entity.status === 'candidate', trust: entity.trust }),
    valid_from: null,
    valid_until: null,
    recorded_at: at,
    updated_at: at,
    version: 1,
    owner_user_id: context.principal.user_id,
    visibility: 'private',
    shared_with_groups: [],
  }
  await tx.relationships.create(relationship)
  return relationship.id
}
