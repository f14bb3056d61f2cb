import * as z from 'zod'
import type { JournalRecord } from '../store/journal-reader.ts'
import { farEnd } from '../store/relationships.ts'
import type { ReadHandle } from '../store/store.ts'
import * as entityFields from './entity-fields.ts'
import { mustFindEntity } from './entity-reference.ts'
import * as fields from './fields.ts'
import * as view from './graph-view.ts'
import { entryView, toEntryView } from './journal-view.ts'
import { knownProject } from './known-project.ts'
import { defineOperation } from './operation.ts'
import { endView, entityEnd, lookUpEnds } from './relationship-ends.ts'
import { sentenceOf, sourceOf, targetOf, toRelationshipView } from './relationship-view.ts'

/** So many relationships of the entity are looked at. */
const RELATIONSHIPS = 2000

/** Ids a statement. */
const BATCH = 500

const input = z.object({
  id: entityFields.reference,
  since: fields.time.describe('From when on: a date or a time.'),
  project: view.project,
  limit: fields.limit.optional().describe('How many entries, the newest; at most 100.'),
})

const entry = entryView.extend({
  about: z
    .string()
    .describe('What was changed: the entity, a neighbour by its name, a relationship as a sentence.'),
})

const output = z.object({
  id: z.string(),
  since: z.string(),
  neighbours: z.array(endView).describe('What it is or was related to.'),
  entries: z.array(entry).describe('Newest first.'),
  truncated: z.boolean(),
  notices: z.array(z.string()),
})

export const graphChanges = defineOperation({
  name: 'graph_changes',
  summary: 'Show what has changed around an entity: itself, its relationships and what those lead to.',
  example: 'graph changes "Gigabit switch" 2026-01-01',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id', 'since'],
  opens: 'existing',
  input,
  output,
  run: ({ id, since, project, limit = 50 }, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const among = project === undefined ? {} : await knownProject(tx, project)
        const entity = await mustFindEntity(tx, id, among)
        const { names, neighbours, isCut } = await surroundings(tx, entity.id)
        names.set(entity.id, `${entity.type} “${entity.name}”`)
        const found = await entriesAbout(tx, [...names.keys()], { since, limit: limit + 1 })
        return {
          id: entity.id,
          since,
          neighbours: neighbours.filter(({ id: other }) => other !== entityEnd(entity).id),
          entries: found
            .slice(0, limit)
            .map(one => ({ ...toEntryView(one), about: names.get(one.subject_id)! })),
          truncated: found.length > limit,
          notices: isCut
            ? [`It has more than ${RELATIONSHIPS} relationships; the rest was not looked at.`]
            : [],
        }
      },
      signal,
    ),
})

/** What stands around an entity, whatever state it is in, and what each is called. */
async function surroundings(tx: ReadHandle, id: string) {
  const relationships = await tx.relationships.touching(id, RELATIONSHIPS)
  const ends = await lookUpEnds(
    tx,
    relationships.flatMap(one => [sourceOf(one), targetOf(one)]),
  )
  const names = new Map<string, string>()
  const neighbours = new Map<string, ReturnType<typeof ends.view>>()
  for (const one of relationships) {
    names.set(one.id, sentenceOf(toRelationshipView(one, ends)))
    const far = ends.view(farEnd(one, one.source_id === id ? 'source' : 'target'))
    // The journal tells all that was written: of what is somebody else's, nothing.
    if (far.state === 'hidden' || far.kind === 'session') continue
    neighbours.set(far.id, far)
    names.set(far.id, far.name === null ? `${far.kind} ${far.id}` : `${far.type ?? far.kind} “${far.name}”`)
  }
  return { names, neighbours: [...neighbours.values()], isCut: relationships.length >= RELATIONSHIPS }
}

async function entriesAbout(
  tx: ReadHandle,
  ids: readonly string[],
  { since, limit }: { readonly since: string; readonly limit: number },
): Promise<JournalRecord[]> {
  const found: JournalRecord[] = []
  for (let start = 0; start < ids.length; start += BATCH) {
    const subject_ids = ids.slice(start, start + BATCH)
    found.push(...(await tx.journal.entries({ subject_ids, after_time: since, limit })))
  }
  return found.toSorted((a, b) => b.sequence - a.sequence).slice(0, limit)
}
