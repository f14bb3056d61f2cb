import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { isUuid } from '../model/id.ts'
import { mustBeRelationshipType, normalised, type Relationship } from '../model/relationship.ts'
import type { WriteHandle } from '../store/store.ts'
import { mustBeOpen } from './entering.ts'
import * as fields from './fields.ts'
import { knownProject } from './known-project.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { endReference, mustFindNamed, relationshipType } from './relate.ts'
import { relationshipView, sentenceOf, viewsOf } from './relationship-view.ts'
import { moveFound } from './transition.ts'

const input = z.object({
  source: endReference.describe(
    'The id of the relationship; or, before type and target, where it leads from.',
  ),
  type: relationshipType.optional(),
  target: endReference.optional().describe('Where it leads to.'),
  project: fields.project
    .optional()
    .describe('The project that it is of, or one of its ends: where several have a name, that one is meant.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

export const unrelate = defineOperation({
  name: 'unrelate',
  summary: 'Take a relationship away; restore brings it back by its id.',
  example: 'unrelate "Rack 3" contains "Gigabit switch" --note "moved"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['source', 'type', 'target'],
  opens: 'existing',
  input,
  output: relationshipView.extend({
    was: z.string(),
    said: z.string().describe('The sentence that does not hold any more.'),
    notices: z.array(z.string()),
    receipt: fields.receiptOut,
  }),
  run: async (input, context) => {
    mustBeEither(input)
    const stamp = stampFor(context, 'unrelate', input.note)
    return context.store.change(context.principal, stamp, tx => unrelateOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('unrelate', input),
    })
  },
})

async function unrelateOne(tx: WriteHandle, input: Input, { principal }: Context, at: string) {
  const { id } = await mustFindRelationship(tx, input)
  const record = await tx.relationships.mustGetForChange(id)
  await mustBeOpen(tx, record, { step: 'unrelate', principal })
  const { was } = await moveFound(tx, { kind: 'relationship', record }, { step: 'forget', at })
  const [view] = await viewsOf(tx, [await tx.relationships.mustGet(id)])
  return { ...view!, was, said: sentenceOf(view!), notices: [] }
}

function mustBeEither({ source, type, target }: Input): void {
  if (type !== undefined && target !== undefined) {
    mustBeRelationshipType(type)
    return
  }
  if (type === undefined && target === undefined && isUuid(source.toLowerCase())) return
  throw new HeirloomError(
    'INVALID_INPUT',
    'unrelate: give the id of a relationship, or source, type and target as they were related. Find ids with: heirloom graph show <entity>',
  )
}

async function mustFindRelationship(tx: WriteHandle, input: Input): Promise<Relationship> {
  const { source, type, target } = input
  const among: { project?: string } = input.project === undefined ? {} : await knownProject(tx, input.project)
  if (type === undefined || target === undefined) return tx.relationships.mustGet(source.toLowerCase())
  const said = normalised({
    type: mustBeRelationshipType(type),
    source: await mustFindNamed(tx, source, among),
    target: await mustFindNamed(tx, target, among),
  })
  const found = await tx.relationships.twin({
    type: said.type,
    source_id: said.source.id,
    target_id: said.target.id,
  })
  if (found !== null && (await isOf(tx, found, among))) return found
  const where = among.project === undefined ? '' : ` in project "${among.project}"`
  throw new HeirloomError(
    'NOT_FOUND',
    `"${source}" is not ${type} "${target}"${where}. See what it is related to: heirloom graph show <entity>`,
  )
}

/** Names that the project does not have lead elsewhere; what has nothing to do with it is not meant. */
async function isOf(
  tx: WriteHandle,
  relationship: Relationship,
  { project }: { project?: string },
): Promise<boolean> {
  if (project === undefined) return true
  const [view] = await viewsOf(tx, [relationship])
  return [relationship.project, view?.source.project, view?.target.project].includes(project)
}
