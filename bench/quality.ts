/**
 * How well recall finds the turns that answer a question: recall@5, @10, @20 and mean reciprocal rank on
 * conversations in LoCoMo's form, a stage of the pipeline switched on after the other.
 *
 *   npm run bench:quality -- --data <folder> [--store <address>] [--json <file>]
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Heirloom } from '../src/index.ts'
import { type Conversation, loadConversations, type Question } from './locomo.ts'
import { makeNames, namesIn } from './names.ts'
import { type BenchStores, benchStores } from './stores.ts'
import { table } from './table.ts'

const STAGES = [
  { stage: 'keyword', without: ['activation', 'mentions', 'priors', 'diversify'] },
  { stage: 'keyword+activation', without: ['mentions', 'priors', 'diversify'] },
  { stage: 'keyword+activation+priors', without: ['mentions'] },
] as const

/** With entities for the names in the conversations: what they cost by being there, and what mentions bring. */
const NAMED_STAGES = [
  { stage: 'all, with entities', without: ['mentions'] },
  { stage: 'all, with entities+mentions', without: [] },
] as const

const DEPTHS = [5, 10, 20] as const

type Stage = (typeof STAGES)[number] | (typeof NAMED_STAGES)[number]

interface Asked {
  readonly file: string
  readonly question: Question
}

interface Figures {
  readonly stage: string
  readonly 'recall@5': number
  readonly 'recall@10': number
  readonly 'recall@20': number
  readonly mrr: number
}

interface Score {
  readonly found: readonly number[]
  readonly reciprocal: number
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, store: { type: 'string' }, json: { type: 'string' } },
  })
  if (values.data === undefined) throw new Error('Name the folder of conversations: --data <folder>')
  const conversations = loadConversations(values.data)
  await using stores = await benchStores(values.store)
  const separate = await measureSeparately(stores, conversations)
  const together = await measureTogether(stores, conversations)
  const questions = conversations.reduce((sum, { questions }) => sum + questions.length, 0)
  const result = { engine: stores.engine, questions, stages: separate, together }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(`${conversations.length} conversations, ${questions} questions, ${stores.engine}\n`)
  console.log(`A store for each conversation\n${toTable(separate)}\n\nAll in one store\n${toTable(together)}`)
}

async function measureSeparately(
  stores: BenchStores,
  conversations: readonly Conversation[],
): Promise<Figures[]> {
  const scores = new Map<string, Score[]>()
  for (const { file, questions } of conversations) {
    await using memory = await stores.open()
    await memory.ingest({ paths: [file] })
    const asked = questions.map(question => ({ file, question }))
    await askAll(memory, asked, scores, STAGES)
    await makeNames(memory, namesIn(file))
    await askAll(memory, asked, scores, NAMED_STAGES)
  }
  return toFigures(scores)
}

async function measureTogether(
  stores: BenchStores,
  conversations: readonly Conversation[],
): Promise<Figures[]> {
  const scores = new Map<string, Score[]>()
  await using memory = await stores.open()
  await memory.ingest({ paths: conversations.map(({ file }) => file) })
  const asked = conversations.flatMap(({ file, questions }) =>
    questions.map(question => ({ file, question })),
  )
  await askAll(memory, asked, scores, STAGES)
  for (const { file } of conversations) await makeNames(memory, namesIn(file))
  await askAll(memory, asked, scores, NAMED_STAGES)
  return toFigures(scores)
}

async function askAll(
  memory: Heirloom,
  asked: readonly Asked[],
  scores: Map<string, Score[]>,
  stages: readonly Stage[],
): Promise<void> {
  for (const stage of stages) {
    const list = scores.get(stage.stage) ?? []
    scores.set(stage.stage, list)
    for (const one of asked) list.push(await ask(memory, one, stage))
  }
}

async function ask(memory: Heirloom, { file, question }: Asked, { without }: Stage): Promise<Score> {
  const { results } = await memory.recall({ query: question.text, limit: 30, without: [...without] })
  // The truth is turns: entities among the results take no place from them.
  const turns = results.filter(({ record }) => record === 'memory')
  const ranks = question.evidence.map(label => {
    const at = turns.findIndex(found => found.label === label && found.document?.startsWith(file))
    return at < 0 ? Number.POSITIVE_INFINITY : at + 1
  })
  return {
    found: DEPTHS.map(depth => ranks.filter(rank => rank <= depth).length / ranks.length),
    reciprocal: 1 / Math.min(...ranks),
  }
}

function toFigures(scores: Map<string, Score[]>): Figures[] {
  return [...STAGES, ...NAMED_STAGES].map(({ stage }) => {
    const list = scores.get(stage) ?? []
    const mean = (pick: (score: Score) => number) =>
      round(list.reduce((sum, score) => sum + pick(score), 0) / list.length)
    return {
      stage,
      'recall@5': mean(score => score.found[0] ?? 0),
      'recall@10': mean(score => score.found[1] ?? 0),
      'recall@20': mean(score => score.found[2] ?? 0),
      mrr: mean(score => score.reciprocal),
    }
  })
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

function toTable(figures: readonly Figures[]): string {
  const columns = ['stage', 'recall@5', 'recall@10', 'recall@20', 'mrr'] as const
  return table([
    [...columns],
    ...figures.map(row => columns.map(column => (column === 'stage' ? row.stage : row[column].toFixed(3)))),
  ])
}

await main()
