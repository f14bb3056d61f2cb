import { HeirloomError } from '../model/errors.ts'
import { LIMITS } from '../model/memory.ts'
import { LABEL_CHARACTERS, type ParsedDocument, type ParsedPassage, shorten } from './document.ts'
import { isJson, type Json, toStorable } from './json-safe.ts'
import { cutMarkdown } from './markdown-cut.ts'
import { PASSAGE_CHARACTERS } from './text-cut.ts'
import { toTime } from './time.ts'

/** What is said at once, by one voice. */
export interface Turn {
  readonly content: string
  readonly author: string | null
  readonly at: string | null
  readonly label: string | null
}

/** The forms of a conversation that are understood, for the messages that refuse another. */
export const KNOWN_FORMS =
  'Known are: a list of messages {role | speaker | author, content | text, time?, id?}, {"messages": […]}, ' +
  'a LoCoMo conversation {session_1: […], session_1_date_time: …}, and in JSON Lines one message a line or a ' +
  'Claude Code session.'

/** Well-formed JSON that was never meant as a conversation: a mistake only where a person named the file. */
export class NoConversation extends HeirloomError {
  constructor(message: string) {
    super('SOURCE_MALFORMED', message)
  }
}

/** The turns as passages. A turn longer than a passage becomes several with its label, cut where Markdown allows. */
export function toPassages(turns: Iterable<Turn>): ParsedPassage[] {
  const passages: ParsedPassage[] = []
  for (const turn of turns) {
    const content = toStorable(turn.content.trim())
    const author = bounded(turn.author, LIMITS.name)
    const label = bounded(turn.label, LABEL_CHARACTERS)
    const pieces = content.length <= PASSAGE_CHARACTERS ? [content] : cutMarkdown(content)
    for (const piece of pieces) {
      if (piece !== '') passages.push({ content: piece, author, at: turn.at, label, title: null })
    }
  }
  return passages
}

function bounded(text: string | null, limit: number): string | null {
  return text === null || text.trim() === '' ? null : shorten(toStorable(text.trim()), limit)
}

/** Counts times that were not understood, so that one warning speaks for all of them. */
export class TimeReader {
  #unread = 0
  #example = ''

  read(value: unknown, place: string): string | null {
    if (value === undefined || value === null) return null
    const at = toTime(value)
    if (at !== null) return at
    if (this.#unread === 0) this.#example = place
    this.#unread++
    return null
  }

  warnings(): string[] {
    return this.#unread === 0
      ? []
      : [`${this.#unread} times were not understood, the first at ${this.#example}`]
  }
}

/** A message with the place where it stands, for errors: `line 17`. */
export interface PlacedMessage {
  readonly value: unknown
  readonly place: string
}

/** Whether it says something, or is one of the textless messages (calls of tools) between those that do. */
export function isMessage(value: unknown): value is Json {
  if (!isJson(value)) return false
  return (
    textOf(value) !== null ||
    (typeof value.role === 'string' && (value.content ?? value.text ?? null) === null)
  )
}

/**
 * A conversation of plain messages. Messages without text, such as calls of tools, give no passage.
 * @throws SOURCE_MALFORMED naming the place of the first value that is no message.
 */
export function parseMessages(name: string, messages: readonly PlacedMessage[]): ParsedDocument {
  const times = new TimeReader()
  const turns = messages.map(({ value, place }, index) => {
    if (!isMessage(value)) {
      const refusal = `${name}: ${place} is not a message. ${KNOWN_FORMS}`
      throw index === 0 ? new NoConversation(refusal) : new HeirloomError('SOURCE_MALFORMED', refusal)
    }
    return {
      content: textOf(value) ?? '',
      author: authorOf(value),
      at: timeOf(value, times, place),
      label: idOf(value),
    }
  })
  return toConversation({ passages: toPassages(turns), warnings: times.warnings() })
}

export function toConversation(said: Partial<Omit<ParsedDocument, 'type'>>): ParsedDocument {
  const empty = { key: null, title: null, fields: {}, metadata: {}, passages: [], warnings: [] }
  return { ...empty, ...said, type: 'conversation' }
}

function textOf(message: Json): string | null {
  return toText(message.content) ?? toText(message.text)
}

/** A string, or the texts among parts such as `{type: 'text', text: '…'}`; null where the value is neither. */
export function toText(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return null
  return content.flatMap(part => partText(part) ?? []).join('\n\n')
}

const TEXT_PARTS: readonly unknown[] = ['text', 'input_text', 'output_text', undefined]

function partText(part: unknown): string | null {
  if (typeof part === 'string') return part
  return isJson(part) && TEXT_PARTS.includes(part.type) && typeof part.text === 'string' ? part.text : null
}

function authorOf(message: Json): string | null {
  return firstText(message, ['speaker', 'author', 'name', 'role'])
}

function idOf(message: Json): string | null {
  return firstText(message, ['id', 'uuid', 'dia_id', 'message_id'])
}

function timeOf(message: Json, times: TimeReader, place: string): string | null {
  const value = message.at ?? message.time ?? message.timestamp ?? message.created_at ?? message.date
  return times.read(value, place)
}

/** The first of these fields that holds a text or a number. */
export function firstText(values: Json, names: readonly string[]): string | null {
  for (const name of names) {
    const value = values[name]
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return String(value)
  }
  return null
}
