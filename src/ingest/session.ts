/**
 * Sessions of Claude Code: one JSON object a line, among them what the person and the assistant said.
 */
import { LIMITS } from '../model/memory.ts'
import { type DocumentFields, type ParsedDocument, shorten } from './document.ts'
import { isJson, type Json, toStorable } from './json-safe.ts'
import {
  firstText,
  type PlacedMessage,
  TimeReader,
  type Turn,
  toConversation,
  toPassages,
  toText,
} from './turns.ts'

/** Whether a line can only come from such a session. */
export function isSessionLine(line: unknown): boolean {
  if (!isJson(line) || typeof line.type !== 'string') return false
  if (line.type === 'summary') return typeof line.leafUuid === 'string'
  return typeof line.sessionId === 'string' && !('role' in line)
}

/**
 * The texts of user and assistant, without thinking, tools and the program's own messages. What a subagent was told
 * and answered (a side chain) is left out too, since no person said it; metadata counts it.
 */
export function parseSession(lines: readonly PlacedMessage[], warnings: readonly string[]): ParsedDocument {
  const times = new TimeReader()
  const records = lines.map(({ value }) => value).filter(isJson)
  const turns = lines.flatMap(line => toTurn(line, times) ?? [])
  const summary = records.findLast(({ type, summary }) => type === 'summary' && typeof summary === 'string')
  const title = summary === undefined ? null : firstText(summary, ['summary'])
  return toConversation({
    title: title === null ? null : shorten(toStorable(title), LIMITS.title),
    fields: toFields(records),
    metadata: toMetadata(records),
    passages: toPassages(turns),
    warnings: [...warnings, ...times.warnings()],
  })
}

function isSaid({ type, isMeta, isSidechain }: Json): boolean {
  return (type === 'user' || type === 'assistant') && isMeta !== true && isSidechain !== true
}

function toTurn({ value, place }: PlacedMessage, times: TimeReader): Turn | null {
  if (!isJson(value) || !isSaid(value) || !isJson(value.message)) return null
  const text = toText(value.message.content)
  const content = text !== null && value.type === 'user' ? withoutProgram(text) : text
  if (content === null || content.trim() === '') return null
  // The summary that continues a compacted session stands in the user's place, but the assistant wrote it.
  const author = value.isCompactSummary === true ? 'assistant' : firstText(value.message, ['role'])
  const at = times.read(value.timestamp, place)
  return { content, author: author ?? firstText(value, ['type']), at, label: firstText(value, ['uuid']) }
}

const ASIDES = [
  ...['command-name', 'command-message', 'command-args'],
  ...['local-command-stdout', 'local-command-stderr', 'local-command-caveat'],
  ...['bash-input', 'bash-stdout', 'bash-stderr'],
]
const INTERRUPTION = /^[ \t]*\[Request interrupted by user[^\]\n]*\][ \t]*$/gm

/**
 * What the person wrote: without the reminders that the program adds, and nothing where only the program speaks, in
 * the marks of its commands and shells. Such marks amid other words are part of what was said.
 */
function withoutProgram(text: string): string {
  const said = cutElement(text, 'system-reminder')
  const rest = ASIDES.reduce(cutElement, said).replace(INTERRUPTION, '')
  return rest.trim() === '' ? '' : said
}

// By hand: an expression would look for the end of each of many unclosed marks anew.
function cutElement(text: string, name: string): string {
  const [open, close] = [`<${name}>`, `</${name}>`]
  let kept = ''
  let from = 0
  for (;;) {
    const start = text.indexOf(open, from)
    const end = start < 0 ? -1 : text.indexOf(close, start)
    if (end < 0) return kept + text.slice(from)
    kept += text.slice(from, start)
    from = end + close.length
  }
}

/**
 * The codebase is the last name of the folder where the session began: the same for everyone who has a checkout,
 * where the whole path differs from one machine to the next.
 */
function toFields(records: readonly Json[]): DocumentFields {
  const session = firstOf(records, 'sessionId')
  const folder = firstOf(records, 'cwd')
    ?.split(/[\\/]/)
    .findLast(name => name !== '')
  const fields: DocumentFields = { client: 'claude-code' }
  if (session !== null) fields.session = shorten(session, LIMITS.name)
  if (folder !== undefined) fields.codebase = shorten(folder, LIMITS.name)
  return fields
}

function toMetadata(records: readonly Json[]): Record<string, unknown> {
  const cwd = firstOf(records, 'cwd')
  const branch = firstOf(records, 'gitBranch')
  const aside = records.filter(({ isSidechain }) => isSidechain === true).length
  return {
    ...(cwd === null ? {} : { cwd }),
    ...(branch === null ? {} : { git_branch: branch }),
    ...(aside === 0 ? {} : { sidechain_lines: aside }),
  }
}

function firstOf(records: readonly Json[], field: string): string | null {
  for (const record of records) {
    const value = record[field]
    if (typeof value === 'string' && value !== '') return toStorable(value)
  }
  return null
}
