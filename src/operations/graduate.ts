import * as z from 'zod'
import { ENTITY_LIMITS } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import * as entityFields from './entity-fields.ts'
import { entityView, toEntityView } from './entity-view.ts'
import * as fields from './fields.ts'
import { type Graduating, graduateOne } from './graduating.ts'
import { contestedClaim, mustGoOnIn } from './graduating-contested.ts'
import { nearNotices } from './near-projects.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'

const input = z.object({
  id: fields.id,
  type: entityFields.type.optional(),
  name: entityFields.name.optional(),
  into: entityFields.reference
    .optional()
    .describe('An entity that is there already, by its id or name, instead of type and name.'),
  project: fields.project.optional().describe('The project of the entity: by default that of the memory.'),
  description: entityFields.described.description.describe(
    `What the entity is: by default what the memory says, up to ${ENTITY_LIMITS.descriptionBytes / 1024} KiB.`,
  ),
  candidate: entityFields.candidate,
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

export const graduate = defineOperation({
  name: 'graduate',
  summary: 'Make an entity of a memory, which stays unchanged as the pointer to where that came from.',
  example: 'graduate 0198c0de-0000-7000-8000-000000000000 --type decision --name "One switch a rack"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output: z.object({
    id: z.string().describe('The memory.'),
    status: z.string(),
    was: z.string(),
    graduated_to_entity_id: z.string(),
    entity: entityView,
    outcome: z.enum(['created', 'joined']).describe('Whether the entity was made, or was there.'),
    properties_gained: z.array(z.object({ property: z.string(), value: z.unknown() })),
    evidence: z.string().describe('The id of the relationship that names the memory as evidence.'),
    conflict: openedConflict,
    notices: z.array(z.string()),
    receipt: fields.receiptOut,
  }),
  run: async (input, context) => {
    const entity = mustBeWhole(input)
    const stamp = stampFor(context, 'graduate', input.note)
    return context.store.change(
      context.principal,
      stamp,
      async tx => {
        const project = input.project === undefined ? undefined : await tx.projects.ensure(input.project)
        const contested = await contestedClaim(tx, input.id)
        const done = await graduateOne(tx, {
          ...entity,
          id: input.id,
          project: project?.name,
          context,
          at: stamp.at,
        })
        const { conflict, notices } = await conflictOpenedBy(tx, done.entity.id)
        if (contested !== null) await mustGoOnIn(tx, contested, done.entity.id)
        return {
          ...done,
          entity: toEntityView(done.entity),
          conflict,
          notices: [...nearNotices(project ?? null), ...done.notices, ...notices],
        }
      },
      { signal: context.signal, idempotency: claimFor('graduate', input) },
    )
  },
})

/** @throws INVALID_INPUT where it is not said what becomes of the memory, or is said twice. */
function mustBeWhole({
  type,
  name,
  into,
  project,
  description,
  candidate = false,
}: Input): Pick<Graduating, 'made' | 'into'> {
  const isAnything = [type, name, project, description].some(said => said !== undefined) || candidate
  if (into !== undefined && !isAnything) return { into }
  if (into === undefined && type !== undefined && name !== undefined) {
    return { made: { type, name, description: description ?? null, isCandidate: candidate } }
  }
  throw new HeirloomError(
    'INVALID_INPUT',
    into === undefined
      ? 'graduate: say what the memory becomes: --type and --name of a new entity, or --into an entity that is there.'
      : 'graduate: an entity that is there keeps its type, name, project, description and state: give --into alone, or leave it out.',
  )
}
