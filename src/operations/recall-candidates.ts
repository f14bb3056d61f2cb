/** Which versions may answer a query, from every part of the index that the request reaches into. */
import type { AnalysedQuery } from '../model/analysis.ts'
import type { Entity } from '../model/entity.ts'
import { assertBug } from '../model/errors.ts'
import type { Memory, Trust } from '../model/memory.ts'
import type { Corpus, RankCandidate } from '../model/rank.ts'
import type { KeywordHit, KeywordPart } from '../store/engine.ts'
import { fitsEntities, type MemoryFilter, type VersionTable } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'

export interface CandidateRequest {
  readonly query: AnalysedQuery
  /** Memories that may answer besides those that the words lead to. */
  readonly also?: readonly string[] | undefined
  readonly filter: MemoryFilter
  readonly as_of: string | undefined
  readonly neighbours: boolean
}

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
  const fields = isPlain(request) ? null : { table: 'memories' as const, fields: filter }
  for (const hit of await tx.keyword.ofMemories(request.also ?? [], fields))
    if (!origins.has(hit.doc)) origins.set(hit.doc, { hit, table: 'memories' })
  return gathered(origins, corpus, filter)
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

function gathered(origins: Map<number, Origin>, corpus: Corpus, filter: MemoryFilter): Gathered {
  const originOf = (key: number): Origin => {
    const origin = origins.get(key)
    assertBug(origin !== undefined, 'a ranked key that was no candidate')
    return origin
  }
  return {
    candidates: [...origins.values()].map(({ hit }) => toCandidate(hit)),
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

function toCandidate(hit: KeywordHit): RankCandidate {
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
  }
}
