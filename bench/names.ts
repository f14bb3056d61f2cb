/** The names in a conversation, by a rule that knows nothing of its questions: what mentions are measured with. */
import { readFileSync } from 'node:fs'
import type { Heirloom } from '../src/index.ts'

/** A name is a capitalised word that stands so often within sentences, and never in lower case. */
const OFTEN = 2

export interface Name {
  readonly type: string
  readonly name: string
  readonly aliases: readonly string[]
}

/** Speakers, with the short forms that they are called by, and what else is written like a name. */
export function namesIn(file: string): Name[] {
  const raw = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  const turns = turnsIn(raw)
  const speakers = [...new Set(turns.map(({ speaker }) => speaker))]
  const counts = new Map<string, number>()
  const lower = new Set<string>()
  for (const { text } of turns) {
    for (const [, before = '', word = ''] of text.matchAll(/(^|[^\p{L}\p{N}'])(\p{L}[\p{L}'-]{2,})/gu)) {
      if (/^\p{Ll}/u.test(word)) lower.add(word)
      else if (/[\s"(]/.test(before) && !/[.!?…]\s*$/.test(text.slice(0, text.indexOf(word))))
        counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  const names = [...counts].filter(([word, count]) => count >= OFTEN && !lower.has(word.toLowerCase()))
  const words = names.map(([word]) => word)
  const people = speakers.map(name => ({
    type: 'person',
    name,
    aliases: words.filter(word => word !== name && name.startsWith(word)),
  }))
  const short = new Set(people.flatMap(({ name, aliases }) => [name, ...aliases]))
  const others = words.filter(word => !short.has(word) && !/'/.test(word))
  return [...people, ...others.map(name => ({ type: 'name', name, aliases: [] }))]
}

export async function makeNames(memory: Heirloom, names: readonly Name[]): Promise<number> {
  let made = 0
  for (const { type, name, aliases } of names) {
    const twin = await memory.entity_create({ type, name, aliases: [...aliases] }).catch(() => null)
    if (twin !== null) made++
  }
  return made
}

interface Turn {
  readonly speaker: string
  readonly text: string
}

function turnsIn(raw: Record<string, unknown>): Turn[] {
  const inside = (raw.conversation ?? raw) as Record<string, unknown>
  return Object.entries(inside).flatMap(([key, value]) =>
    /^session_\d+$/.test(key) ? (value as Turn[]) : [],
  )
}
