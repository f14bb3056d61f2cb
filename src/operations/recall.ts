import * as z from 'zod'
import type { Principal } from '../model/access.ts'
import { type AnalysedQuery, analyse, analyseQuery } from '../model/analysis.ts'
import { HeirloomError } from '../model/errors.ts'
import { isValidAt, type Memory } from '../model/memory.ts'
import { type Ranked, type Reasons, rank } from '../model/rank.ts'
import type { MemoryFilter } from '../store/memory-filter.ts'
import type { ReadHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { defineOperation } from './operation.ts'
import { originsOf } from './origin.ts'
import { findCandidates, type Gathered } from './recall-candidates.ts'
import { toFilter } from './recall-filter.ts'
import { unfinishedNotices } from './unfinished.ts'

const STAGES = ['activation', 'priors', 'diversify'] as const

/** Characters of English a token stands for; a rule of thumb that every tokenizer is near. */
const CHARACTERS_PER_TOKEN = 4

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

const reasons = z.object({
  terms: z.array(z.string()),
  lifted_by: z.object({ id: z.string(), distance: z.int() }).nullable(),
  factors: z.record(z.string(), z.number()),
})

const result = z.object({
  rank: z.int(),
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
  legs: z.object({ keyword: z.int().nullable() }),
  near_duplicates: z.array(z.string()),
  origin: z.string().nullable().describe('What it came from, in one line.'),
  why: reasons.optional(),
})

const output = z.object({ results: z.array(result), notices: z.array(z.string()), truncated: z.boolean() })

type Input = z.output<typeof input>
type Output = z.infer<typeof output>
type Result = z.infer<typeof result>

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
        const gathered = await findCandidates(tx, {
          query,
          filter,
          as_of: input.as_of,
          neighbours: !input.without?.includes('activation'),
        })
        const ranked = rank(query, gathered.candidates, gathered.corpus, { stages: stagesOf(input), now })
        const chosen = await choose(tx, ranked, gathered, input, input.valid_at ?? input.as_of ?? now)
        if (chosen.items.length === 0 && !chosen.overBudget)
          notices.push(...(await nothingFound(tx, query, { input, filter })))
        notices.push(...phraseNotices(query, gathered))
        notices.push(...unfinishedNotices(await tx.settings.unfinished('keyword'), MISSING))
        return describe(tx, chosen, gathered, {
          input,
          notices,
          principal: context.principal,
          spelling: input.explain ? spellings(input.query) : null,
        })
      },
      context.signal,
    )
  },
})

const MISSING = 'older memories may be missing here.'

function mustAnalyse(text: string): AnalysedQuery {
  const query = analyseQuery(text)
  if (query.terms.length > 0) return query
  throw new HeirloomError(
    'INVALID_INPUT',
    'recall: there is no word to look for in the query. Name what you want to know, such as "staging port".',
  )
}

function stagesOf({ without = [] }: Input) {
  return {
    activation: !without.includes('activation'),
    priors: !without.includes('priors'),
    diversify: !without.includes('diversify'),
  }
}

/** How the query itself writes the words behind its terms. */
function spellings(query: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const written of query.split(/[^\p{L}\p{N}\p{M}._/@#+'-]+/u)) {
    const word = written.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}+]+$/gu, '').toLowerCase()
    for (const term of analyse(word)) if (!found.has(term)) found.set(term, word)
  }
  return found
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

/** Why there may be nothing: it waits in quarantine, or the words are not there. */
async function nothingFound(
  tx: ReadHandle,
  query: AnalysedQuery,
  { input, filter }: { input: Input; filter: MemoryFilter },
): Promise<string[]> {
  const untrusted = { ...filter, trusts: ['untrusted' as const] }
  const waiting =
    input.trust === 'untrusted'
      ? []
      : (await findCandidates(tx, { query, filter: untrusted, as_of: input.as_of, neighbours: false }))
          .candidates
  if (waiting.length > 0)
    return [`Nothing trusted matches; ${waiting.length} in quarantine do. To see them: trust "untrusted".`]
  return ['Nothing matches. Try other words, or fewer filters; heirloom list shows what there is.']
}

interface Chosen {
  readonly items: readonly { readonly ranked: Ranked; readonly memory: Memory }[]
  /** Whether something that matches was left out, for the limit or for the budget. */
  readonly truncated: boolean
  readonly overBudget: boolean
}

/** The best that are there, hold at the time asked for, and fit the limit and the budget; whole items only. */
async function choose(
  tx: ReadHandle,
  ranked: readonly Ranked[],
  gathered: Gathered,
  { limit = 10, budget }: Input,
  validAt: string,
): Promise<Chosen> {
  const items: { ranked: Ranked; memory: Memory }[] = []
  let left = budget ?? Number.POSITIVE_INFINITY
  let overBudget = false
  let leftOut = false
  for (let start = 0; start < ranked.length && !leftOut; start += limit) {
    const slice = ranked.slice(start, start + limit)
    const memories = await gathered.fetch(
      tx,
      slice.map(item => item.key),
    )
    for (const item of slice) {
      const memory = memories.get(item.key)
      if (memory === undefined || !isValidAt(memory, validAt)) continue
      if (items.length >= limit) {
        leftOut = true
        break
      }
      const tokens = Math.ceil(memory.content.length / CHARACTERS_PER_TOKEN)
      if (tokens > left) overBudget = true
      else {
        items.push({ ranked: item, memory })
        left -= tokens
      }
    }
  }
  return { items, truncated: overBudget || leftOut, overBudget }
}

async function describe(
  tx: ReadHandle,
  { items, truncated, overBudget }: Chosen,
  gathered: Gathered,
  {
    input,
    principal,
    notices,
    spelling,
  }: { input: Input; principal: Principal; notices: string[]; spelling: Map<string, string> | null },
): Promise<Output> {
  const documents = [...new Set(items.flatMap(({ memory }) => memory.document_id ?? []))]
  const sources = await tx.documents.sources(documents)
  const origins = await originsOf(
    tx,
    items.map(({ memory }) => memory),
    principal,
  )
  const results = items.map(({ ranked, memory }, index): Result => {
    const { id, content, title, label, position, project, kind, author, trust, status } = memory
    const { recorded_at, valid_from, valid_until, revision } = memory
    return {
      rank: index + 1,
      id,
      content,
      title,
      document: memory.document_id === null ? null : (sources.get(memory.document_id) ?? null),
      label,
      position,
      project,
      kind,
      tags: [...memory.tags],
      author,
      trust,
      status,
      recorded_at,
      valid_from,
      valid_until,
      revision,
      legs: { keyword: ranked.keywordRank },
      near_duplicates: ranked.duplicates.map(key => gathered.idOf(key)),
      origin: origins.get(id) ?? null,
      ...(spelling === null ? {} : { why: toReasons(ranked.explain(), gathered, spelling) }),
    }
  })
  if (overBudget)
    notices.push(`Some results did not fit the budget of ${input.budget} tokens. Raise it to see them.`)
  return { results, notices, truncated }
}

function toReasons(
  { terms, liftedBy, factors }: Reasons,
  gathered: Gathered,
  spelling: Map<string, string>,
): z.infer<typeof reasons> {
  return {
    terms: [...new Set(terms.map(term => spelling.get(term) ?? term))],
    lifted_by: liftedBy === null ? null : { id: gathered.idOf(liftedBy.key), distance: liftedBy.distance },
    factors: Object.fromEntries(
      Object.entries(factors).filter((pair): pair is [string, number] => pair[1] !== undefined),
    ),
  }
}
