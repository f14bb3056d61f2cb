/** From ranked candidates to results: the best that are there, hold, and fit; with what is told of each. */
import * as z from 'zod'
import type { Principal } from '../model/access.ts'
import { type Entity, saidOf } from '../model/entity.ts'
import { isValidAt, type Memory } from '../model/memory.ts'
import type { Ranked, Reasons } from '../model/rank.ts'
import type { ReadHandle } from '../store/store.ts'
import { originsOf } from './origin.ts'
import type { Gathered, Recalled } from './recall-candidates.ts'
import { tokenCounter } from './tokens.ts'

const reasons = z.object({
  terms: z
    .array(z.object({ term: z.string(), documents: z.int().nullable() }))
    .describe('Words of the query that it holds, and in how many memories each is found.'),
  lifted_by: z.object({ id: z.string(), distance: z.int() }).nullable(),
  features: z.record(z.string(), z.number()).describe('What each stage of ranking adds to its score.'),
  factors: z.record(z.string(), z.number()).describe('By what the score is multiplied then.'),
})

export const recallResult = z.object({
  rank: z.int(),
  record: z.enum(['memory', 'entity']).describe('Of an entity, kind is its type and title its name.'),
  id: z.string(),
  content: z.string(),
  title: z.string().nullable(),
  document: z.string().nullable(),
  label: z.string().nullable(),
  position: z.int().nullable(),
  project: z.string().nullable(),
  kind: z.string(),
  tags: z.array(z.string()),
  author: z.string().nullable(),
  trust: z.string(),
  status: z.string(),
  recorded_at: z.string(),
  valid_from: z.string().nullable(),
  valid_until: z.string().nullable(),
  revision: z.int(),
  legs: z
    .object({ keyword: z.int().nullable(), dense: z.int().nullable() })
    .describe('Its rank by words alone, and by meaning alone.'),
  near_duplicates: z.array(z.string()),
  origin: z.string().nullable().describe('What it came from, in one line.'),
  contested: z.string().nullable().describe('The open conflict about what it claims.'),
  why: reasons.optional(),
})

export type RecallResult = z.infer<typeof recallResult>

export interface Chosen {
  readonly items: readonly { readonly ranked: Ranked; readonly found: Recalled }[]
  /** Whether something that matches was left out, for the limit or for the budget. */
  readonly truncated: boolean
  readonly overBudget: boolean
}

interface Choosing {
  readonly limit?: number | undefined
  /** In tokens. */
  readonly budget?: number | undefined
  readonly validAt: string
}

/** The best that are there, hold at the time asked for, and fit the limit and the budget; whole items only. */
export async function choose(
  tx: ReadHandle,
  ranked: readonly Ranked[],
  gathered: Gathered,
  { limit = 10, budget, validAt }: Choosing,
): Promise<Chosen> {
  const items: { ranked: Ranked; found: Recalled }[] = []
  let left = budget ?? Number.POSITIVE_INFINITY
  const count = budget === undefined ? null : await tokenCounter()
  let overBudget = false
  let leftOut = false
  // One more than are shown: the next one tells whether something was left out.
  for (let start = 0; start < ranked.length && !leftOut; start += limit + 1) {
    const slice = ranked.slice(start, start + limit + 1)
    const fetched = await gathered.fetch(
      tx,
      slice.map(item => item.key),
    )
    for (const item of slice) {
      const found = fetched.get(item.key)
      if (found === undefined || !isValidAt(recordOf(found), validAt)) continue
      if (items.length >= limit) {
        leftOut = true
        break
      }
      const tokens = count === null ? 0 : count(contentOf(found))
      if (tokens > left) overBudget = true
      else {
        items.push({ ranked: item, found })
        left -= tokens
      }
    }
  }
  return { items, truncated: overBudget || leftOut, overBudget }
}

interface Describing {
  readonly principal: Principal
  /** How the query writes the words behind its terms; null where nobody asked for reasons. */
  readonly spelling: ReadonlyMap<string, string> | null
}

export async function describe(
  tx: ReadHandle,
  { items }: Chosen,
  gathered: Gathered,
  { principal, spelling }: Describing,
): Promise<RecallResult[]> {
  const memories = items.flatMap(({ found }) => (found.record === 'memory' ? [found.memory] : []))
  const sources = await tx.documents.sources([
    ...new Set(memories.flatMap(({ document_id }) => document_id ?? [])),
  ])
  const origins = await originsOf(tx, memories, principal)
  const contested = await tx.conflicts.contested(items.map(({ found }) => recordOf(found).id))
  return items.map(({ ranked, found }, index) => {
    const { id, trust, status, recorded_at, valid_from, valid_until, revision, project } = recordOf(found)
    return {
      rank: index + 1,
      record: found.record,
      id,
      ...(found.record === 'memory' ? ofMemory(found.memory, sources) : ofEntity(found.entity)),
      project,
      trust,
      status,
      recorded_at,
      valid_from,
      valid_until,
      revision,
      legs: { keyword: ranked.keywordRank, dense: ranked.denseRank },
      near_duplicates: ranked.duplicates.map(key => gathered.idOf(key)),
      origin: origins.get(id) ?? null,
      contested: contested.get(id) ?? null,
      ...(spelling === null ? {} : { why: toReasons(ranked.explain(), gathered, spelling) }),
    }
  })
}

function recordOf(found: Recalled): Memory | Entity {
  return found.record === 'memory' ? found.memory : found.entity
}

function contentOf(found: Recalled): string {
  return found.record === 'memory' ? found.memory.content : saidOf(found.entity)
}

function ofMemory(memory: Memory, sources: ReadonlyMap<string, string>) {
  const { content, title, label, position, kind, author, document_id } = memory
  const document = document_id === null ? null : (sources.get(document_id) ?? null)
  return { content, title, document, label, position, kind, tags: [...memory.tags], author }
}

function ofEntity(entity: Entity) {
  const content = saidOf(entity)
  return {
    content: content === '' ? entity.name : content,
    title: entity.name,
    document: null,
    label: null,
    position: null,
    kind: entity.type,
    tags: [],
    author: null,
  }
}

function toReasons(
  { terms, liftedBy, features, factors }: Reasons,
  gathered: Gathered,
  spelling: ReadonlyMap<string, string>,
): z.infer<typeof reasons> {
  return {
    terms: [...spelled(terms, spelling)].map(([term, documents]) => ({ term, documents })),
    lifted_by: liftedBy === null ? null : { id: gathered.idOf(liftedBy.key), distance: liftedBy.distance },
    features: present(features),
    factors: present(factors),
  }
}

/** As the query writes them; of a word that is several terms the one that is found most often. */
function spelled(terms: Reasons['terms'], spelling: ReadonlyMap<string, string>): Map<string, number | null> {
  const found = new Map<string, number | null>()
  for (const { term, documents } of terms) {
    const word = spelling.get(term) ?? term
    const before = found.get(word) ?? null
    found.set(word, before === null ? documents : Math.max(before, documents ?? 0))
  }
  return found
}

/** To three digits: more would say nothing. */
function present(numbers: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  const pairs = Object.entries(numbers).filter((pair): pair is [string, number] => pair[1] !== undefined)
  return Object.fromEntries(pairs.map(([name, number]) => [name, Number(number.toFixed(3))]))
}
