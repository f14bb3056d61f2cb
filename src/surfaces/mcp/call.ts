/** One tool call: from arguments as they came to the text of the answer. */
import { HeirloomError } from '../../model/errors.ts'
import type { Opened } from '../../open.ts'
import { Envelope } from '../../operations/envelope.ts'
import { OPERATIONS } from '../../operations/index.ts'
import { type Context, callOperation, type Operation, type Progress } from '../../operations/operation.ts'
import { readAdmin } from './admin.ts'
import { type Answer, toText } from './answer.ts'
import { ANSWERS, plainAnswer, type Question } from './answers.ts'
import { readArguments } from './arguments.ts'
import type { Profile } from './instructions.ts'
import { type MemoryView, memoryItem } from './memories.ts'
import { toToolTalk } from './remedies.ts'
import { operationOf, takenBy } from './tools.ts'

export interface Caller {
  readonly profile: Profile
  /** The client's own name, when it said one. */
  readonly client: string | null
  readonly signal: AbortSignal
  readonly progress?: (progress: Progress) => void
}

interface Call {
  readonly operation: Operation
  readonly given: Readonly<Record<string, unknown>>
  readonly context: Context
  readonly envelope: Envelope
  readonly forAgent: (remedy: string) => string
}

/** @throws HeirloomError for whatever the call refuses. */
export async function callTool(
  { name, given }: { name: string; given: Readonly<Record<string, unknown>> },
  opened: Opened,
  { client, signal, progress, profile }: Caller,
): Promise<string> {
  const context = { ...opened.context({ signal, ...(progress === undefined ? {} : { progress }) }), client }
  const envelope = new Envelope(context.newId())
  const forAgent = (remedy: string) => toToolTalk(remedy, profile)
  if (name !== 'admin') return run({ operation: operationOf(name)!, given, context, envelope, forAgent })
  const request = readAdmin(given)
  if (request.kind === 'text')
    return [request.text, ...request.notices.map(notice => `Note: ${notice}`)].join('\n')
  const call = { operation: request.operation, given: request.given, context, envelope, forAgent }
  return request.operation.effects === 'destructive' && !request.confirmed ? preview(call) : run(call)
}

async function run({ operation, given, context, envelope, forAgent }: Call): Promise<string> {
  const { values, notices } = readArguments(given, takenBy(operation), requiredBy(operation))
  const { from, ...input } = operation.name === 'get' ? values : { ...values, from: undefined }
  const output = await callOperation(operation, input, context)
  return toText(toAnswer(operation, output, { envelope, from: toPlace(from) }), {
    envelope,
    notices,
    forAgent,
  })
}

function toAnswer(operation: Operation, output: unknown, question: Question): Answer {
  const own = (
    ANSWERS as Readonly<Record<string, ((output: never, question: Question) => Answer) | undefined>>
  )[operation.name]
  return own === undefined
    ? plainAnswer(output as Record<string, unknown>, question)
    : own(output as never, question)
}

function toPlace(from: unknown): number {
  return typeof from === 'number' && Number.isFinite(from) ? Math.max(0, Math.trunc(from)) : 0
}

function requiredBy(operation: Operation): string | null {
  const [first] = operation.positional
  return first !== undefined && takenBy(operation).get(first)?.optional === false ? first : null
}

/** What a destructive operation would do, and to what. */
async function preview({ operation, given, context, envelope, forAgent }: Call): Promise<string> {
  const { values, notices } = readArguments(given, takenBy(operation), requiredBy(operation))
  const { id } = values
  const memory = typeof id === 'string' ? await read(id, context) : null
  const heading = `Nothing is done yet. ${operation.name} would: ${operation.summary} To do it, call again with the same arguments and confirm: true.`
  const items = memory === null ? [] : [memoryItem(memory, envelope)]
  return toText({ heading, items, forMore: () => 'Read it with get.' }, { envelope, notices, forAgent })
}

/** Null where it is of no memory: the operation itself says then what it takes. */
async function read(id: string, context: Context): Promise<MemoryView | null> {
  try {
    return (await callOperation(operationOf('get')!, { id }, context)) as MemoryView
  } catch (error) {
    if (error instanceof HeirloomError && error.code === 'NOT_FOUND') return null
    throw error
  }
}

/** Which store is open, and how many memories it holds. */
export async function countMemories(context: Context): Promise<{ store: string; memories: number }> {
  const { store, memories } = await callOperation(OPERATIONS.status, {}, context)
  return { store, memories: memories.total }
}
