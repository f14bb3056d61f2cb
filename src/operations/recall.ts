import * as z from 'zod'
import { type AnalysedQuery, analyseQuery } from '../model/analysis.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Ranked } from '../model/rank.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import { beginPhase } from '../store/phases.ts'
import type { ReadHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { findCandidates, type Gathered } from './recall-candidates.ts'
import { filtersOf, toFilter } from './recall-filter.ts'
import { leftOut, leftOutBy } from './recall-left-out.ts'
import { askMeaning, type Meaning, meaningIn, NO_MEANING } from './recall-meaning.ts'
import { ranking, STAGES, spellings } from './recall-ranking.ts'
import { choose, describe, recallResult } from './recall-results.ts'
import { searchNotices } from './unfinished.ts'

const input = z.object({
  query: fields.text(16 * 1024).describe('What you want to know, as a question or as words.'),
  ...fields.filters,
  as_of: fields.time.optional().describe('What was known at this time.'),
  valid_at: fields.time.optional().describe('What was true at this time; now, or as_of, by default.'),
  limit: fields.limit.optional(),
  budget: z.int().min(1).optional().describe('Tokens that the results may take in all.'),
  explain: z.boolean().optional().describe('Say of each result why it is there.'),
  without: z.array(z.enum(STAGES)).optional().describe('Stages to leave out, for measurement.'),
})

const output = z.object({
  results: z.array(recallResult),
  notices: z.array(z.string()),
  truncated: z.boolean(),
  left_out: z.array(leftOut).optional().describe('What filters kept out, where reasons are asked for.'),
})

type Input = z.output<typeof input>

/**
 * So many of the nearest may answer though they are little nearer than by chance: other words for the same thing often
 * are. Few, so that they hide nothing. Chosen.
 */
const UNSURE = 3

export const recall = defineOperation({
  name: 'recall',
  summary: 'Find what is remembered about a question, best first.',
  example: 'recall "which port does the staging API use" --project apollo --explain',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['query'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    beginPhase('analysis')
    const query = mustAnalyse(input.query)
    const asked = input.without?.includes('dense') ? NO_MEANING : await askMeaning(context, input.query)
    const now = context.now()
    return context.store.read(
      context.principal,
      async tx => {
        const { filter, notices } = await toFilter(tx, input)
        const { meaning, notices: unmeant } = await meaningIn(tx, asked, context)
        const request = { ...input, text: input.query, filter, now, meaning, unsure: UNSURE }
        const { ranked, gathered } = await ranking(tx, query, request)
        beginPhase('fetching')
        const validAt = input.valid_at ?? input.as_of ?? now
        const chosen = await choose(tx, ranked, gathered, { ...input, validAt })
        const isUnsure = !isAnySure(ranked, gathered, meaning)
        if (isUnsure && !chosen.overBudget) {
          const found = chosen.items.length > 0 ? NOTHING_SURE : NOTHING_FOUND
          notices.push((await waitsInQuarantine(tx, query, { input, filter })) ?? found)
        }
        notices.push(...phraseNotices(query, gathered))
        notices.push(...unmeant, ...(await searchNotices(tx)))
        if (chosen.overBudget)
          notices.push(`Some results did not fit the budget of ${input.budget} tokens. Raise it to see them.`)
        const spelling = input.explain ? spellings(input.query) : null
        const results = await describe(tx, chosen, gathered, { principal: context.principal, spelling })
        if (!input.explain) return { results, notices, truncated: chosen.truncated }
        const shown = new Set(results.map(({ id }) => id))
        const { limit } = input
        const left_out = await leftOutBy(tx, query, {
          input: filtersOf(input),
          request,
          limit,
          validAt,
          shown,
        })
        return { results, notices, truncated: chosen.truncated, left_out }
      },
      context.signal,
    )
  },
})

function mustAnalyse(text: string): AnalysedQuery {
  const query = analyseQuery(text)
  if (query.terms.length > 0) return query
  throw new HeirloomError(
    'INVALID_INPUT',
    'recall: there is no word to look for in the query. Name what you want to know, such as "staging port".',
  )
}

/** Quoted words that stand nowhere as they are: ranking then goes by the words alone, and says so. */
function phraseNotices(query: AnalysedQuery, { candidates }: Gathered): string[] {
  const missing = query.phrases.filter(phrase => {
    const needle = ` ${phrase.join(' ')} `
    return !candidates.some(({ words }) => words.includes(needle))
  })
  if (missing.length === 0 || candidates.length === 0) return []
  return ['Nothing says the words in quotes just so; these results hold some of them.']
}

/** Whether a result holds a word of the query, or is nearer to it by meaning than chance brings. */
function isAnySure(ranked: readonly Ranked[], { candidates }: Gathered, meaning: Meaning | null): boolean {
  if (ranked.some(({ keywordRank }) => keywordRank !== null)) return true
  return meaning !== null && candidates.some(({ similarity }) => (similarity ?? 0) > meaning.space.noise)
}

const NOTHING_FOUND = 'Nothing matches. Try other words, or fewer filters; heirloom list shows what there is.'

const NOTHING_SURE =
  'Nothing holds these words or is clearly near to them in meaning; what is shown comes nearest and may be about something else.'

const QUARANTINED: MemoryFilter = { trusts: ['untrusted'], statuses: ['active', 'candidate'] }

/** What the words would find in quarantine, where that was not asked for; null where it is nothing. */
async function waitsInQuarantine(
  tx: ReadHandle,
  query: AnalysedQuery,
  { input, filter }: { input: Input; filter: MemoryFilter },
): Promise<string | null> {
  if (input.trust === 'untrusted') return null
  const untrusted = { ...filter, ...QUARANTINED }
  const request = { query, filter: untrusted, as_of: input.as_of, neighbours: false }
  const { candidates } = await findCandidates(tx, request)
  if (candidates.length === 0) return null
  return `Nothing trusted matches; ${candidates.length} in quarantine do. To see them: trust "untrusted", or heirloom review.`
}
