/** For explanations: what each filter alone kept from the results. */
import * as z from 'zod'
import type { AnalysedQuery } from '../model/analysis.ts'
import type { ReadHandle } from '../store/store.ts'
import { filters } from './fields.ts'
import { type FilterInput, toFilter } from './recall-filter.ts'
import { type RankingRequest, ranking } from './recall-ranking.ts'
import { choose } from './recall-results.ts'

export const leftOut = z.object({
  filter: z.string(),
  count: z.int().describe('Results that would stand among the first without it.'),
})

type LeftOut = z.infer<typeof leftOut>

/** What is not live is left out without being asked for; each of these asks for some of it. */
const USUAL = {
  status: { status: ['active', 'candidate', 'superseded', 'invalid', 'retired'] },
  trust: { trust: 'untrusted' },
} as const satisfies Readonly<Record<string, FilterInput>>

interface Asked {
  readonly input: FilterInput
  readonly request: RankingRequest
  readonly limit: number | undefined
  readonly validAt: string
  /** Ids of the results. */
  readonly shown: ReadonlySet<string>
}

export async function leftOutBy(tx: ReadHandle, query: AnalysedQuery, asked: Asked): Promise<LeftOut[]> {
  const found: LeftOut[] = []
  for (const [filter, input] of widened(asked.input)) {
    const count = await countBeyond(tx, query, { ...asked, input })
    if (count > 0) found.push({ filter, count })
  }
  return found
}

/** The request once without each of its filters. */
function widened(input: FilterInput): [string, FilterInput][] {
  const names = Object.keys(filters) as (keyof typeof filters)[]
  const given = names.filter(name => input[name] !== undefined)
  const without = given.map((name): [string, FilterInput] => [name, { ...input, [name]: undefined }])
  const usual = Object.entries(USUAL).filter(([name]) => !given.includes(name as keyof typeof filters))
  return [
    ...without,
    ...usual.map(([name, more]): [string, FilterInput] => [name, { ...input, ...more } as FilterInput]),
  ]
}

async function countBeyond(
  tx: ReadHandle,
  query: AnalysedQuery,
  { input, request, limit, validAt, shown }: Asked,
): Promise<number> {
  const { filter } = await toFilter(tx, input)
  const { ranked, gathered } = await ranking(tx, query, { ...request, filter })
  const { items } = await choose(tx, ranked, gathered, { limit, validAt })
  return items.filter(({ ranked: { key } }) => !shown.has(gathered.idOf(key))).length
}
