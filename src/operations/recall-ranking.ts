/** Candidates by words, by what is mentioned and by what stands beside them, best first. */
import { type AnalysedQuery, analyse } from '../model/analysis.ts'
import { type Ranked, type RankOptions, rank } from '../model/rank.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import { beginPhase } from '../store/phases.ts'
import type { ReadHandle } from '../store/store.ts'
import { findCandidates, type Gathered } from './recall-candidates.ts'
import type { Meaning } from './recall-meaning.ts'
import { creditsFor, type Mentioned, mentionedIn } from './recall-mentions.ts'

export const STAGES = ['activation', 'dense', 'mentions', 'priors', 'diversify'] as const

export interface RankingRequest {
  /** What the query was analysed from. */
  readonly text: string
  readonly filter: MemoryFilter
  readonly now: string
  readonly as_of?: string | undefined
  readonly meaning: Meaning | null
  /** So many of the nearest by meaning may answer where they are little nearer than by chance; none by default. */
  readonly unsure?: number | undefined
  /** Stages to leave out. */
  readonly without?: readonly (typeof STAGES)[number][] | undefined
}

export interface Ranking {
  readonly ranked: readonly Ranked[]
  readonly gathered: Gathered
}

/** All that ranking decides by. */
export interface Prepared {
  readonly gathered: Gathered
  readonly options: RankOptions
}

export async function ranking(
  tx: ReadHandle,
  query: AnalysedQuery,
  request: RankingRequest,
): Promise<Ranking> {
  const { gathered, options } = await prepare(tx, query, request)
  return { ranked: rank(query, gathered.candidates, gathered.corpus, options), gathered }
}

export async function prepare(
  tx: ReadHandle,
  query: AnalysedQuery,
  { text, filter, now, as_of, meaning, unsure = 0, without = [] }: RankingRequest,
): Promise<Prepared> {
  const stages = {
    activation: !without.includes('activation'),
    dense: !without.includes('dense'),
    mentions: !without.includes('mentions'),
    priors: !without.includes('priors'),
    diversify: !without.includes('diversify'),
  }
  // What an earlier version mentioned is not kept.
  const asks = stages.mentions && as_of === undefined
  const mentioned: Mentioned = asks
    ? await mentionedIn(tx, text, { query, project: filter.project })
    : { memories: [], terms: new Map() }
  const { activation: neighbours } = stages
  const also = mentioned.memories
  const gathered = await findCandidates(tx, { query, filter, as_of, neighbours, also, meaning, unsure })
  beginPhase('ranking')
  const mentions = await creditsFor(tx, mentioned, gathered)
  const strengths = stages.priors && as_of === undefined ? await strengthsOf(tx, gathered, now) : undefined
  const near = meaning === null ? undefined : { noise: meaning.space.noise, unsure }
  return { gathered, options: { stages, now, mentions, near, strengths } }
}

/** How likely each candidate is remembered, by its key; most were never reviewed. */
async function strengthsOf(
  tx: ReadHandle,
  gathered: Gathered,
  now: string,
): Promise<ReadonlyMap<number, number> | undefined> {
  const keys = new Map(gathered.candidates.map(({ key }) => [gathered.idOf(key), key]))
  const strengths = await tx.strengths.of([...keys.keys()])
  if (strengths.size === 0) return undefined
  const { retrievability } = await import('../model/strength.ts')
  return new Map([...strengths].map(([id, strength]) => [keys.get(id)!, retrievability(strength, now)]))
}

/** How a query itself writes the words behind its terms. */
export function spellings(query: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const written of query.split(/[^\p{L}\p{N}\p{M}._/@#+'-]+/u)) {
    const word = written.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}+]+$/gu, '').toLowerCase()
    for (const term of analyse(word)) if (!found.has(term)) found.set(term, word)
  }
  return found
}
