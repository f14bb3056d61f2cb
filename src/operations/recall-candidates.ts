/** Which versions may answer a query, from every part of the index that the request reaches into. */
import type { AnalysedQuery } from '../model/analysis.ts'
import { assertBug } from '../model/errors.ts'
import type { Memory, Trust } from '../model/memory.ts'
import type { Corpus, RankCandidate } from '../model/rank.ts'
import type { KeywordHit, KeywordPart } from '../store/engine.ts'
import type { MemoryFilter, VersionTable } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'

export interface CandidateRequest {
  readonly query: AnalysedQuery
  readonly filter: MemoryFilter
  readonly as_of: string | undefined
  readonly neighbours: boolean
}

export interface Gathered {
  readonly candidates: readonly RankCandidate[]
  readonly corpus: Corpus
  /** The memory's id behind a candidate's key. */
  idOf(key: number): string
  /** The versions behind some keys, by key. */
  fetch(tx: ReadHandle, keys: readonly number[]): Promise<Map<number, Memory>>
}

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
    for (const hit of found.hits) origins.set(hit.doc, { hit, table })
  }
  return gathered(origins, corpus, filter)
}

/** The live part alone already holds just what is active and trusted. */
function isPlain({ filter, as_of }: CandidateRequest): boolean {
  return as_of === undefined && Object.keys(filter).length === 0
}

function reaches({ filter, as_of }: CandidateRequest): Reach[] {
  const live: Reach = { part: 'live', table: 'memories' }
  const past: Reach = { part: 'past', table: 'memories' }
  if (as_of !== undefined) return [live, past, { part: 'past', table: 'memory_revisions' }]
  const statuses = filter.statuses ?? ['active']
  const onlyLive = statuses.every(status => status === 'active') && !filter.trusts?.includes('untrusted')
  if (onlyLive) return [live]
  return statuses.includes('active') ? [live, past] : [past]
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
  // The past part is searched once for each table of versions, but it is one corpus.
  if (table === 'memory_revisions') return a
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
      const found = new Map<number, Memory>()
      for (const table of ['memories', 'memory_revisions'] as const) {
        const wanted = keys.filter(key => originOf(key).table === table).map(key => originOf(key).hit)
        const versions = wanted.map(hit => ({ id: hit.memory_id, version: hit.version }))
        for (const memory of await tx.memories.versions(versions, table, filter)) {
          const key = byVersion.get(versionKey(memory.id, memory.version))
          if (key !== undefined) found.set(key, memory)
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
