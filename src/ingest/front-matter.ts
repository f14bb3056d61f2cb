import { LineCounter, parseDocument } from 'yaml'
import { HeirloomError } from '../model/errors.ts'
import { KIND_PATTERN, LIMITS } from '../model/memory.ts'
import type { DocumentFields } from './document.ts'
import { isJson, type Json, toJsonSafe } from './json-safe.ts'
import { toTime } from './time.ts'

export interface FrontMatter {
  readonly title: string | null
  readonly fields: DocumentFields
  readonly metadata: Record<string, unknown>
  readonly warnings: readonly string[]
  /** Where the body begins in the text. */
  readonly bodyStart: number
}

const FENCED = /^---[ \t]*\n(?:([\s\S]*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|$)/

/**
 * The YAML between `---` lines at the head of a text. What is a field of a memory, under any of its usual names,
 * becomes one; everything else, and every value that does not fit its field, is metadata.
 * @throws SOURCE_MALFORMED naming the line of the file when the YAML is broken.
 */
export function readFrontMatter(name: string, text: string): FrontMatter {
  const none = { title: null, fields: {}, metadata: {}, warnings: [], bodyStart: 0 }
  const fenced = FENCED.exec(text)
  if (fenced === null) return none
  const values = readYaml(name, fenced[1] ?? '')
  if (values === null) return none
  return { ...toFields(values), bodyStart: fenced[0].length }
}

interface Values {
  /** As YAML types them. */
  readonly typed: Json
  /** As they were written: a tag `1.10` is not the number 1.1. */
  readonly written: Json
}

/** Null when it is YAML but no mapping: then the lines were rules around a paragraph. */
function readYaml(name: string, yaml: string): Values | null {
  try {
    const typed = loadYaml(name, yaml, 'core') ?? {}
    if (!isJson(typed)) return null
    const written = loadYaml(name, yaml, 'failsafe') ?? {}
    return {
      typed: toJsonSafe(typed, `${name}: front matter`) as Json,
      written: toJsonSafe(isJson(written) ? written : {}, `${name}: front matter`) as Json,
    }
  } catch (error) {
    if (error instanceof HeirloomError) throw error
    const reason = error instanceof RangeError ? 'it is nested too deeply' : 'its aliases cannot be resolved'
    throw new HeirloomError('SOURCE_MALFORMED', `${name}: the front matter cannot be read: ${reason}`)
  }
}

function loadYaml(name: string, yaml: string, schema: 'core' | 'failsafe'): unknown {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { schema, prettyErrors: false, lineCounter: lines, logLevel: 'error' })
  const [error] = document.errors
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line + 1
    throw new HeirloomError(
      'SOURCE_MALFORMED',
      `${name}: line ${line} of the front matter is not YAML: ${error.message.split('\n')[0]}`,
    )
  }
  return document.toJS()
}

type Reader<T> = (value: unknown) => T | null

const FIELDS: { [F in keyof Required<DocumentFields>]: [readonly string[], Reader<DocumentFields[F]>] } = {
  project: [['project'], textUpTo(LIMITS.name)],
  codebase: [['codebase', 'repository', 'repo'], textUpTo(LIMITS.name)],
  kind: [['kind', 'type'], toKind],
  tags: [['tags', 'tag'], listUpTo(LIMITS.tags, LIMITS.tag)],
  topics: [['topics', 'topic'], listUpTo(LIMITS.topics, LIMITS.topic)],
  author: [['author', 'authors'], toAuthor],
  at: [['at', 'date', 'created_at', 'created'], toTime],
  client: [['client', 'client_id'], textUpTo(LIMITS.name)],
  session: [['session', 'session_id'], textUpTo(LIMITS.name)],
  valid_from: [['valid_from'], toTime],
  valid_until: [['valid_until', 'expires', 'expires_at'], toTime],
}

function toFields({ typed, written }: Values): Omit<FrontMatter, 'bodyStart'> {
  const metadata: Record<string, unknown> = { ...typed }
  const warnings: string[] = []
  const take = <T>(names: readonly string[], read: Reader<T>): T | null => {
    const key = names.map(name => keyNamed(typed, name)).find(found => found !== undefined)
    if (key === undefined) return null
    const value = typed[key] === null ? null : read(written[key])
    if (value === null && typed[key] !== null)
      warnings.push(`front matter: \`${key}\` does not fit and is metadata`)
    else delete metadata[key]
    return value
  }
  const title = take(['title'], textUpTo(LIMITS.title))
  const fields = Object.fromEntries(
    Object.entries(FIELDS)
      .map(([field, [names, read]]) => [field, take<unknown>(names, read)] as const)
      .filter(([, value]) => value !== null),
  )
  return { title, fields, metadata, warnings }
}

function keyNamed(values: Json, name: string): string | undefined {
  return Object.keys(values).find(key => key.toLowerCase().replaceAll('-', '_') === name)
}

function textUpTo(limit: number): Reader<string> {
  return value => {
    const text = typeof value === 'string' ? value.trim() : ''
    return text === '' || text.length > limit ? null : text
  }
}

function toKind(value: unknown): string | null {
  const kind = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return KIND_PATTERN.test(kind) ? kind : null
}

function toAuthor(value: unknown): string | null {
  const names = Array.isArray(value) ? value : [value]
  if (!names.every(name => typeof name === 'string')) return null
  return textUpTo(LIMITS.name)(names.join(', '))
}

/** A list or a comma string; lower case for tags is the business of whoever stores them. */
function listUpTo(items: number, length: number): Reader<string[]> {
  return value => {
    const parts: unknown[] =
      typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [null]
    if (!parts.every(part => typeof part === 'string')) return null
    const list = [...new Set(parts.map(part => part.trim().replace(/^#/, '')))].filter(part => part !== '')
    return list.length > items || list.some(part => part.length > length) ? null : list
  }
}
