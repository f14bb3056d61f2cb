/** Questions with their candidates as recall gathers them, and the features of these: what the ranker is fitted on. */
import type { Heirloom } from '../../src/index.ts'
import { analyseQuery } from '../../src/model/analysis.ts'
import { FEATURES } from '../../src/model/rank/features.ts'
import { measure } from '../../src/model/rank.ts'
import { openStore } from '../../src/open.ts'
import { askMeaning, meaningIn } from '../../src/operations/recall-meaning.ts'
import { type Prepared, prepare } from '../../src/operations/recall-ranking.ts'
import type { Ask } from '../recalled.ts'

/** What of the pipeline candidates come from. */
export const LEGS = ['keyword', 'keyword+activation', 'dense', 'dense+activation'] as const

export type Legs = (typeof LEGS)[number]

export interface Asked {
  readonly ask: Ask
  /** Where it is counted. */
  readonly set: string
  readonly kind: string
  /** What is left out together when figures are held out. */
  readonly fold: string
  /** How much it counts in fitting. */
  readonly weight: number
}

export interface Candidates {
  /** The features of each. */
  readonly rows: readonly Float64Array[]
  /** For each piece of evidence its row; -1 where it is no candidate. */
  readonly evidence: readonly number[]
}

export interface Example extends Asked {
  readonly candidates: Readonly<Record<Legs, Candidates>>
}

type Passage = Awaited<ReturnType<Heirloom['list']>>['results'][number]

/** All passages of a store, in the order in which they were recorded. */
export async function allPassages(memory: Heirloom): Promise<Passage[]> {
  const passages: Passage[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Heirloom['list']>> = await memory.list({
      limit: 100,
      ...(cursor === null ? {} : { cursor }),
    })
    passages.push(...page.results)
    cursor = page.cursor
  } while (cursor !== null)
  return passages.reverse()
}

/** @param address of a store that holds just the passages, all of them embedded. */
export async function examplesIn(
  address: string,
  asked: readonly Asked[],
  passages: readonly Passage[],
): Promise<Example[]> {
  const { store, context } = await openStore({ store: address, mode: 'existing' })
  const { principal, now } = context()
  try {
    const examples: Example[] = []
    for (const one of asked) {
      const query = analyseQuery(one.ask.query)
      const meant = await askMeaning(context(), one.ask.query)
      const prepared = await store.read(principal, async tx => {
        const { meaning } = await meaningIn(tx, meant, context())
        return prepare(tx, query, { text: one.ask.query, filter: {}, now: now(), meaning })
      })
      const evidence = one.ask.evidence.map(isIt => passages.find(isIt)?.id ?? '')
      examples.push({ ...one, candidates: candidatesOf(query, prepared, evidence) })
    }
    return examples
  } finally {
    await store.close()
  }
}

function candidatesOf(
  query: ReturnType<typeof analyseQuery>,
  { gathered, options }: Prepared,
  evidence: readonly string[],
): Record<Legs, Candidates> {
  const of = (legs: Legs): Candidates => {
    const stages = {
      ...options.stages,
      activation: legs.endsWith('activation'),
      dense: legs.startsWith('dense'),
    }
    const measured = measure(query, gathered.candidates, gathered.corpus, { ...options, stages })
    const kept = measured.candidates.flatMap((_, row) => (measured.matters[row] ? [row] : []))
    const size = FEATURES.length
    const ids = kept.map(row => gathered.idOf(measured.candidates[row]!.key))
    return {
      rows: kept.map(row => measured.features.slice(row * size, (row + 1) * size)),
      evidence: evidence.map(id => ids.indexOf(id)),
    }
  }
  return {
    keyword: of('keyword'),
    'keyword+activation': of('keyword+activation'),
    dense: of('dense'),
    'dense+activation': of('dense+activation'),
  }
}
