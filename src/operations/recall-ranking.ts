/** Candidates by words, by what is mentioned and by what stands beside them, best first. */
import { type AnalysedQuery, analyse } from '../model/analysis.ts'
import { type Ranked, rank } from '../model/rank.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'
import { findCandidates, type Gathered } from './recall-candidates.ts'
import { creditsFor, type Mentioned, mentionedIn } from './recall-mentions.ts'

export const STAGES = ['activation', 'mentions', 'priors', 'diversify'] as const

export interface RankingRequest {
  /** What the query was analysed from. */
  readonly text: string
  readonly filter: MemoryFilter
  readonly now: string
  readonly as_of?: string | undefined
  /** Stages to leave out. */
  readonly without?: readonly (typeof STAGES)[number][] | undefined
}

export interface Ranking {
  readonly ranked: readonly Ranked[]
  readonly gathered: Gathered
}

export async function ranking(
  tx: ReadHandle,
  query: AnalysedQuery,
  { text, filter, now, as_of, without = [] }: RankingRequest,
): Promise<Ranking> {
  const stages = {
    activation: !without.includes('activation'),
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
  const gathered = await findCandidates(tx, { query, filter, as_of, neighbours, also: mentioned.memories })
  const mentions = await creditsFor(tx, mentioned, gathered)
  const strengths = stages.priors && as_of === undefined ? await strengthsOf(tx, gathered, now) : undefined
  const ranked = rank(query, gathered.candidates, gathered.corpus, { stages, now, mentions, strengths })
  return { ranked, gathered }
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
