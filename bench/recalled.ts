/** What the quality benches and the quality bars share: the stages, and how ranks become recall@k and MRR. */
import type { Heirloom } from '../src/index.ts'
import { table } from './table.ts'

/** As much of a result as tells whether it is the evidence. */
type Found = Pick<Awaited<ReturnType<Heirloom['recall']>>['results'][number], 'id' | 'label' | 'document'>

/** Stages that recall can leave out. */
type Left = NonNullable<Parameters<Heirloom['recall']>[0]['without']>[number]

export interface Stage {
  readonly stage: string
  readonly without: readonly Left[]
}

/** The pipeline on text alone, one more part of it switched on in each line. */
export const STAGES: readonly Stage[] = [
  { stage: 'keyword', without: ['activation', 'dense', 'mentions', 'priors', 'diversify'] },
  { stage: 'keyword+activation', without: ['dense', 'mentions', 'priors', 'diversify'] },
  { stage: 'keyword+activation+priors', without: ['dense', 'mentions'] },
]

/** The same with the dense leg, in a store whose memories have vectors. */
const DENSE_STAGES: readonly Stage[] = [
  { stage: 'keyword+dense', without: ['activation', 'mentions', 'priors', 'diversify'] },
  { stage: 'keyword+dense+activation', without: ['mentions', 'priors', 'diversify'] },
  { stage: 'keyword+dense+activation+priors', without: ['mentions'] },
]

/** @param embedder that a store's vectors are made with; `none` for none. */
export function stagesWith(embedder: string): readonly Stage[] {
  return embedder === 'none' ? STAGES : [...STAGES, ...DENSE_STAGES]
}

const DEPTHS = [5, 10, 20] as const

/** More than the deepest of DEPTHS, for the reciprocal rank. */
const RESULTS = 30

export interface Score {
  /** The share of the evidence among the first k results, for each depth k. */
  readonly found: readonly number[]
  /** 1 over the rank of the evidence that came first; 0 where none came. */
  readonly reciprocal: number
}

export interface Figures {
  readonly stage: string
  readonly 'recall@5': number
  readonly 'recall@10': number
  readonly 'recall@20': number
  readonly mrr: number
}

export interface Ask {
  readonly query: string
  /** A test for each piece of evidence: whether a result is it. */
  readonly evidence: readonly ((found: Found) => boolean)[]
}

export async function ask(memory: Heirloom, { query, evidence }: Ask, { without }: Stage): Promise<Score> {
  const { results } = await memory.recall({ query, limit: RESULTS, without: [...without] })
  // The truth is passages: entities among the results take no place from them.
  const passages = results.filter(({ record }) => record === 'memory')
  const ranks = evidence.map(isIt => {
    const at = passages.findIndex(isIt)
    return at < 0 ? Number.POSITIVE_INFINITY : at + 1
  })
  return scoreOf(ranks)
}

/** @param ranks of each piece of evidence, from 1; Infinity where it was not found. */
export function scoreOf(ranks: readonly number[]): Score {
  return {
    found: DEPTHS.map(depth => ranks.filter(rank => rank <= depth).length / ranks.length),
    reciprocal: 1 / Math.min(...ranks),
  }
}

/** The means over questions. */
export function toFigures(stage: string, scores: readonly Score[]): Figures {
  const mean = (pick: (score: Score) => number) =>
    round(scores.reduce((sum, score) => sum + pick(score), 0) / scores.length)
  return {
    stage,
    'recall@5': mean(score => score.found[0] ?? 0),
    'recall@10': mean(score => score.found[1] ?? 0),
    'recall@20': mean(score => score.found[2] ?? 0),
    mrr: mean(score => score.reciprocal),
  }
}

/** recall@10 for each kind of question: a line for each stage, a column for each kind. */
export function kindsTable(
  stages: readonly { readonly stage: string; readonly kinds: Readonly<Record<string, number>> }[],
): string {
  const kinds = Object.keys(stages[0]?.kinds ?? {})
  return table([
    ['recall@10 of', ...kinds],
    ...stages.map(({ stage, kinds: of }) => [stage, ...kinds.map(kind => (of[kind] ?? 0).toFixed(3))]),
  ])
}

export function figuresTable(figures: readonly Figures[]): string {
  const columns = ['stage', 'recall@5', 'recall@10', 'recall@20', 'mrr'] as const
  return table([
    [...columns],
    ...figures.map(row => columns.map(column => (column === 'stage' ? row.stage : row[column].toFixed(3)))),
  ])
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
