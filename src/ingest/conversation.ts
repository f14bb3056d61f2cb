import { HeirloomError } from '../model/errors.ts'
import { LIMITS } from '../model/memory.ts'
import { type DocumentFields, LABEL_CHARACTERS, type ParsedDocument, shorten } from './document.ts'
import { isJson, type Json, parseJson, toJsonSafe, toStorable } from './json-safe.ts'
import { isLocomo, parseLocomo } from './locomo.ts'
import { isSessionLine, parseSession } from './session.ts'
import {
  firstText,
  isMessage,
  KNOWN_FORMS,
  NoConversation,
  type PlacedMessage,
  parseMessages,
  toConversation,
} from './turns.ts'

/**
 * The conversations of a JSON file: one, or for a list of conversations each under its key.
 * @throws SOURCE_MALFORMED when it is not JSON, or JSON of another form.
 */
export function parseConversations(name: string, text: string): ParsedDocument[] {
  if (text.trim() === '') return [toConversation({})]
  const value = parseJson(text, name)
  if (!Array.isArray(value)) return [mustParse(name, value)]
  const [first] = value
  if (first === undefined || isMessage(first)) return [parseList(name, value)]
  const keys = new Set<string>()
  return value.map((item: unknown, index) => {
    const document = mustParse(`${name}: conversation ${index + 1}`, item, index)
    return { ...document, key: freeKey(keyOf(item, index), keys) }
  })
}

function mustParse(name: string, value: unknown, index = 0): ParsedDocument {
  if (isLocomo(value)) return parseLocomo(name, value)
  if (isJson(value)) {
    if (isLocomo(value.conversation)) return parseLocomo(name, value.conversation)
    const messages = value.messages ?? value.conversation
    if (Array.isArray(messages)) return withHead(name, value, parseList(name, messages))
  }
  const refusal = `${name} is JSON, but no conversation. ${KNOWN_FORMS}`
  throw index === 0 ? new NoConversation(refusal) : new HeirloomError('SOURCE_MALFORMED', refusal)
}

function parseList(name: string, values: readonly unknown[]): ParsedDocument {
  return parseMessages(
    name,
    values.map((value, index) => ({ value, place: `message ${index + 1}` })),
  )
}

const TITLE = ['title', 'name']
const SESSION = ['session_id', 'session', 'conversation_id']

/** What stands beside the messages: a title, a session, and plain values as metadata. */
function withHead(name: string, head: Json, document: ParsedDocument): ParsedDocument {
  const title = firstText(head, TITLE)
  const session = firstText(head, SESSION)
  const rest = Object.entries(head).filter(
    ([key, value]) => typeof value !== 'object' && !TITLE.includes(key) && !SESSION.includes(key),
  )
  const fields: DocumentFields =
    session === null ? {} : { session: shorten(toStorable(session), LIMITS.name) }
  return {
    ...document,
    title: title === null ? null : shorten(toStorable(title), LIMITS.title),
    fields,
    metadata: toJsonSafe(Object.fromEntries(rest), name) as Json,
  }
}

function keyOf(item: unknown, index: number): string {
  const own = isJson(item) ? firstText(item, ['sample_id', 'id', ...SESSION]) : null
  return own === null ? `conversation-${index + 1}` : shorten(toStorable(own), LABEL_CHARACTERS)
}

function freeKey(wanted: string, taken: Set<string>): string {
  let key = wanted
  for (let count = 2; taken.has(key); count++) key = `${wanted} (${count})`
  taken.add(key)
  return key
}

/**
 * JSON Lines: a message a line, or a Claude Code session. Of the latter a last line that is still being written may
 * be torn; it is left out with a warning.
 * @throws SOURCE_MALFORMED naming the line.
 */
export function parseJsonLines(name: string, text: string): ParsedDocument {
  const { lines, torn } = readLines(name, text)
  if (lines.some(({ value }) => isSessionLine(value))) {
    const tail = torn === null ? [] : ['the last line is still being written and was left out']
    return parseSession(lines, tail)
  }
  if (torn !== null) throw torn
  return parseMessages(name, lines)
}

function readLines(name: string, text: string): { lines: PlacedMessage[]; torn: unknown } {
  const lines: PlacedMessage[] = []
  const rows = text.split('\n')
  for (const [index, row] of rows.entries()) {
    if (row.trim() === '') continue
    const place = `line ${index + 1}`
    try {
      lines.push({ value: parseJson(row, `${name}: ${place}`), place })
    } catch (error) {
      if (index < rows.length - 1) throw error
      return { lines, torn: error }
    }
  }
  return { lines, torn: null }
}
