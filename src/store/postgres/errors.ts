/** What PostgreSQL and its driver say, as our own errors. */
import { type ErrorCode, HeirloomError } from '../../model/errors.ts'
import { brokenSchema } from '../schema/broken.ts'

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

const AGAIN = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
])

/** Unique indexes that two writers may race for; the second finds the first one's row when it runs again. */
const RACED = new Set([
  'memories_without_twins',
  'documents_by_source',
  'project_aliases_pkey',
  'entities_without_twins',
  'relationships_without_twins',
  'conflicts_one_open',
])

/** Whether the server undid the transaction and it should be run again. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error)
  if (code === '23505') return RACED.has(String((error as { constraint?: unknown }).constraint))
  return AGAIN.has(code)
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '53300',
])

export function toPostgresError(error: unknown, location: string, signal?: AbortSignal): unknown {
  if (error instanceof HeirloomError || !(error instanceof Error)) return error
  const code = codeOf(error)
  const say = (ours: ErrorCode, text: string) => new HeirloomError(ours, text, { cause: error })
  if (code === '57014' && signal?.aborted) return say('ABORTED', 'Cancelled.')
  if (UNREACHABLE.has(code) || (/timeout|terminated|Connection/i.test(error.message) && code === ''))
    return say(
      'STORE_UNAVAILABLE',
      `${location} cannot be reached (${reason(error)}). Is the server running, and the URL right?`,
    )
  if (code === '28P01' || code === '28000' || /password must be a string/.test(error.message))
    return say(
      'STORE_UNAVAILABLE',
      `${location} refused the user or password (${error.message}). Check the URL.`,
    )
  if (code === '3D000')
    return say('STORE_UNAVAILABLE', `${location}: ${error.message}. Create it first, or check the URL.`)
  if (code === '42501')
    return say(
      'ACCESS_DENIED',
      `${location}: ${error.message}. Ask its owner for the right to create and use the schema.`,
    )
  if (code === '25006') return say('STORE_READ_ONLY', `${location} is read-only (${error.message}).`)
  if (code === '53100')
    return say('STORE_FULL', `The disk of ${location} is full. Free some space; nothing was lost.`)
  if (isRetryable(error))
    return say('STORE_BUSY', `${location} is too busy to write to (${error.message}). Try again.`)
  return missingPart(error, location) ?? error
}

function missingPart(error: Error, location: string): HeirloomError | null {
  const [, name = ''] = /"([^"]+)"/.exec(error.message) ?? []
  switch (codeOf(error)) {
    case '42P01':
      return brokenSchema(location, { missing: `the table ${name}`, table: name, cause: error })
    case '42703': {
      const [, column = '', of = null] =
        /column "?([\w.]+)"?(?: of relation "(\w+)")? does not exist/.exec(error.message) ?? []
      const missing = `the column ${column}${of === null ? '' : ` of ${of}`}`
      return brokenSchema(location, { missing, table: of, cause: error })
    }
    default:
      return null
  }
}

function reason(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors[0] : undefined
  return inner instanceof Error ? inner.message : error.message || codeOf(error)
}
