import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { isUuid } from '../model/id.ts'
import { mustBeRelationshipType, normalised, type Relationship } from '../model/relationship.ts'
import type { WriteHandle } from '../store/store.ts'
import { mustBeOpen } from './entering.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { endReference, relationshipType } from './relate.ts'
import { mustFindEnd } from './relationship-ends.ts'
import { relationshipView, sentenceOf, viewsOf } from './relationship-view.ts'
import { moveFound } from './transition.ts'

const input = z.object({
  source: endReference.describe(
    'The id of the relationship; or, before type and target, where it leads from.',
  ),
  type: relationshipType.optional(),
  target: endReference.optional().describe('Where it leads to.'),
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

async function mustFindRelationship(tx: WriteHandle, { source, type, target }: Input): Promise<Relationship> {
  if (type === undefined || target === undefined) return tx.relationships.mustGet(source.toLowerCase())
  const said = normalised({
    type: mustBeRelationshipType(type),
    source: await mustFindEnd(tx, source),
    target: await mustFindEnd(tx, target),
  })
  const found = await tx.relationships.twin({
    type: said.type,
    source_id: said.source.id,
    target_id: said.target.id,
  })
  if (found !== null) return found
  throw new HeirloomError(
    'NOT_FOUND',
    `"${source}" is not ${type} "${target}". See what it is related to: heirloom graph show <entity>`,
  )
}
