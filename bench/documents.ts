/**
 * How well recall finds the passages that answer a question about documents: recall@5, @10, @20 and mean reciprocal
 * rank over this repository's own documents and over a public manual, a stage of the pipeline switched on after the
 * other, and for each style of question.
 *
 *   npm run bench:documents -- [--manual <.deb or folder>] [--store <address>] [--embedder static]
 *     [--json <file>] [--check]
 *
 * `--check` only proves that each quotation stands where its question says, and names those that do not.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadManualQuestions, type Manual, readManual } from './documents/manual.ts'
import {
  type DocumentQuestion,
  findStale,
  loadOwnQuestions,
  markdownIn,
  placeQuestions,
  STYLES,
  toAsk,
} from './documents/questions.ts'
import { ask, type Figures, figuresTable, type Score, type Stage, stagesWith, toFigures } from './recalled.ts'
import { type BenchStores, benchStores } from './stores.ts'

const ROOT = join(import.meta.dirname, '..')

interface Corpus {
  readonly name: string
  readonly root: string
  /** From `root`. */
  readonly files: readonly string[]
  readonly questions: readonly DocumentQuestion[]
}

interface Measured {
  readonly corpus: string
  readonly style: string
  readonly questions: number
  readonly stages: readonly Figures[]
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      manual: { type: 'string' },
      store: { type: 'string' },
      embedder: { type: 'string', default: 'static' },
      json: { type: 'string' },
      check: { type: 'boolean', default: false },
    },
  })
  const work = mkdtempSync(join(tmpdir(), 'heirloom-documents-'))
  try {
    const asked = loadManualQuestions()
    const manual = readManual(asked.package, work, values.manual)
    noteVersion(asked.package, manual)
    const corpora = [ownCorpus(), manualCorpus(manual, asked.questions)]
    const sound = corpora.map(withoutStale)
    if (!values.check) await measure(sound, values, manual)
    else if (sound.some(({ questions }, at) => questions.length < (corpora[at]?.questions.length ?? 0)))
      process.exitCode = 1
    else console.log(`${corpora.map(toCount).join(', ')}: each quotation stands in its place`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function ownCorpus(): Corpus {
  const { files, questions } = loadOwnQuestions()
  return { name: 'own documents', root: ROOT, files: markdownIn(ROOT, files), questions }
}

function manualCorpus({ folder }: Manual, questions: readonly DocumentQuestion[]): Corpus {
  return { name: 'manual', root: folder, files: markdownIn(folder), questions }
}

function noteVersion(wanted: { name: string; version: string; sha256: string }, manual: Manual): void {
  if (manual.version === null)
    console.error(
      `It is not known whether the folder is of ${wanted.name} ${wanted.version}, as the questions are.`,
    )
  else if (manual.sha256 !== wanted.sha256)
    console.error(
      `${wanted.name} ${manual.version} is not the file that the questions were written for (${wanted.version}): figures do not compare with those of that one.`,
    )
}

/** A question whose quotation is gone would count as never found; it is named and left out instead. */
function withoutStale(corpus: Corpus): Corpus {
  const stale = findStale(corpus.questions, corpus.root, corpus.files)
  for (const { problem } of stale) console.error(problem)
  const gone = new Set(stale.map(({ question }) => question))
  return { ...corpus, questions: corpus.questions.filter(question => !gone.has(question)) }
}

function toCount({ name, questions }: Corpus): string {
  return `${questions.length} questions about ${name}`
}

async function measure(
  corpora: readonly Corpus[],
  { store, json, embedder }: { store?: string | undefined; json?: string | undefined; embedder: string },
  { version, sha256 }: Manual,
): Promise<void> {
  await using stores = await benchStores(store, { embedder })
  const measured: Measured[] = []
  for (const corpus of corpora) measured.push(...(await measureCorpus(stores, corpus, stagesWith(embedder))))
  const result = { engine: stores.engine, manual: { version, sha256 }, measured }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(`${corpora.map(toCount).join(', ')}, ${stores.engine}, manual ${version ?? 'from a folder'}`)
  for (const { corpus, style, questions, stages } of measured)
    console.log(`\n${corpus}, ${style} (${questions})\n${figuresTable(stages)}`)
}

/** All questions of a corpus, then each style by itself, in a store that holds nothing else. */
async function measureCorpus(
  stores: BenchStores,
  { name, root, files, questions }: Corpus,
  stages: readonly Stage[],
): Promise<Measured[]> {
  await using memory = await stores.open()
  await memory.ingest({ paths: files.map(file => join(root, file)) })
  await memory.embed({ drain: true })
  const placed = await placeQuestions(memory, questions, root)
  const scores: Score[][] = []
  for (const stage of stages) {
    const list: Score[] = []
    for (const one of placed) list.push(await ask(memory, toAsk(one), stage))
    scores.push(list)
  }
  return ['all', ...STYLES].map(style => {
    const picked = placed.map(({ question }) => style === 'all' || question.style === style)
    return {
      corpus: name,
      style,
      questions: picked.filter(Boolean).length,
      stages: stages.map(({ stage }, at) =>
        toFigures(stage, scores[at]?.filter((_, index) => picked[index]) ?? []),
      ),
    }
  })
}

await main()
