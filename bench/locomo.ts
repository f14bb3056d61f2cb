/** Conversations with questions in LoCoMo's form, as the quality bench needs them. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Single-hop, multi-hop, temporal and open questions; 5 is adversarial and has no answer to find. */
const CATEGORIES = [1, 2, 3, 4]

export interface Question {
  readonly text: string
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
      .filter(({ category }) => CATEGORIES.includes(category))
      .map(({ question, evidence = [] }) => ({ text: question, evidence: idsIn(evidence, labels) }))
      .filter(({ evidence }) => evidence.length > 0)
    return { file, questions }
  })
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
