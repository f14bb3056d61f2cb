import * as z from 'zod'
import { type AnalysedQuery, analyseQuery } from '../model/analysis.ts'
import { HeirloomError } from '../model/errors.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { findCandidates, type Gathered } from './recall-candidates.ts'
import { toFilter } from './recall-filter.ts'
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
})

type Input = z.output<typeof input>

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
    const query = mustAnalyse(input.query)
    const now = context.now()
    return context.store.read(
      context.principal,
      async tx => {
        const { filter, notices } = await toFilter(tx, input)
        const { ranked, gathered } = await ranking(tx, query, { ...input, text: input.query, filter, now })
        const validAt = input.valid_at ?? input.as_of ?? now
        const chosen = await choose(tx, ranked, gathered, { ...input, validAt })
        if (chosen.items.length === 0 && !chosen.overBudget)
          notices.push(...(await nothingFound(tx, query, { input, filter })))
        notices.push(...phraseNotices(query, gathered))
        notices.push(...(await searchNotices(tx)))
        if (chosen.overBudget)
          notices.push(`Some results did not fit the budget of ${input.budget} tokens. Raise it to see them.`)
        const spelling = input.explain ? spellings(input.query) : null
        const results = await describe(tx, chosen, gathered, { principal: context.principal, spelling })
        return { results, notices, truncated: chosen.truncated }
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

const QUARANTINED: MemoryFilter = { trusts: ['untrusted'], statuses: ['active', 'candidate'] }

/** Why there may be nothing: it waits in quarantine, or the words are not there. */
async function nothingFound(
  tx: ReadHandle,
  query: AnalysedQuery,
  { input, filter }: { input: Input; filter: MemoryFilter },
): Promise<string[]> {
  const untrusted = { ...filter, ...QUARANTINED }
  const waiting =
    input.trust === 'untrusted'
      ? []
      : (await findCandidates(tx, { query, filter: untrusted, as_of: input.as_of, neighbours: false }))
          .candidates
  if (waiting.length > 0)
    return [
      `Nothing trusted matches; ${waiting.length} in quarantine do. To see them: trust "untrusted", or heirloom review.`,
    ]
  return ['Nothing matches. Try other words, or fewer filters; heirloom list shows what there is.']
}
