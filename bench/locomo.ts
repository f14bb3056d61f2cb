/** Conversations with questions in LoCoMo's form, as the quality bench needs them. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Ask } from './recalled.ts'

/** What kinds of questions there are, by their number; 5 is adversarial and has no answer to find. */
export const CATEGORIES: Readonly<Record<number, string>> = {
  1: 'multi-hop',
  2: 'temporal',
  3: 'open',
  4: 'single-hop',
}

export interface Question {
  readonly text: string
  /** A value of CATEGORIES. */
  readonly category: string
  /** Labels of the turns that hold the answer. */
  readonly evidence: readonly string[]
}

export interface Conversation {
  readonly file: string
  readonly questions: readonly Question[]
}

interface Raw {
  readonly qa: readonly { question: string; evidence?: readonly string[]; category: number }[]
  readonly [key: string]: unknown
}

/** The JSON files of a folder, in the order of their names. Questions without a turn to find are left out. */
export function loadConversations(folder: string): Conversation[] {
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort()
  return files.map(name => {
    const file = resolve(folder, name)
    const raw = JSON.parse(readFileSync(file, 'utf8')) as Raw
    const labels = turnLabels(raw)
    const questions = raw.qa
      .flatMap(({ question, evidence = [], category }) => {
        const name = CATEGORIES[category]
        if (name === undefined) return []
        return [{ text: question, category: name, evidence: idsIn(evidence, labels) }]
      })
      .filter(({ evidence }) => evidence.length > 0)
    return { file, questions }
  })
}

/** The evidence is the turns of the conversation's own file that have the question's labels. */
export function askForTurns(file: string, { text, evidence }: Question): Ask {
  return {
    query: text,
    evidence: evidence.map(
      label => found => found.label === label && (found.document?.startsWith(file) ?? false),
    ),
  }
}

/** Sessions stand beside the questions, or in an object of their own under `conversation`. */
function turnLabels(raw: Raw): Set<string> {
  const turns = Object.entries(raw.conversation ?? raw).flatMap(([key, value]) =>
    /^session_\d+$/.test(key) ? (value as object[]) : [],
  )
  return new Set(turns.map(turn => (turn as { dia_id: string }).dia_id))
}

/** Some entries hold several ids, separated by semicolons, commas or spaces. */
function idsIn(evidence: readonly string[], labels: Set<string>): string[] {
  return [...new Set(evidence.flatMap(entry => entry.split(/[;,\s]+/)).filter(id => labels.has(id)))]
}
