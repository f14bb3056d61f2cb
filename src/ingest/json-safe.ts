import { HeirloomError } from '../model/errors.ts'

const DEPTH = 64

/** A JSON object as it was read: nothing is known of its fields. */
export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The text with NUL and lone surrogates, which no database stores, replaced by U+FFFD. */
export function toStorable(text: string): string {
  return /[\0\ud800-\udfff]/.test(text) ? text.replace(/\0|\p{Surrogate}/gu, '\ufffd') : text
}

/**
 * A copy that JSON carries unchanged: storable strings, finite numbers, null for what has no JSON form. `__proto__`
 * keys are left out, since assigning them onward would change the receiver's prototype.
 * @throws SOURCE_MALFORMED when it is nested deeper than 64 or contains itself.
 */
export function toJsonSafe(value: unknown, name: string, depth = 0): unknown {
  if (typeof value === 'string') return toStorable(value)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null) return null
  if (depth === DEPTH) {
    throw new HeirloomError(
      'SOURCE_MALFORMED',
      `${name} nests its values deeper than ${DEPTH}. Flatten them.`,
    )
  }
  if (Array.isArray(value)) return value.map(item => toJsonSafe(item, name, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '__proto__')
      .map(([key, item]) => [toStorable(key), toJsonSafe(item, name, depth + 1)]),
  )
}

/**
 * What JSON.parse gives.
 * @throws SOURCE_MALFORMED naming the place; never quoting the content, since messages are logged.
 */
export function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = String(cause instanceof Error ? cause.message : cause)
    const told = reason.replace(/, (?:\.\.\.)?"[\s\S]*$/, '').replace(/ in JSON at/, ' at')
    throw new HeirloomError('SOURCE_MALFORMED', `${place} is not JSON: ${told}`)
  }
}
