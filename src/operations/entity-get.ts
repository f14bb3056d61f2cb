import * as z from 'zod'
import type { Entity } from '../model/entity.ts'
import type { ReadHandle } from '../store/store.ts'
import * as entityFields from './entity-fields.ts'
import { mustGetAsOf } from './entity-past.ts'
import { mustFindEntity } from './entity-reference.ts'
import { entityView, toEntityView } from './entity-view.ts'
import * as fields from './fields.ts'
import { knownProject } from './known-project.ts'
import { defineOperation } from './operation.ts'
import { endView, lookUpEnds } from './relationship-ends.ts'
import { groupsOf, relationshipGroup } from './relationship-view.ts'
import { mentionNotices } from './unfinished.ts'

/** So many relationships of each side are shown. */
const RELATIONSHIPS = 100

/** So many memories are shown, and counted. */
const MEMORIES = 10
const COUNTED = 10_000

const input = z.object({
  id: entityFields.reference,
  project: fields.project.optional().describe('Where several have the name: the one of this project.'),
  as_of: fields.time.optional().describe('What was known of it at this time.'),
})

const output = entityView.extend({
  relationships: z.array(relationshipGroup),
  memories: z.object({
    total: z.int(),
    total_is_capped: z.boolean(),
    results: z.array(endView).describe('Those that mention it, newest first.'),
  }),
  graduated_memories: z.array(endView).describe('The memories that became it.'),
  contested: z.string().nullable().describe('The open conflict that it is a member of.'),
  notices: z.array(z.string()),
})

type Output = z.infer<typeof output>
type Around = Pick<Output, 'relationships' | 'memories' | 'graduated_memories' | 'contested'>

export const entityGet = defineOperation({
  name: 'entity_get',
  summary: 'Show an entity with what it has to do with others and the memories that mention it.',
  example: 'entity get "Gigabit switch" --project apollo',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: ({ id, project, as_of }, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const among = project === undefined ? {} : await knownProject(tx, project)
        const entity = await mustFindEntity(tx, id, among)
        if (as_of !== undefined) {
          const past = await mustGetAsOf(tx, entity.id, as_of)
          return { ...toEntityView(past), ...NOTHING, notices: [PAST] }
        }
        const around = await aroundOf(tx, entity)
        const shown = around.relationships.reduce((sum, { ends }) => sum + ends.length, 0)
        const notices =
          shown >= RELATIONSHIPS ? [`It may have more relationships: heirloom graph show ${entity.id}`] : []
        return { ...toEntityView(entity), ...around, notices: [...notices, ...(await mentionNotices(tx))] }
      },
      signal,
    ),
})

const NOTHING: Around = {
  relationships: [],
  memories: { total: 0, total_is_capped: false, results: [] },
  graduated_memories: [],
  contested: null,
}

const PAST = 'Relationships and memories are shown for the present only: ask without as_of.'

async function aroundOf(tx: ReadHandle, { id }: Entity): Promise<Around> {
  const reaching = { statuses: ['active', 'candidate'], limit: RELATIONSHIPS }
  const out = await tx.relationships.of('source', [id], reaching)
  const incoming = await tx.relationships.of('target', [id], reaching)
  const relationships = [...new Map([...out, ...incoming].map(one => [one.id, one])).values()]
  const mentioning = await tx.mentions.mentioning(id, COUNTED + 1)
  const graduated = await tx.graduations.into(id, RELATIONSHIPS)
  const memories = (ids: readonly string[]) => ids.map(one => ({ kind: 'memory' as const, id: one }))
  const shown = memories(mentioning.slice(0, MEMORIES))
  const became = memories(graduated.map(({ memory_id }) => memory_id))
  const ends = await lookUpEnds(tx, [...shown, ...became])
  return {
    relationships: await groupsOf(tx, id, relationships),
    memories: {
      total: Math.min(mentioning.length, COUNTED),
      total_is_capped: mentioning.length > COUNTED,
      results: shown.map(ends.view),
    },
    graduated_memories: became.map(ends.view),
    contested: (await tx.conflicts.contested([id])).get(id) ?? null,
  }
}
