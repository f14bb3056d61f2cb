/** Which versions may answer a query, from every part of the index that the request reaches into. */
import type { AnalysedQuery } from '../model/analysis.ts'
import type { Entity } from '../model/entity.ts'
import { assertBug } from '../model/errors.ts'
import type { Memory, Trust } from '../model/memory.ts'
import { isNear } from '../model/rank/nearness.ts'
import type { Corpus, RankCandidate } from '../model/rank.ts'
import type { KeywordHit, KeywordPart } from '../store/engine.ts'
import { fitsEntities, type MemoryFilter, type VersionTable } from '../store/memory-filter.ts'
import { beginPhase } from '../store/phases.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Meaning } from './recall-meaning.ts'

export interface CandidateRequest {
  readonly query: AnalysedQuery
  /** Memories that may answer besides those that the words lead to. */
  readonly also?: readonly string[] | undefined
  readonly filter: MemoryFilter
  readonly as_of: string | undefined
  readonly neighbours: boolean
  /** What the query means; null where recall goes by words alone. What was said earlier has no vectors. */
  readonly meaning?: Meaning | null | undefined
  /** As in `RankingRequest`. */
  readonly unsure?: number | undefined
}

/** So many of the nearest may answer, and of so many of them also what stands beside. More find nothing more. */
const NEAREST = 100
const NEAR = 30

export interface Gathered {
  readonly candidates: readonly RankCandidate[]
  readonly corpus: Corpus
  /** The id of the memory or entity behind a candidate's key. */
  idOf(key: number): string
  /** What is behind some keys, by key. */
  fetch(tx: ReadHandle, keys: readonly number[]): Promise<Map<number, Recalled>>
}

/** What recall answers with. */
export type Recalled =
  | { readonly record: 'memory'; readonly memory: Memory }
  | { readonly record: 'entity'; readonly entity: Entity }

interface Reach {
  readonly part: KeywordPart
  readonly table: VersionTable
}

interface Origin {
  readonly hit: KeywordHit
  readonly table: VersionTable
}

const TRUSTED: readonly Trust[] = ['stated', 'observed', 'inferred']

export async function findCandidates(tx: ReadHandle, request: CandidateRequest): Promise<Gathered> {
  const filter = completed(request)
  const origins = new Map<number, Origin>()
  let corpus: Corpus = { documents: 0, averageLength: 1, frequencies: new Map() }
  for (const { part, table } of reaches(request)) {
    const found = await tx.keyword.search({
      terms: request.query.terms,
      neighbours: request.neighbours && part === 'live',
      part,
      filter: part === 'live' && isPlain(request) ? null : { table, fields: filter },
    })
    corpus = merged(corpus, found.corpus, table)
    for (const hit of found.hits) origins.set(hit.doc, { hit, table: tableOf(hit, table) })
  }
  const similarities = await addNearest(tx, request, { filter, origins })
  const fields = isPlain(request) ? null : { table: 'memories' as const, fields: filter }
  for (const hit of await tx.keyword.ofMemories(request.also ?? [], fields))
    if (!origins.has(hit.doc)) origins.set(hit.doc, { hit, table: tableOf(hit, 'memories') })
  await compareAll(tx, request, { origins, similarities })
  return gathered({ origins, corpus, filter, similarities })
}

/** Adds what is near by its meaning. @returns the cosines of what waits to be embedded, by id. */
async function addNearest(
  tx: ReadHandle,
  request: CandidateRequest,
  { filter, origins }: { readonly filter: MemoryFilter; readonly origins: Map<number, Origin> },
): Promise<Map<string, number>> {
  const { meaning, neighbours, as_of, unsure = 0 } = request
  if (!meaning || as_of !== undefined) return new Map()
  const { space, vector } = meaning
  beginPhase('dense')
  const similarities = new Map(meaning.waiting)
  const level = { noise: space.noise, unsure }
  const arriving = [...meaning.waiting].sort(([, one], [, other]) => other - one)
  for (const { part, table } of reaches(request)) {
    const limits = part === 'live' && isPlain(request) ? null : { table, fields: filter }
    const nearest = await tx.vectors.nearest({ space, vector, limit: NEAREST, part, filter: limits })
    const hits = nearest.filter(({ similarity }, place) => isNear(similarity, place, level))
    const sure = hits.filter(({ similarity }) => similarity > space.noise)
    const beside = neighbours && part === 'live' ? await tx.keyword.beside(sure.slice(0, NEAR), limits) : []
    const close = arriving.filter(([, similarity], place) => isNear(similarity, place, level))
    const waiting = await tx.keyword.ofMemories(
      close.map(([id]) => id),
      limits,
      part,
    )
    for (const hit of [...hits, ...waiting, ...beside])
      if (!origins.has(hit.doc)) origins.set(hit.doc, { hit, table: tableOf(hit, table) })
    for (const { memory_id, similarity } of hits) similarities.set(memory_id, similarity)
  }
  return similarities
}

