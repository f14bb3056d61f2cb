/**
 * Recall keeps finding: floors for recall@10 on an invented conversation, and on some of the questions about this
 * repository's own documents.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  findStale,
  loadOwnQuestions,
  markdownIn,
  placeQuestions,
  toAsk,
} from '../bench/documents/questions.ts'
import { askForTurns, loadConversations } from '../bench/locomo.ts'
import { type Ask, ask, stagesWith, toFigures } from '../bench/recalled.ts'
import { type Heirloom, openHeirloom } from '../src/index.ts'

const ROOT = join(import.meta.dirname, '..')

/** Each about two questions below what was measured when it was set. */
const BARS = [
  { set: 'conversation', stage: 'keyword', floor: 0.49 },
  { set: 'conversation', stage: 'keyword+activation+priors', floor: 0.58 },
  { set: 'conversation', stage: 'keyword+dense+activation+priors', floor: 0.67 },
  { set: 'documents', stage: 'keyword', floor: 0.68 },
  { set: 'documents', stage: 'keyword+activation+priors', floor: 0.6 },
  { set: 'documents', stage: 'keyword+dense+activation+priors', floor: 0.72 },
] as const

interface Asked {
  readonly memory: Heirloom
  readonly questions: readonly Ask[]
}

const own = loadOwnQuestions()
const files = markdownIn(ROOT, own.files)
const quick = own.questions.filter(question => question.quick)

test('each quotation of the questions about documents stands where they say', () => {
  expect(findStale(quick, ROOT, files).map(({ problem }) => problem)).toEqual([])
})

test('a quotation that is gone is named, and so is one that stands in several places', () => {
  const evidence = [
    { file: 'README.md', quotation: 'never said anywhere in these documents' },
    { file: 'README.md', quotation: 'heirloom' },
  ]
  const problems = findStale([{ question: 'Where?', style: 'words', evidence }], ROOT, files)
  expect(problems.map(({ problem }) => problem)).toEqual([
    'README.md: “never said anywhere in these documents” is gone; it answers “Where?”',
    expect.stringMatching(/^README\.md: “heirloom” stands in README\.md, .*ARCHITECTURE\.md/),
  ])
})

describe('recall@10', () => {
  const sets = new Map<string, Asked>()

  beforeAll(async () => {
    sets.set('conversation', await askConversation())
    sets.set('documents', await askDocuments())
  })

  afterAll(async () => {
    for (const { memory } of sets.values()) await memory.close()
  })

  test.each(BARS)('of $set by $stage is at least $floor', async ({ set, stage: name, floor }) => {
    const { memory, questions } = sets.get(set)!
    const stage = stagesWith('static').find(({ stage }) => stage === name)!
    const scores = []
    for (const question of questions) scores.push(await ask(memory, question, stage))
    expect(toFigures(name, scores)['recall@10']).toBeGreaterThanOrEqual(floor)
  })
})

async function askConversation(): Promise<Asked> {
  const conversations = loadConversations(join(import.meta.dirname, 'fixtures/quality'))
  const memory = await openHeirloom({ store: 'memory:' })
  await memory.ingest({ paths: conversations.map(({ file }) => file) })
  await memory.embed({ drain: true })
  const questions = conversations.flatMap(({ file, questions }) =>
    questions.map(question => askForTurns(file, question)),
  )
  return { memory, questions }
}

async function askDocuments(): Promise<Asked> {
  const memory = await openHeirloom({ store: 'memory:' })
  await memory.ingest({ paths: files.map(file => join(ROOT, file)) })
  await memory.embed({ drain: true })
  return { memory, questions: (await placeQuestions(memory, quick, ROOT)).map(toAsk) }
}
