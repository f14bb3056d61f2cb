import * as z from 'zod'
import { analyse } from '../model/analysis.ts'
import type { Entity } from '../model/entity.ts'
import { STATUSES, type Status } from '../model/lifecycle.ts'
import { canonicalProject } from '../model/project.ts'
import type { EntityFilter } from '../store/entities.ts'
import type { ReadHandle } from '../store/store.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as entityFields from './entity-fields.ts'
import { entityView, toEntityView } from './entity-view.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'

/** So many that a full-text search finds are looked at, at the most. */
const LOOKED_AT = 200

const input = z.object({
  query: fields
    .text(1000)
    .refine(value => value.trim() !== '', 'must not be empty')
    .optional()
    .describe('A name or alias, the beginning of one, or words of the description.'),
  type: fields.listOf(entityFields.type).optional().describe('Only entities of these types.'),
  project: fields.project.optional().describe('Only entities of this project, by its name or an alias.'),
  status: fields
    .listOf(z.enum(STATUSES))
    .optional()
    .describe('Only entities in these states; active by default.'),
  prefix: fields.name.optional().describe('Only entities with a name or alias that begins so.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
})

type Input = z.output<typeof input>

const output = z.object({
  results: z.array(entityView),
  cursor: z.string().nullable(),
  truncated: z.boolean(),
  notices: z.array(z.string()),
})

export const entityList = defineOperation({
  name: 'entity_list',
  summary: 'List entities, newest first, or find some by a name, its beginning, or words.',
  example: 'entity list --type component,service --project apollo',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['query'],
  opens: 'existing',
  input,
  output,
  run: (input, { store, principal, signal }) =>
    store.read(
      principal,
      async tx => {
        const { filter, notices } = await filterOf(tx, input)
        const { limit = 20, cursor } = input
        const wanted = { filter, limit: limit + 1 }
        if (input.query !== undefined || input.prefix !== undefined) {
          const found = await search(tx, input, wanted)
          return { ...page(found, limit), cursor: null, notices }
        }
        const signing = { secret: await tx.settings.cursorSecret(), principal, operation: 'entity_list' }
        const before = cursor === undefined ? undefined : mustReadCursor(cursor, signing)
        const found = await tx.entities.list(filter, { limit: limit + 1, before })
        const shown = page(found, limit)
        const last = shown.results.at(-1)
        const next = shown.truncated && last !== undefined ? toCursor(last.id, signing) : null
        return { ...shown, cursor: next, notices }
      },
      signal,
    ),
})

function page(found: readonly Entity[], limit: number) {
  return { results: found.slice(0, limit).map(toEntityView), truncated: found.length > limit }
}

async function filterOf(tx: ReadHandle, { project, type, status }: Input) {
  const known = project === undefined ? undefined : await tx.projects.resolve(project)
  const filter: EntityFilter = {
    types: type?.length ? type : undefined,
    statuses: status?.length ? status : ['active'],
    project: project === undefined ? undefined : (known ?? canonicalProject(project)),
  }
  const notices =
    known === null ? [`There is no project "${project}". See which there are: heirloom project list`] : []
  return { filter, notices }
}

/** By name before by its beginning, and that before by words; each entity once. */
async function search(
  tx: ReadHandle,
  { query, prefix }: Input,
  { filter, limit }: { readonly filter: EntityFilter; readonly limit: number },
): Promise<Entity[]> {
  const isWanted = wantedBy(filter)
  const found = new Map<string, Entity>()
  const add = (entities: readonly Entity[]) => {
    for (const entity of entities.filter(isWanted)) if (!found.has(entity.id)) found.set(entity.id, entity)
  }
  // A name stands once for each of its aliases.
  const many = limit * 4
  if (query !== undefined) {
    add(await tx.entities.named(query, filter))
    if (found.size < limit) add(await tx.entities.prefixed(query, filter, many))
    if (found.size < limit) add(await byWords(tx, query, filter.statuses ?? []))
  }
  if (prefix === undefined) return [...found.values()].slice(0, limit)
  const prefixed = (await tx.entities.prefixed(prefix, filter, many)).filter(isWanted)
  const both = query === undefined ? prefixed : prefixed.filter(({ id }) => found.has(id))
  return both.slice(0, limit)
}

async function byWords(tx: ReadHandle, query: string, statuses: readonly Status[]): Promise<Entity[]> {
  const terms = [...new Set(analyse(query))]
  if (terms.length === 0) return []
  const ids: string[] = []
  if (statuses.includes('active')) ids.push(...(await tx.keyword.entities('live', terms)))
  // What is active and not believed is no part of what is live.
  ids.push(...(await tx.keyword.entities('past', terms)))
  const known = await tx.entities.byIds(ids.slice(0, LOOKED_AT))
  return ids.flatMap(id => known.get(id) ?? [])
}

function wantedBy({ types, project, statuses = ['active'] }: EntityFilter) {
  return (entity: Entity) =>
    statuses.includes(entity.status) &&
    (types === undefined || types.includes(entity.type)) &&
    (project === undefined || entity.project === project)
}