/** Whoever came by words or by standing beside has a meaning, too. */
async function compareAll(
  tx: ReadHandle,
  { meaning, as_of }: CandidateRequest,
  { origins, similarities }: { origins: ReadonlyMap<number, Origin>; similarities: Map<string, number> },
): Promise<void> {
  if (!meaning || as_of !== undefined) return
  beginPhase('dense')
  const ids = [...origins.values()].map(({ hit }) => hit.memory_id).filter(id => !similarities.has(id))
  const found = await tx.vectors.similarities(meaning.space, meaning.vector, [...new Set(ids)])
  for (const [id, similarity] of found) similarities.set(id, similarity)
}

function tableOf({ subject }: KeywordHit, table: VersionTable): VersionTable {
  return subject === 'entity' ? 'entities' : table
}

/** The live part alone already holds just what is active and trusted. */
function isPlain({ filter, as_of }: CandidateRequest): boolean {
  return as_of === undefined && Object.keys(filter).length === 0
}

function reaches({ filter, as_of }: CandidateRequest): Reach[] {
  const live: Reach = { part: 'live', table: 'memories' }
  const past: Reach = { part: 'past', table: 'memories' }
  const entities: Reach[] =
    Object.keys(filter).length > 0 && fitsEntities(filter) ? [{ part: 'live', table: 'entities' }] : []
  if (as_of !== undefined) return [live, past, { part: 'past', table: 'memory_revisions' }]
  const statuses = filter.statuses ?? ['active']
  const onlyLive = statuses.every(status => status === 'active') && !filter.trusts?.includes('untrusted')
  if (onlyLive) return [live, ...entities]
  return statuses.includes('active') ? [live, past, ...entities] : [past]
}

function completed({ filter, as_of }: CandidateRequest): MemoryFilter {
  return {
    ...filter,
    statuses: filter.statuses ?? ['active'],
    trusts: filter.trusts ?? TRUSTED,
    ...(as_of === undefined ? {} : { as_of }),
  }
}

function merged(a: Corpus, b: Corpus, table: VersionTable): Corpus {
  // A part is searched once for each table that its rows may be of, but it is one corpus.
  if (table !== 'memories') return a
  const documents = a.documents + b.documents
  const frequencies = new Map(a.frequencies)
  for (const [term, count] of b.frequencies) frequencies.set(term, (frequencies.get(term) ?? 0) + count)
  const terms = a.averageLength * a.documents + b.averageLength * b.documents
  return { documents, averageLength: documents === 0 ? 1 : Math.max(1, terms / documents), frequencies }
}

function gathered({
  origins,
  corpus,
  filter,
  similarities,
}: {
  readonly origins: ReadonlyMap<number, Origin>
  readonly corpus: Corpus
  readonly filter: MemoryFilter
  readonly similarities: ReadonlyMap<string, number>
}): Gathered {
  const originOf = (key: number): Origin => {
    const origin = origins.get(key)
    assertBug(origin !== undefined, 'a ranked key that was no candidate')
    return origin
  }
  return {
    candidates: [...origins.values()].map(({ hit }) =>
      toCandidate(hit, similarities.get(hit.memory_id) ?? null),
    ),
    corpus,
    idOf: key => originOf(key).hit.memory_id,
    fetch: async (tx, keys) => {
      const byVersion = new Map(
        keys.map(key => [versionKey(originOf(key).hit.memory_id, originOf(key).hit.version), key]),
      )
      const found = new Map<number, Recalled>()
      const wanted = keys.filter(key => originOf(key).table === 'entities')
      const entities = await tx.entities.byIds(wanted.map(key => originOf(key).hit.memory_id))
      for (const key of wanted) {
        const entity = entities.get(originOf(key).hit.memory_id)
        if (entity !== undefined) found.set(key, { record: 'entity', entity })
      }
      for (const table of ['memories', 'memory_revisions'] as const) {
        const wanted = keys.filter(key => originOf(key).table === table).map(key => originOf(key).hit)
        const versions = wanted.map(hit => ({ id: hit.memory_id, version: hit.version }))
        for (const memory of await tx.memories.versions(versions, table, filter)) {
          const key = byVersion.get(versionKey(memory.id, memory.version))
          if (key !== undefined) found.set(key, { record: 'memory', memory })
        }
      }
      return found
    },
  }
}

function versionKey(id: string, version: number): string {
  return `${id} ${version}`
}

function toCandidate(hit: KeywordHit, similarity: number | null): RankCandidate {
  return {
    key: hit.doc,
    words: hit.words,
    length: hit.length,
    traits: hit.traits,
    author: hit.author,
    documentId: hit.document_id,
    position: hit.position,
    trust: hit.trust as Trust,
    confidence: hit.confidence,
    recordedAt: hit.recorded_at,
    similarity,
  }
}
