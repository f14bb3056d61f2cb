/** Questions that share no word with their answers, with the model that ships with Heirloom and without it. */
import { mkdirSync } from 'node:fs'
import { type Heirloom, openHeirloom } from '../../src/index.ts'
import { type Answer, type Asked, QUESTIONS } from './knowledge.ts'
import { claim, excerpt, gap, question, row, step } from './page.ts'

const PARAPHRASES: readonly Asked[] = [
  { query: 'Which foods can someone not eat?', project: 'tidepool', answer: /allergic to nuts/ },
  { query: 'What is the schedule for shipping releases?', project: 'tidepool', answer: /on Tuesdays/ },
  { query: 'Are connections secure?', project: 'tidepool', answer: /with TLS/ },
]

export async function paraphrase(memory: Heirloom, file: string): Promise<void> {
  step(
    'Ask in words that nobody used',
    'A small model that ships with Heirloom compares what is meant: no download, no key, no server, no LLM.',
  )
  for (const asked of PARAPHRASES) {
    const { found } = await ask(memory, asked)
    question(asked.query)
    row('', excerpt(found?.content ?? 'nothing'))
    row('why', `holds no word of the question; rank ${found?.legs.dense} by meaning`)
    claim(found?.why?.terms.length === 0 && found.legs.keyword === null, 'found by its meaning alone')
    gap()
  }
  await withoutModel(file)
}

/** The same store, opened as if the model had been deleted. */
async function withoutModel(file: string): Promise<void> {
  const models = `${file}.no-models`
  mkdirSync(models)
  await using memory = await openHeirloom({ store: file, mode: 'existing', client: 'demo', models })
  const notices = new Set<string>()
  let missed = 0
  for (const asked of PARAPHRASES) {
    const { found, notices: said } = await ask(memory, asked)
    if (found === undefined) missed++
    for (const notice of said.filter(one => one.includes('words alone'))) notices.add(notice)
  }
  row('model removed', `${missed} of ${PARAPHRASES.length} are not found any more, and recall says why:`)
  for (const notice of notices) row('', `"${notice}"`)
  claim(missed === PARAPHRASES.length, 'without its model nothing is made up')
  claim(notices.size === 1, 'each answer says that recall goes by words alone, and how to mend it')
  gap()
  const byWords = QUESTIONS[1]!
  const { found } = await ask(memory, byWords)
  question(byWords.query)
  row('', excerpt(found?.content ?? 'nothing'))
  claim(found !== undefined, 'questions in its words are answered as before')
}

/** The result that answers a question, where it is one of the first three. */
async function ask(memory: Heirloom, { query, project, answer }: Asked) {
  const { results, notices } = await memory.recall({ query, project, limit: 3, explain: true })
  const found: Answer | undefined = results.find(({ content }) => answer.test(content))
  return { found, notices }
}
