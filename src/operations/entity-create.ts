import * as z from 'zod'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import { mustBeOrdered } from './drafting.ts'
import { waitingNotices } from './entering.ts'
import { newEntity, sharedNames } from './entity-drafting.ts'
import * as entityFields from './entity-fields.ts'
import { entityView, toEntityView } from './entity-view.ts'
import * as fields from './fields.ts'
import { nearNotices } from './near-projects.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'

const input = z.object({
  type: entityFields.type,
  name: entityFields.name,
  ...entityFields.described,
  candidate: entityFields.candidate,
  third_party: entityFields.thirdParty,
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

/** What a change of an entity answers with. */
export const entityChanged = entityView.extend({
  conflict: openedConflict,
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

export const entityCreate = defineOperation({
  name: 'entity_create',
  summary:
    'Make a thing known by its name: a component, a decision, a person, so that memories can be about it.',
  example: `entity create component "Gigabit switch" --project apollo --aliases switch,GS-24 --properties '{"ports": 24}'`,
  effects: 'write',
  idempotent: false,
  scope: 'write',
  positional: ['type', 'name'],
  opens: 'create',
  input,
  output: entityChanged,
  run: async (input, context) => {
    const stamp = stampFor(context, 'entity_create', input.note)
    return context.store.change(context.principal, stamp, tx => createOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('entity_create', input),
    })
  },
})

async function createOne(tx: WriteHandle, input: Input, context: Context, at: string) {
  mustBeOrdered(input.valid_from ?? null, input.valid_until ?? null)
  const project = input.project === undefined ? null : await tx.projects.ensure(input.project)
  const entity = newEntity(
    {
      type: input.type,
      name: input.name,
      aliases: input.aliases ?? [],
      description: input.description ?? null,
      properties: input.properties ?? {},
      project: project?.name ?? null,
      confidence: input.confidence ?? null,
      valid_from: input.valid_from ?? null,
      valid_until: input.valid_until ?? null,
    },
    {
      context,
      at,
      settings: await tx.projects.settings(project?.name ?? null),
      isCandidate: input.candidate ?? false,
      trust: input.third_party ? 'untrusted' : undefined,
    },
  )
  await tx.entities.create(entity)
  const shared = await sharedNames(tx, entity)
  const { conflict, notices } = await conflictOpenedBy(tx, entity.id)
  const told = nearNotices(project, `heirloom entity update ${entity.id}`)
  return {
    ...toEntityView(entity),
    conflict,
    notices: [...told, ...waitingNotices(entity), ...shared, ...notices],
  }
}
