/** When a request is made again, and after how long. */
import type { IncomingHttpHeaders } from 'node:http'

export const ATTEMPTS = 3

/** Milliseconds: the first pause is at most this, later ones twice as much each time. */
const FIRST = 500
const LONGEST = 8_000
/** The longest that a server may ask to wait; one that asks for more is asked again too early, and says so. */
const LONGEST_ASKED = 30_000

/** Errors of a connection that may be gone the next time. A name that nobody knows is not among them. */
const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
])

export function isPassing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && PASSING.has(String(error.code))
}

export function isPassingStatus(status: number): boolean {
  return status === 429 || status >= 500
}

/**
 * Milliseconds before the next attempt: what the server asks for, else exponential back-off with full jitter.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter
 * @param attempt that failed, from 1.
 */
export function pauseAfter(attempt: number, random: number, headers?: IncomingHttpHeaders): number {
  const asked = askedFor(headers ?? {})
  if (asked !== null) return Math.min(asked, LONGEST_ASKED)
  return random * Math.min(LONGEST, FIRST * 2 ** (attempt - 1))
}

/** Retry-After in seconds, or as a date: that is held against the server's own clock. */
function askedFor(headers: IncomingHttpHeaders): number | null {
  const value = headers['retry-after']?.trim()
  if (value === undefined) return null
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const wait = Date.parse(value) - Date.parse(headers.date ?? '')
  return Number.isNaN(wait) ? null : Math.max(0, wait)
}
