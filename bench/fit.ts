/**
 * Fits the weights of ranking and writes them to src/model/rank/weights.ts. Questions about conversations in LoCoMo's
 * form, in a store each and all in one, and about documents; candidates and features come through recall's own code.
 * The figures that it prints are held out: each conversation and each corpus of documents is ranked by weights that
 * were fitted without it.
 *
 *   npm run bench:fit -- --data <folder> [--embedder static] [--manual <.deb or folder>] [--date <day> --write]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { FEATURES } from '../src/model/rank/features.ts'
import { WEIGHT_SETS, type WeightSet } from '../src/model/rank/weighing.ts'
import { loadManualQuestions, readManual } from './documents/manual.ts'
import { loadOwnQuestions, markdownIn, placeQuestions, toAsk } from './documents/questions.ts'
import { type Asked, allPassages, type Example, examplesIn } from './fitting/examples.ts'
import { fitSets, heldOut, type Weights } from './fitting/folds.ts'
import { toWeightsFile } from './fitting/weights-file.ts'
import { askForTurns, type Conversation, loadConversations } from './locomo.ts'
import { type BenchStores, benchStores } from './stores.ts'
import { table } from './table.ts'

const ROOT = join(import.meta.dirname, '..')

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      embedder: { type: 'string', default: 'static' },
      manual: { type: 'string' },
      date: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })
  if (values.data === undefined) throw new Error('Name the folder of conversations: --data <folder>')
  if (values.write && values.date === undefined) throw new Error('Say when it is fitted: --date YYYY-MM-DD')
  const conversations = loadConversations(values.data)
  const examples = await gather(conversations, values.embedder, values.manual)
  console.log(`${examples.length} questions, held out\n${tableOf(examples)}\n`)
  const weights = fitSets(examples)
  console.log(weightsTable(weights))
  if (!values.write) return
  const names = conversations.map(({ file }) => basename(file, '.json')).join(', ')
  const data = `LoCoMo ${names}, each by itself and all in one; 150 questions about documents, twice`
  const file = join(ROOT, 'src/model/rank/weights.ts')
  writeFileSync(file, toWeightsFile({ date: values.date ?? '', data, weights }))
  console.log(`\nWritten to ${file}`)
}

async function gather(
  conversations: readonly Conversation[],
  embedder: string,
  manual: string | undefined,
): Promise<Example[]> {
  await using stores = await benchStores('sqlite', { embedder })
  const examples: Example[] = []
  for (const conversation of conversations)
    examples.push(...(await ofConversations(stores, [conversation], 'conversations')))
  examples.push(...(await ofConversations(stores, conversations, 'all in one')))
  const work = mkdtempSync(join(tmpdir(), 'heirloom-fit-'))
  try {
    examples.push(...(await ofDocuments(stores, { work, manual })))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return examples
}

async function ofConversations(
  stores: BenchStores,
  conversations: readonly Conversation[],
  set: string,
): Promise<Example[]> {
  const memory = await stores.open()
  await memory.ingest({ paths: conversations.map(({ file }) => file) })
  await memory.embed({ drain: true })
  const passages = await allPassages(memory)
  await memory.close()
  const asked = conversations.flatMap(({ file, questions }) =>
    questions.map((question): Asked => {
      return { ask: askForTurns(file, question), set, kind: question.category, fold: file, weight: 1 }
    }),
  )
  return examplesIn(stores.address(), asked, passages)
}

async function ofDocuments(
  stores: BenchStores,
  { work, manual }: { work: string; manual: string | undefined },
): Promise<Example[]> {
  const own = loadOwnQuestions()
  const other = loadManualQuestions()
  const { folder } = readManual(other.package, work, manual)
  const corpora = [
    { set: 'own documents', root: ROOT, files: markdownIn(ROOT, own.files), questions: own.questions },
    { set: 'manual', root: folder, files: markdownIn(folder), questions: other.questions },
  ]
  const examples: Example[] = []
  for (const { set, root, files, questions } of corpora) {
    const memory = await stores.open()
    await memory.ingest({ paths: files.map(file => join(root, file)) })
    await memory.embed({ drain: true })
    const passages = await allPassages(memory)
    const placed = await placeQuestions(memory, questions, root)
    await memory.close()
    const asked = placed.map((one): Asked => {
      return { ask: toAsk(one), set, kind: one.question.style, fold: set, weight: 2 }
    })
    examples.push(...(await examplesIn(stores.address(), asked, passages)))
  }
  return examples
}

function tableOf(examples: readonly Example[]): string {
  const sets = [...new Set(examples.map(({ set }) => set))]
  const rows = WEIGHT_SETS.map(weightSet => {
    const found = heldOut(examples, weightSet)
    return sets.map(set => {
      const here = found.filter(({ example }) => example.set === set)
      const kinds = [...new Set(here.map(({ example }) => example.kind))]
      const mean = (of: typeof here, pick: (one: (typeof here)[number]) => number) =>
        (of.reduce((sum, one) => sum + pick(one), 0) / of.length).toFixed(3)
      const byKind = kinds.map(
        kind =>
          `${kind} ${mean(
            here.filter(({ example }) => example.kind === kind),
            ({ score }) => score.found[1] ?? 0,
          )}`,
      )
      return [
        set,
        weightSet,
        ...[0, 1, 2].map(depth => mean(here, ({ score }) => score.found[depth] ?? 0)),
        mean(here, ({ score }) => score.reciprocal),
        byKind.join(', '),
      ]
    })
  })
  const heading = ['set', 'stages', 'recall@5', 'recall@10', 'recall@20', 'mrr', 'recall@10 by kind']
  return table([heading, ...sets.flatMap((_, at) => rows.map(row => row[at]!))])
}

function weightsTable(weights: Weights): string {
  return table([
    ['weights', ...FEATURES],
    ...WEIGHT_SETS.map((set: WeightSet) => [set, ...[...weights[set]].map(value => value.toFixed(3))]),
  ])
}

await main()
