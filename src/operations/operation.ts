/**
 * What an operation is, and the one way to call one. Surfaces derive their help, arguments, tools and reference from
 * these definitions; none adds an operation of its own.
 */
import type * as z from 'zod'
import type { Embedders } from '../embedding/embedders.ts'
import type { Drainer } from '../evolve/drainer.ts'
import type { Principal } from '../model/access.ts'
import { canonicalJson, sha256 } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Stamp } from '../model/journal.ts'
import { LIMITS } from '../model/memory.ts'
import type { IdempotencyClaim } from '../store/idempotency.ts'
import type { Store } from '../store/store.ts'
import type { Upkeep } from './upkeep.ts'

export type Effects = 'read' | 'write' | 'destructive'
export type Scope = 'read' | 'write' | 'admin'

/** How far a long operation has come. */
export interface Progress {
  readonly done: number
  readonly total: number
  /** Of an ingest: the passages that came of it so far. */
  readonly passages?: number
  /** What is being worked on, for people. */
  readonly item: string
}

/** What an operation works with: the store, who asks and from where, the clock and ids. */
export interface Context {
  readonly store: Store
  readonly principal: Principal
  readonly client: string | null
  readonly session: string | null
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string
  /** A new UUIDv7. */
  readonly newId: () => string
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((progress: Progress) => void) | undefined
  /** Whether opening the store made it. */
  readonly created: boolean
  /** For what is done to a store as a whole. */
  readonly upkeep: Upkeep
  readonly embedders: Embedders
  /** Embeds what waits; null where the store is only read. */
  readonly drainer: Drainer | null
}

export interface Operation<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  /** One sentence, for help and tool descriptions. */
  readonly summary: string
  /** Arguments of one command line that works, without the program's name. */
  readonly example: string
  readonly effects: Effects
  /** Whether doing it twice is the same as doing it once. */
  readonly idempotent: boolean
  readonly scope: Scope
  /** Inputs that the command line takes by place rather than by name; the last may take several. */
  readonly positional: readonly string[]
  /** Whether a store that is not there yet is made for it, or the store is looked after unopened. */
  readonly opens: 'existing' | 'create' | 'nothing'
  readonly input: Input
  readonly output: Output
  readonly run: (input: z.output<Input>, context: Context) => Promise<z.input<Output>>
}

/** Checks a definition's types and hands it on. */
export function defineOperation<Input extends z.ZodObject, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> {
  return operation
}

/**
 * Validates, then runs.
 * @throws INVALID_INPUT naming each argument that is wrong and what it should be; nothing was done then.
 */
export async function callOperation<Input extends z.ZodObject, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
  input: z.input<Input>,
  context: Context,
): Promise<z.output<Output>> {
  return (await operation.run(mustAccept(operation, input), context)) as z.output<Output>
}

/**
 * The input as the operation takes it, before there is a store to take it to.
 * @throws INVALID_INPUT as `callOperation` does.
 */
export function mustAccept<Input extends z.ZodObject>(
  operation: Operation<Input>,
  input: z.input<Input>,
): z.output<Input> {
  const parsed = strictly(operation.input).safeParse(input)
  if (!parsed.success) throw invalid(operation, parsed.error)
  if (operation.effects !== 'read') mustBeSmall(operation.name, parsed.data)
  return parsed.data as z.output<Input>
}

// Zod compiles a schema when it first parses: a strict twin made at each call would be compiled at each call.
const strictTwins = new WeakMap<z.ZodObject, z.ZodObject>()

function strictly(input: z.ZodObject): z.ZodObject {
  const twin = strictTwins.get(input) ?? input.strict()
  strictTwins.set(input, twin)
  return twin
}

function invalid(operation: Operation, error: z.ZodError): HeirloomError {
  const problems = error.issues.map(issue => {
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(operation.input.shape).join(', ')
      return `unknown argument ${issue.keys.map(key => `"${key}"`).join(', ')} (known: ${known})`
    }
    const where = issue.path.join('.')
    return where === '' ? issue.message : `${where}: ${said(issue)}`
  })
  return new HeirloomError('INVALID_INPUT', `${operation.name}: ${problems.join('; ')}`, { cause: error })
}

/** Zod's own words for the plainest mistakes, as a person would say them; ours are left as they are. */
function said(issue: z.core.$ZodIssue): string {
  const { message } = issue
  if (!/^(Invalid input|Invalid option|Too big|Too small)/.test(message)) return message
  switch (issue.code) {
    case 'invalid_type':
      return message.endsWith('undefined') ? 'is missing' : `must be of the type ${issue.expected}`
    case 'too_big':
      return `must be at most ${issue.maximum}`
    case 'too_small':
      return `must be at least ${issue.minimum}`
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    default:
      return message
  }
}

function mustBeSmall(name: string, input: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(input) ?? '')
  // Text that was read from a source is limited as a source is.
  if (bytes <= LIMITS.requestBytes || name === 'ingest') return
  throw new HeirloomError(
    'INVALID_INPUT',
    `${name}: ${bytes} bytes of arguments; at most ${LIMITS.requestBytes} are taken.`,
  )
}

/** The stamp that a write of this operation carries. */
export function stampFor(context: Context, operation: string, note: string | undefined = undefined): Stamp {
  return {
    operation,
    at: context.now(),
    actor_kind: context.principal.kind,
    client: context.client,
    session: context.session,
    note: note ?? null,
  }
}

/** What makes two calls with one idempotency key the same call. */
export function claimFor(
  operation: string,
  { idempotency_key: key, ...input }: { idempotency_key?: string | undefined } & Record<string, unknown>,
): IdempotencyClaim | undefined {
  if (key === undefined) return undefined
  return { key, request_hash: sha256(canonicalJson({ operation, input: JSON.parse(JSON.stringify(input)) })) }
}
