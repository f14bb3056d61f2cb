/**
 * Questions about documents, each with the passages that answer it. Evidence is a short quotation, so that it stays
 * right however a document is cut into passages, and its going stale shows.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Heirloom } from '../../src/index.ts'
import type { Ask } from '../recalled.ts'

/**
 * How a question is put: with the key words of the passage (`words`), with other words for the same (`paraphrase`),
 * or as somebody with a task would say it, who does not know what things are called (`task`).
 */
export const STYLES = ['words', 'paraphrase', 'task'] as const

export interface Evidence {
  /** Where the quotation stands, from the folder of its corpus. */
  readonly file: string
  /** As it stands there, but for white space. In no other place of the corpus. */
  readonly quotation: string
}

export interface DocumentQuestion {
  readonly question: string
  readonly style: (typeof STYLES)[number]
  /** One place, or several that each answer. */
  readonly evidence: readonly Evidence[]
  /** Whether it is one of those that the tests ask. */
  readonly quick?: boolean
}

export interface OwnQuestions {
  /** The files and folders of the repository that the questions are about. */
  readonly files: readonly string[]
  readonly questions: readonly DocumentQuestion[]
}

/** A question in a store. */
export interface Placed {
  readonly question: DocumentQuestion
  /** For each quotation the id of the memory that holds it. */
  readonly passages: readonly string[]
}

/** The questions about this repository's own documents. */
export function loadOwnQuestions(): OwnQuestions {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'own.json'), 'utf8')) as OwnQuestions
}

/** The Markdown files below a folder, or in those of its files and folders that are named, from that folder. */
export function markdownIn(root: string, names: readonly string[] = ['']): string[] {
  return names.flatMap(name => {
    if (!statSync(join(root, name)).isDirectory()) return [name]
    const found = readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
    return found
      .filter(path => path.endsWith('.md'))
      .sort()
      .map(path => join(name, path))
  })
}

export interface Stale {
  readonly question: DocumentQuestion
  /** Names the file and the quotation, and says what is wrong. */
  readonly problem: string
}

/** Each quotation that does not stand exactly once in its file, or stands in another one as well. */
export function findStale(
  questions: readonly DocumentQuestion[],
  root: string,
  files: readonly string[],
): Stale[] {
  const texts = new Map(files.map(file => [file, collapse(readFileSync(join(root, file), 'utf8'))]))
  return questions.flatMap(question =>
    question.evidence.flatMap(({ file, quotation }) => {
      const places = [...texts].flatMap(([name, text]) =>
        Array<string>(text.split(collapse(quotation)).length - 1).fill(name),
      )
      if (places.length === 1 && places[0] === file) return []
      const where = places.length === 0 ? 'is gone' : `stands in ${places.join(', ')}`
      return [{ question, problem: `${file}: “${quotation}” ${where}; it answers “${question.question}”` }]
    }),
  )
}

/**
 * Finds the passages of a store that hold the quotations.
 * @throws Error naming the quotation that no passage holds whole: choose one that is not cut in two.
 */
export async function placeQuestions(
  memory: Heirloom,
  questions: readonly DocumentQuestion[],
  root: string,
): Promise<Placed[]> {
  const passages = await allPassages(memory)
  return questions.map(question => ({
    question,
    passages: question.evidence.map(({ file, quotation }) => {
      const holder = passages.find(
        ({ document, content }) => document === join(root, file) && content.includes(collapse(quotation)),
      )
      if (holder === undefined) throw new Error(`${file}: no passage holds “${quotation}” whole`)
      return holder.id
    }),
  }))
}

export function toAsk({ question, passages }: Placed): Ask {
  return { query: question.question, evidence: passages.map(id => found => found.id === id) }
}

interface Passage {
  readonly id: string
  readonly document: string | null
  readonly content: string
}

async function allPassages(memory: Heirloom): Promise<Passage[]> {
  const passages: Passage[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Heirloom['list']>> = await memory.list({
      limit: 100,
      ...(cursor === null ? {} : { cursor }),
    })
    for (const { id, document, content } of page.results)
      passages.push({ id, document, content: collapse(content) })
    cursor = page.cursor
  } while (cursor !== null)
  return passages
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
