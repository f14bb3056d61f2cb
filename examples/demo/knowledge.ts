/** What the demo puts into a store and asks of it, the same for every database. */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Heirloom } from '../../src/index.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** The project's own documents, and the chat of three engineers who build something else. */
export const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs']
  .map(name => join(ROOT, name))
  .filter(path => existsSync(path))
export const CONVERSATION = join(ROOT, 'examples', 'conversation.jsonl')

export const PORT = {
  before: 'The staging API of Tidepool listens on port 9090',
  after: 'The staging API of Tidepool listens on port 9443',
  note: 'Jonas moved it on 9 March, for TLS',
  query: 'Which port does the staging API listen on?',
}

export const FACTS = [
  { content: PORT.before, kind: 'fact', tags: ['staging', 'api'] },
  { content: 'Priya wants pull requests of fewer than 300 lines', kind: 'preference' },
  { content: 'Deployments to production happen on Tuesdays before noon', kind: 'convention' },
]

/** A question, and words that the answer must hold to be right. */
export interface Asked {
  readonly query: string
  readonly project: string
  readonly answer: RegExp
}

export const QUESTIONS: readonly Asked[] = [
  { query: 'What did Priya decide, and why?', project: 'tidepool', answer: /plain PostgreSQL 17/ },
  { query: 'What did Mira find out about E4107?', project: 'tidepool', answer: /before its socket is bound/ },
  { query: 'How long do we keep raw readings?', project: 'tidepool', answer: /13 months/ },
  { query: 'When is Jonas on leave?', project: 'tidepool', answer: /12 to 16 March/ },
  { query: 'When are near-duplicates merged?', project: 'heirloom', answer: /MinHash|signature/i },
]

export type Answer = Awaited<ReturnType<Heirloom['recall']>>['results'][number]
export type Ingested = Awaited<ReturnType<Heirloom['ingest']>>

/** Reads everything; gives the sums of both calls. */
export async function readAll(memory: Heirloom): Promise<Ingested> {
  const documents = await memory.ingest({ paths: DOCUMENTS, project: 'heirloom' })
  const conversation = await memory.ingest({ paths: [CONVERSATION], project: 'tidepool' })
  const sum = (name: 'documents' | 'passages' | 'added' | 'unchanged' | 'revised' | 'superseded') =>
    documents[name] + conversation[name]
  return {
    documents: sum('documents'),
    passages: sum('passages'),
    added: sum('added'),
    unchanged: sum('unchanged'),
    revised: sum('revised'),
    superseded: sum('superseded'),
    restored: documents.restored + conversation.restored,
    errors: [...documents.errors, ...conversation.errors],
    notices: [],
  }
}

export async function rememberAll(memory: Heirloom) {
  const kept = []
  for (const fact of FACTS) kept.push(await memory.remember({ ...fact, project: 'tidepool' }))
  return kept
}

/** The best answers to each question, with all that was read embedded, which happens in the background otherwise. */
export async function askAll(memory: Heirloom): Promise<Answer[][]> {
  await memory.embed({ drain: true })
  const answers: Answer[][] = []
  for (const { query, project } of QUESTIONS) {
    const { results } = await memory.recall({ query, project, limit: 3, explain: true })
    answers.push(results)
  }
  return answers
}

/** Where an answer comes from: who said it and when, or which file under which heading. */
export function originOf({ author, valid_from, document, label }: Answer): string {
  const said = [author, valid_from?.slice(0, 10)].filter(part => part != null).join(', ')
  const file = document === null ? 'remembered' : relative(ROOT, document)
  return [said, file, author === null ? label : null].filter(Boolean).join(' · ')
}

/** Why recall chose it. */
export function reasonsOf({ why, legs }: Answer): string {
  if (why === undefined) return ''
  const { terms, lifted_by, factors } = why
  const words = terms.map(({ term, documents }) => (documents === null ? term : `${term} (in ${documents})`))
  const reasons = [words.length === 0 ? 'holds no word of it' : `holds ${words.join(', ')}`]
  if (legs.keyword !== null) reasons.push(`rank ${legs.keyword} by words`)
  if (legs.dense !== null) reasons.push(`rank ${legs.dense} by meaning`)
  if (lifted_by !== null) reasons.push('lifted by what stands beside it')
  if (factors.author !== undefined) reasons.push('its author is named in the question')
  if (factors.time !== undefined) reasons.push('you ask when, and it tells a time')
  return reasons.join('; ')
}
