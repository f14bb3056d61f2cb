import * as z from 'zod'
import { trustOfChannel } from '../model/access.ts'
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import { mustBeOpen } from './entering.ts'
import * as entityFields from './entity-fields.ts'
import { applyMerge, type Merging, planMerge } from './entity-merging.ts'
import { mustFindEntity } from './entity-reference.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { relationshipView, viewsOf } from './relationship-view.ts'

const input = z.object({
  id: entityFields.reference.describe('The id of the entity that becomes another one, or its name.'),
  into: entityFields.reference.describe('The id of the entity that stays, or its name.'),
  prefer: z
    .enum(['source', 'target'])
    .default('target')
    .describe(
      'Whose value stays where both have a property: of the one that stays, unless this says source.',
    ),
  force: z.boolean().optional().describe('Also where their types differ.'),
  plan: z.boolean().optional().describe('Only tell what would be done.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

const party = z.object({ id: z.string(), type: z.string(), name: z.string(), project: z.string().nullable() })

const output = z.object({
  outcome: z.enum(['planned', 'merged']),
  source: party,
  target: party,
  aliases_gained: z.array(z.string()),
  description_gained: z.boolean(),
  properties_gained: z.array(z.object({ property: z.string(), value: z.unknown() })),
  properties_overruled: z.array(z.object({ property: z.string(), kept: z.unknown(), dropped: z.unknown() })),
  relationships_moved: z.array(relationshipView).describe('As they are before it.'),
  relationships_dropped: z.array(
    relationshipView.extend({
      why: z.enum(['twin', 'loop']).describe('It is said already, or would lead from the entity to itself.'),
    }),
  ),
  conflict: openedConflict,
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

export const entityMerge = defineOperation({
  name: 'entity_merge',
  summary:
    'Make two entities one: the first is superseded, and what it was called, had and was related to goes over.',
  example: 'entity merge "Core switch" --into "Gigabit switch" --plan',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const stamp = stampFor(context, 'entity_merge', input.note)
    if (input.plan) return store.read(principal, tx => plan(tx, input, stamp.at), signal)
    return store.change(principal, stamp, tx => merge(tx, input, context, stamp.at), {
      signal,
      idempotency: claimFor('entity_merge', input),
    })
  },
})

async function plan(tx: ReadHandle, input: Input, at: string) {
  const source = await mustFindEntity(tx, input.id)
  const target = await mustFindEntity(tx, input.into)
  mustBeMergeable(source, target, input)
  const merging = await planMerge(tx, { source, target }, { prefer: input.prefer, at })
  return { outcome: 'planned' as const, ...(await told(tx, merging)), conflict: null, receipt: null }
}

async function merge(tx: WriteHandle, input: Input, { principal }: Context, at: string) {
  const found = [await mustFindEntity(tx, input.id), await mustFindEntity(tx, input.into)]
  // In one order for all writers, so that two of them never wait for each other.
  const locked = new Map<string, Entity>()
  for (const id of [...new Set(found.map(entity => entity.id))].sort())
    locked.set(id, await tx.entities.mustGetForChange(id))
  const [source, target] = found.map(({ id }) => locked.get(id)!) as [Entity, Entity]
  mustBeMergeable(source, target, input)
  for (const one of [source, target]) await mustBeOpen(tx, one, { step: 'entity_merge', principal })
  const merging = await planMerge(tx, { source, target }, { prefer: input.prefer, at })
  // Told before it is done: the relationships lead to what they led to.
  const { notices, ...before } = await told(tx, merging)
  await applyMerge(tx, merging, { at, channel: trustOfChannel(principal.kind) })
  const { conflict, notices: contradiction } = await conflictOpenedBy(tx, target.id)
  return { outcome: 'merged' as const, ...before, conflict, notices: [...notices, ...contradiction] }
}

function mustBeMergeable(source: Entity, target: Entity, { force }: Input): void {
  if (source.id === target.id) {
    throw new HeirloomError(
      'INVALID_INPUT',
      `entity_merge: ${quoted(source.name)} (${source.id}) is one entity already. Name another one to merge it into.`,
    )
  }
  if (source.type !== target.type && !force) {
    throw new HeirloomError(
      'INVALID_INPUT',
      `entity_merge: ${quoted(source.name)} is of the type ${source.type}, ${quoted(target.name)} of the type ${target.type}. If they are one thing nevertheless: --force`,
    )
  }
  for (const { status, trust, id } of [source, target]) {
    if (status === 'active' && trust !== 'untrusted') continue
    const state = status === 'active' ? 'untrusted' : status
    const isWaiting = status === 'candidate' || trust === 'untrusted'
    const way = isWaiting
      ? `Promote it first: heirloom promote ${id}`
      : `Restore it first: heirloom restore ${id}`
    throw new HeirloomError(
      'ILLEGAL_TRANSITION',
      `Cannot merge entity ${id}: it is ${state}, and only active ones are merged. ${way}`,
    )
  }
}

async function told(tx: Pick<ReadHandle, 'entities' | 'links' | 'documents'>, merging: Merging) {
  const { source, target, properties, moved, dropped } = merging
  const views = await viewsOf(
    tx,
    dropped.map(({ relationship }) => relationship),
  )
  const apart = source.project !== target.project
  return {
    source: partyOf(source),
    target: partyOf(target),
    aliases_gained: [...merging.aliasesGained],
    description_gained: target.description === null && source.description !== null,
    properties_gained: properties.gained.map(one => ({ ...one })),
    properties_overruled: properties.overruled.map(one => ({ ...one })),
    relationships_moved: await viewsOf(
      tx,
      moved.map(({ before }) => before),
    ),
    relationships_dropped: views.map((view, index) => ({ ...view, why: dropped[index]!.why })),
    notices: apart
      ? [
          `They are of different projects: ${source.project ?? 'none'} and ${target.project ?? 'none'}. What stays is of ${target.project ?? 'none'}.`,
        ]
      : [],
  }
}

function partyOf({ id, type, name, project }: Entity) {
  return { id, type, name, project }
}
