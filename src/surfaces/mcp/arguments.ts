/** From arguments as models send them to arguments as operations take them. Nothing is dropped without a word. */
import { STATUSES } from '../../model/lifecycle.ts'
import { LIMITS } from '../../model/memory.ts'
import { aliasesOf, meantBy, toSnakeCase } from './aliases.ts'
import type { Form } from './forms.ts'

export interface ReadArguments {
  readonly values: Readonly<Record<string, unknown>>
  readonly notices: readonly string[]
}

/** `required` is the one argument that the tool cannot do without; null where there is none. */
export function readArguments(
  given: Readonly<Record<string, unknown>>,
  forms: ReadonlyMap<string, Form>,
  required: string | null,
): ReadArguments {
  const values = new Map<string, unknown>()
  const unused: string[] = []
  const empty: string[] = []
  for (const [name, value] of inOrder(given, forms)) {
    const meant = meantBy(name, forms)
    if (meant === null || values.has(meant)) unused.push(name)
    else if (meant === 'status' && isAll(value)) values.set(meant, [...STATUSES])
    else if (isAbsent(value) && meant !== required) {
      if (value !== null && value !== undefined) empty.push(name)
    } else values.set(meant, asMeant(meant, coerce(value, forms.get(meant)!)))
  }
  if (required !== null && !values.has(required)) moveInto(required, values)
  return { values: Object.fromEntries(values), notices: noticesOf(unused, empty, forms) }
}

/** Arguments under their own names come before aliases, so that an alias never takes the place of one. */
function inOrder(
  given: Readonly<Record<string, unknown>>,
  forms: ReadonlyMap<string, Form>,
): [string, unknown][] {
  const isOwn = ([name]: [string, unknown]) => forms.has(toSnakeCase(name))
  const entries = Object.entries(given)
  return [...entries.filter(isOwn), ...entries.filter(entry => !isOwn(entry))]
}

function isAll(value: unknown): boolean {
  return ['all', 'any', '*'].includes(String(value).trim().toLowerCase())
}

/** Kinds in any case, tags with a hash or with nothing between commas, more results than there may be. */
function asMeant(name: string, value: unknown): unknown {
  if (name === 'kind' && typeof value === 'string') return value.trim().toLowerCase().replace(/\s+/g, '_')
  if (name === 'kind' && Array.isArray(value)) return value.map(item => asMeant(name, item))
  if (name === 'tags' && Array.isArray(value)) {
    const tags = value.map(tag => (typeof tag === 'string' ? tag.trim().replace(/^#+/, '') : tag))
    return tags.filter(tag => tag !== '')
  }
  if (name === 'limit' && typeof value === 'number')
    return Math.min(LIMITS.results, Math.max(1, Math.round(value)))
  return value
}

/** Some models fill every optional argument with nothing. */
function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '')
}

/** An argument of another meaning gives way where the one that is needed is missing: `note` may hold the content. */
function moveInto(required: string, values: Map<string, unknown>): void {
  for (const [name, value] of values) {
    if (!aliasesOf(name).includes(required)) continue
    values.delete(name)
    values.set(required, value)
    return
  }
}

const SHOWN_NAMES = 10

function noticesOf(unused: string[], empty: string[], forms: ReadonlyMap<string, Form>): string[] {
  const quoted = (names: string[]) => {
    const shown = names.slice(0, SHOWN_NAMES).map(name => JSON.stringify(name.slice(0, 40)))
    return `${shown.join(', ')}${names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : ''}`
  }
  const notices: string[] = []
  if (unused.length > 0) {
    const known = forms.size === 0 ? 'none are taken' : `known: ${[...forms.keys()].join(', ')}`
    notices.push(`Arguments not used: ${quoted(unused)} (${known}).`)
  }
  if (empty.length > 0) notices.push(`Empty, so taken as not given: ${quoted(empty)}.`)
  return notices
}

function coerce(value: unknown, form: Form): unknown {
  switch (form.kind) {
    case 'integer':
    case 'number':
      return toNumber(value)
    case 'boolean':
      return toBoolean(value)
    case 'array':
      return toList(value, form)
    case 'object':
      return parsed(value, '{')
    case 'string':
      return toText(value, form)
    case 'other':
      return value
  }
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)
    ? Number(value)
    : value
}

function toBoolean(value: unknown): unknown {
  const word = String(value).trim().toLowerCase()
  if (['true', 'yes', '1'].includes(word)) return true
  return ['false', 'no', '0'].includes(word) ? false : value
}

function toList(value: unknown, form: Form): unknown {
  const read = parsed(value, '[')
  const item = form.item
  if (Array.isArray(read))
    return item === undefined ? read : read.filter(part => part !== null).map(part => coerce(part, item))
  if (typeof read !== 'string') return typeof read === 'number' ? [String(read)] : read
  if (form.readsText && item?.choices === undefined) return read
  const parts = read.split(',').map(part => part.trim())
  return parts.filter(part => part !== '').map(part => (item === undefined ? part : coerce(part, item)))
}

function toText(value: unknown, { choices }: Form): unknown {
  const single = Array.isArray(value) && value.length === 1 ? value[0] : value
  const text = typeof single === 'number' || typeof single === 'boolean' ? String(single) : single
  if (choices === undefined || typeof text !== 'string') return text
  return choices.find(choice => choice === text.trim().toLowerCase()) ?? text
}

/** JSON that came as a string, or the value as it was. */
export function parsed(value: unknown, opening: '{' | '['): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}
