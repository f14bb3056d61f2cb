/** The shared flow of the questions about all entities of a type: those that lack something, a page at a time. */
import * as z from 'zod'
import type { Entity } from '../model/entity.ts'
import { isValidAt } from '../model/memory.ts'
import type { Relationship, RelationshipType, Side } from '../model/relationship.ts'
import { farEnd } from '../store/relationships.ts'
import type { ReadHandle } from '../store/store.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { knownProject } from './known-project.ts'
import type { Context } from './operation.ts'
import { lookUpEnds } from './relationship-ends.ts'

/** Entities that are looked at together. */
const PAGE = 200

/** So many are looked at for one answer, unless a question asks more of each. */
const LOOKED_AT = 5000

/** Relationships that are looked at together. */
const EDGES = 10_000

export const gapInput = z.object({
  project: fields.project.optional().describe('Only entities of this project, by its name or an alias.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
})

/** What a page is besides its results. */
export const gapOutput = {
  looked_at: z.int().describe('How many of the type were looked at.'),
  cursor: z.string().nullable(),
  truncated: z.boolean(),
  notices: z.array(z.string()),
}

interface Question<T> {
  readonly operation: string
  readonly type: string
  readonly lookedAt?: number
  /** What is lacking, by the entity that lacks it. */
  readonly find: (tx: ReadHandle, entities: readonly Entity[], now: string) => Promise<ReadonlyMap<string, T>>
}

export async function findGaps<T>(
  { operation, type, find, lookedAt: most = LOOKED_AT }: Question<T>,
  { project, limit = 20, cursor }: z.output<typeof gapInput>,
  { store, principal, signal, now: clock }: Context,
) {
  const now = clock()
  return store.read(
    principal,
    async tx => {
      const among = project === undefined ? {} : await knownProject(tx, project)
      const signing = { secret: await tx.settings.cursorSecret(), principal, operation }
      const results: T[] = []
      let before = cursor === undefined ? undefined : mustReadCursor(cursor, signing)
      let lookedAt = 0
      let isOver = false
      while (!isOver && results.length < limit && lookedAt < most) {
        const page = await tx.entities.list({ types: [type], ...among }, { limit: PAGE, before })
        isOver = page.length < PAGE
        const found = await find(
          tx,
          page.filter(entity => isValidAt(entity, now)),
          now,
        )
        for (const { id } of page) {
          if (results.length === limit) {
            isOver = false
            break
          }
          before = id
          lookedAt++
          const gap = found.get(id)
          if (gap !== undefined) results.push(gap)
        }
      }
      const next = isOver || before === undefined ? null : toCursor(before, signing)
      const notices = next === null ? [] : ['There may be more: the same with the cursor.']
      return { results, looked_at: lookedAt, cursor: next, truncated: next !== null, notices }
    },
    signal,
  )
}

export interface Asked {
  readonly side: Side
  readonly type: RelationshipType
  /** ISO 8601, UTC, milliseconds. */
  readonly now: string
}

/** The relationships of that type that hold now, and lead to what holds now; by the id on the given side. */
export async function holding(
  tx: ReadHandle,
  ids: readonly string[],
  asked: Asked,
): Promise<Map<string, Relationship[]>> {
  const { side, now } = asked
  const edges = await edgesOf(tx, ids, asked)
  const ends = await lookUpEnds(
    tx,
    edges.map(edge => farEnd(edge, side)),
  )
  const isThere = (edge: Relationship) => {
    const { state, kind, id } = ends.view(farEnd(edge, side))
    const entity = ends.entities.get(id)
    const isStanding = state === 'active' || (kind === 'memory' && state === 'graduated')
    return isStanding && (entity === undefined || isValidAt(entity, now))
  }
  return Map.groupBy(edges.filter(isThere), edge => (side === 'source' ? edge.source_id : edge.target_id))
}

/** Those of the type that hold now. None of the ids goes without for the many that another one has. */
export async function edgesOf(tx: ReadHandle, ids: readonly string[], asked: Asked): Promise<Relationship[]> {
  const { side, type, now } = asked
  const edges = await tx.relationships.of(side, ids, { types: [type], limit: EDGES })
  if (edges.length === EDGES && ids.length > 1) {
    const middle = ids.length >> 1
    const first = await edgesOf(tx, ids.slice(0, middle), asked)
    return [...first, ...(await edgesOf(tx, ids.slice(middle), asked))]
  }
  return edges.filter(edge => isValidAt(edge, now))
}
