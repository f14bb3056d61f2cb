/**
 * How well recall finds the turns that answer a question: recall@5, @10, @20 and mean reciprocal rank on
 * conversations in LoCoMo's form, a stage of the pipeline switched on after the other.
 *
 *   npm run bench:quality -- --data <folder> [--store <address>] [--embedder static] [--json <file>]
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Heirloom } from '../src/index.ts'
import { askForTurns, CATEGORIES, type Conversation, loadConversations, type Question } from './locomo.ts'
import { makeNames, namesIn } from './names.ts'
import {
  ask,
  type Figures,
  figuresTable,
  kindsTable,
  type Score,
  type Stage,
  stagesWith,
  toFigures,
} from './recalled.ts'
import { type BenchStores, benchStores } from './stores.ts'

/** With entities for the names in the conversations: what they cost by being there, and what mentions bring. */
const NAMED_STAGES: readonly Stage[] = [
  { stage: 'all, with entities', without: ['mentions'] },
  { stage: 'all, with entities+mentions', without: [] },
]

interface Asked {
  readonly file: string
  readonly question: Question
}

interface Answered {
  readonly kind: string
  readonly score: Score
}

interface Measured extends Figures {
  /** recall@10 by category. */
  readonly kinds: Readonly<Record<string, number>>
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      store: { type: 'string' },
      embedder: { type: 'string', default: 'static' },
      json: { type: 'string' },
    },
  })
  if (values.data === undefined) throw new Error('Name the folder of conversations: --data <folder>')
  const conversations = loadConversations(values.data)
  const { embedder } = values
  await using stores = await benchStores(values.store, { embedder })
  const stages = stagesWith(embedder)
  const separate = await measureSeparately(stores, conversations, stages)
  const together = await measureTogether(stores, conversations, stages)
  const questions = conversations.reduce((sum, { questions }) => sum + questions.length, 0)
  const result = { engine: stores.engine, questions, stages: separate, together }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(`${conversations.length} conversations, ${questions} questions, ${stores.engine}\n`)
  for (const [title, figures] of [
    ['A store for each conversation', separate],
    ['All in one store', together],
  ] as const)
    console.log(`${title}\n${figuresTable(figures)}\n\n${kindsTable(figures)}\n`)
}

async function measureSeparately(
  stores: BenchStores,
  conversations: readonly Conversation[],
  stages: readonly Stage[],
): Promise<Measured[]> {
  const scores = new Map<string, Answered[]>()
  for (const { file, questions } of conversations) {
    await using memory = await stores.open()
    await memory.ingest({ paths: [file] })
    await memory.embed({ drain: true })
    const asked = questions.map(question => ({ file, question }))
    await askAll(memory, asked, scores, stages)
    await makeNames(memory, namesIn(file))
    await askAll(memory, asked, scores, NAMED_STAGES)
  }
  return figuresOf(scores)
}

async function measureTogether(
  stores: BenchStores,
  conversations: readonly Conversation[],
  stages: readonly Stage[],
): Promise<Measured[]> {
  const scores = new Map<string, Answered[]>()
  await using memory = await stores.open()
  await memory.ingest({ paths: conversations.map(({ file }) => file) })
  await memory.embed({ drain: true })
  const asked = conversations.flatMap(({ file, questions }) =>
    questions.map(question => ({ file, question })),
  )
  await askAll(memory, asked, scores, stages)
  for (const { file } of conversations) await makeNames(memory, namesIn(file))
  await askAll(memory, asked, scores, NAMED_STAGES)
  return figuresOf(scores)
}

async function askAll(
  memory: Heirloom,
  asked: readonly Asked[],
  scores: Map<string, Answered[]>,
  stages: readonly Stage[],
): Promise<void> {
  for (const stage of stages) {
    const list = scores.get(stage.stage) ?? []
    scores.set(stage.stage, list)
    for (const { file, question } of asked)
      list.push({ kind: question.category, score: await ask(memory, askForTurns(file, question), stage) })
  }
}

function figuresOf(scores: Map<string, Answered[]>): Measured[] {
  return [...scores].map(([stage, answered]) => {
    const figures = (of: readonly Answered[]) =>
      toFigures(
        stage,
        of.map(({ score }) => score),
      )
    const kinds = Object.values(CATEGORIES).map(
      name => [name, figures(answered.filter(({ kind }) => kind === name))['recall@10']] as const,
    )
    return { ...figures(answered), kinds: Object.fromEntries(kinds) }
  })
}

await main()
