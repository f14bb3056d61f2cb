import * as z from 'zod'
import { lesserTrust, trustOfChannel } from '../model/access.ts'
import { canonicalJson } from '../model/digest.ts'
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Trust } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy } from './conflict-view.ts'
import { mustBeOrdered, nextRecord } from './drafting.ts'
import { mustBeOpen, waitingNotices } from './entering.ts'
import { entityChanged } from './entity-create.ts'
import { sharedNames } from './entity-drafting.ts'
import * as entityFields from './entity-fields.ts'
import { propertiesAfter } from './entity-properties.ts'
import { mustFindEntityForChange } from './entity-reference.ts'
import { toEntityView } from './entity-view.ts'
import * as fields from './fields.ts'
import { nearNotices } from './near-projects.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'

const CLEARABLE = [
  'aliases',
  'description',
  'properties',
  'project',
  'confidence',
  'valid_from',
  'valid_until',
] as const

const input = z.object({
  id: entityFields.reference,
  name: entityFields.name.optional(),
  type: entityFields.type.optional(),
  ...entityFields.described,
  add_aliases: entityFields.described.aliases.describe('Further names, beside those that it has.'),
  set: entityFields.settings.optional(),
  unset: entityFields.unsettings.optional(),
  clear: fields.listOf(z.enum(CLEARABLE)).optional().describe('Fields to empty.'),
  if_revision: z.int().min(1).optional().describe('Refuse if somebody has updated it since this revision.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

export const entityUpdate = defineOperation({
  name: 'entity_update',
  summary: 'Change what is known of an entity; only what is given changes.',
  example: 'entity update "Gigabit switch" --set ports=48 --add-aliases GS-48 --note "replaced in May"',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output: entityChanged.extend({ outcome: z.enum(['updated', 'unchanged']) }),
  run: async (input, context) => {
    const stamp = stampFor(context, 'entity_update', input.note)
    return context.store.change(context.principal, stamp, tx => updateOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('entity_update', input),
    })
  },
})

async function updateOne(tx: WriteHandle, input: Input, { principal }: Context, at: string) {
  const entity = await mustFindEntityForChange(tx, input.id)
  mustBeChangeable(entity, input.if_revision)
  const asking = { step: 'entity_update', principal }
  await mustBeOpen(tx, entity, asking)
  const project = input.project === undefined ? null : await tx.projects.ensure(input.project)
  const said = { ...changeOf(entity, input), ...(project === null ? {} : { project: project.name }) }
  const change = { ...said, trust: trustAfter(entity, said, principal) }
  const near = nearNotices(project, `heirloom entity update ${entity.id}`)
  const isSame = (Object.keys(change) as (keyof Entity)[]).every(
    field => canonicalJson(change[field]) === canonicalJson(entity[field]),
  )
  if (isSame) {
    const notices = [...near, 'Nothing differs from what is known already.']
    return { ...toEntityView(entity), outcome: 'unchanged' as const, conflict: null, notices }
  }
  const next: Entity = { ...nextRecord(entity, change, at), revision: entity.revision + 1 }
  mustBeOrdered(next.valid_from, next.valid_until)
  // Nor is it moved to where it would be agreed.
  if (next.project !== entity.project) await mustBeOpen(tx, next, asking)
  await tx.entities.change(entity, next)
  const shared = await sharedNames(tx, next)
  const { conflict, notices } = await conflictOpenedBy(tx, entity.id)
  return {
    ...toEntityView(next),
    outcome: 'updated' as const,
    conflict,
    notices: [...near, ...waitingNotices(next), ...shared, ...notices],
  }
}

/** What is said anew is believed no more than its channel. */
function trustAfter(entity: Entity, change: Partial<Entity>, { kind }: Context['principal']): Trust {
  const isSaid = (['name', 'description', 'properties'] as const).some(
    field => change[field] !== undefined && canonicalJson(change[field]) !== canonicalJson(entity[field]),
  )
  return isSaid ? lesserTrust(entity.trust, trustOfChannel(kind)) : entity.trust
}

function mustBeChangeable({ id, status, revision }: Entity, expected: number | undefined): void {
  if (status !== 'active' && status !== 'candidate') {
    throw new HeirloomError(
      'ILLEGAL_TRANSITION',
      `Cannot update entity ${id}: it is ${status}, and only active or candidate ones are updated. Restore it first: heirloom restore ${id}`,
    )
  }
  if (expected === undefined || expected === revision) return
  throw new HeirloomError(
    'CONFLICT',
    `Entity ${id} is at revision ${revision}, not ${expected}: somebody updated it since. Read it again: heirloom entity get ${id}`,
  )
}

const EMPTY: Record<(typeof CLEARABLE)[number], unknown> = {
  aliases: [],
  description: null,
  properties: {},
  project: null,
  confidence: null,
  valid_from: null,
  valid_until: null,
}

/** The fields that are given or emptied, as they are to be. */
function changeOf(entity: Entity, input: Input): Partial<Entity> {
  const { clear = [], description, confidence, valid_from, valid_until, type } = input
  const cleared: Partial<Entity> = Object.fromEntries(clear.map(field => [field, EMPTY[field]]))
  const said = { type, name: input.name, description, confidence, valid_from, valid_until }
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  const base: Entity = { ...entity, ...cleared, ...given }
  const names = [...(input.aliases ?? base.aliases), ...(input.add_aliases ?? [])]
  const aliases = entityFields.mustBeAliases(entityFields.aliasesOf(base.name, names))
  const properties = propertiesAfter(input.properties ?? base.properties, input, entity.id)
  return { ...cleared, ...given, aliases, properties }
}
