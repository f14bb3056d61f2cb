/** The tools: which operations an agent calls by name, when it should, and how they describe themselves. */
import type { Tool } from '@modelcontextprotocol/server'
import { OPERATIONS } from '../../operations/index.ts'
import type { Operation } from '../../operations/operation.ts'
import { type Form, formsOf, toJsonSchema } from './forms.ts'
import type { Profile } from './instructions.ts'

export interface ToolCard {
  readonly operation: keyof typeof OPERATIONS
  /** The one argument it cannot do without. */
  readonly required: string | null
  readonly when: string
  readonly example: Readonly<Record<string, unknown>>
}

const ID = '0198c0de-0000-7000-8000-000000000000'

/** In the order in which they are listed: the two plain verbs first. */
const CARDS = {
  remember: {
    operation: 'remember',
    required: 'content',
    when: 'Call it when the user states a preference, decision, convention or fact that will matter later, when they say "remember", and when a task taught something surprising. One statement a call that can be read alone: names and dates, not "it" and "today". What is known already is recognised, and similar memories are named.',
    example: {
      content: 'The staging API listens on port 8080',
      project: 'apollo',
      kind: 'fact',
      tags: ['api', 'staging'],
    },
  },
  recall: {
    operation: 'recall',
    required: 'query',
    when: 'Call it before starting a task, before asking the user what they may have said before, and when a name, file or error seems familiar. Ask as a question or as words; filters narrow.',
    example: { query: 'which port does the staging API use', project: 'apollo', limit: 5 },
  },
  context: {
    operation: 'context',
    required: 'prompt',
    when: 'Call it once at the start of a task, with what the user asked, in place of several recalls: what is pinned, what fits, the things it is about, open contradictions.',
    example: { prompt: 'fix the flaky login test', project: 'apollo', budget: 1500 },
  },
  get: {
    operation: 'get',
    required: 'id',
    when: 'Call it for the whole of a memory that recall named, or for what it said at an earlier time.',
    example: { id: ID, as_of: '2026-03-31' },
  },
  revise: {
    operation: 'revise',
    required: 'id',
    when: 'Call it instead of remember when a memory is out of date or incomplete. Give only what changes.',
    example: { id: ID, content: 'The staging API listens on port 9090', note: 'moved in May' },
  },
  forget: {
    operation: 'forget',
    required: 'id',
    when: 'Call it when the user asks for it or a memory is of no use any more. For what proved wrong, use admin with operation "invalidate".',
    example: { id: ID, note: 'no longer in use' },
  },
  conflicts: {
    operation: 'conflicts',
    required: null,
    when: 'Call it when memories are marked contested. Show the user both sides and ask; admin with operation "resolve" settles it.',
    example: { project: 'apollo' },
  },
  share: {
    operation: 'share',
    required: 'id',
    when: 'Call it when a memory is of use in another project.',
    example: { id: ID, to: 'project:apollo' },
  },
  lineage: {
    operation: 'lineage',
    required: 'id',
    when: 'Call it when it matters where a memory came from, or went.',
    example: { id: ID, depth: 10 },
  },
  history: {
    operation: 'history',
    required: 'id',
    when: 'Call it when it matters how a memory came to be as it is.',
    example: { id: ID },
  },
  status: {
    operation: 'status',
    required: null,
    when: 'Call it when the user asks where memories are kept, or results seem wrong.',
    example: {},
  },
} as const satisfies Readonly<Record<string, ToolCard>>

export type ToolName = keyof typeof CARDS

const READ_ONLY: readonly ToolName[] = ['recall', 'context', 'get', 'lineage', 'history', 'status']

/** The tools of a profile, without admin. */
export function toolCards({ readOnly }: Profile): ReadonlyMap<string, ToolCard> {
  return new Map(Object.entries(CARDS).filter(([name]) => !readOnly || READ_ONLY.includes(name as ToolName)))
}

export function toolNames(profile: Profile): readonly string[] {
  return [...toolCards(profile).keys(), ...(profile.readOnly ? [] : ['admin'])]
}

/** Which models see what is remembered is for a person to decide; an agent would only be refused. */
const FOR_PEOPLE = new Set(['space_add', 'space_default', 'space_drop'])

/** What works on the store that the server has open; looking after one as a whole is for people. */
const OFFERED = new Map(
  Object.entries(OPERATIONS as unknown as Readonly<Record<string, Operation>>).filter(
    ([name, operation]) => operation.opens !== 'nothing' && !FOR_PEOPLE.has(name),
  ),
)

/** Operations without a tool of their own. */
export const ADMIN_OPERATIONS = [...OFFERED.values()].filter(operation => !(operation.name in CARDS))

export function operationOf(name: string): Operation | null {
  return OFFERED.get(name) ?? null
}

/** Where a long text goes on is asked of this surface alone: others show it whole. */
export const FROM: Form = {
  kind: 'integer',
  readsText: false,
  optional: true,
  description: 'The character to begin at, where a long text was cut.',
}

/** What a tool takes, by name. */
export function takenBy(operation: Operation): ReadonlyMap<string, Form> {
  const forms = formsOf(operation.input)
  return operation.name === 'get' ? new Map([...forms, ['from', FROM]]) : forms
}

/** Taken, but not listed: of use to programs, and each line costs every conversation. */
const UNLISTED = new Set([
  'without',
  'again',
  'mermaid',
  'visibility',
  'client_id',
  'session_id',
  'idempotency_key',
  'metadata',
  'topics',
  'if_revision',
  'nodes',
  'conflicts.limit',
  'conflicts.cursor',
  'context.session',
  'context.kind',
  'context.file',
  'context.author',
  'recall.document_id',
  'recall.min_confidence',
  'recall.slot_subject',
  'recall.slot_attribute',
  'recall.slot_value',
  'recall.title',
  'recall.label',
  'recall.origin_id',
  'recall.min_revision',
  'recall.min_references',
  'recall.recorded_before',
])

/** What is said of an argument once need not be said again. */
const AS_IN: Readonly<Partial<Record<string, ToolName>>> = { revise: 'remember' }

/** The answer to `tools/list`. */
export function toTools(profile: Profile): Tool[] {
  const tools = [...toolCards(profile)].map(([name, card]) => toTool(name, card))
  return profile.readOnly ? tools : [...tools, adminTool()]
}

function toTool(name: string, { operation: of, required, when, example }: ToolCard): Tool {
  const operation = operationOf(of)!
  const like = takenBy(operationOf(AS_IN[name] ?? '') ?? operation)
  const listed = [...takenBy(operation)]
    .filter(([argument]) => !UNLISTED.has(argument) && !UNLISTED.has(`${name}.${argument}`))
    .map(([argument, form]) => {
      const isSaid = like.get(argument)?.description === form.description && AS_IN[name] !== undefined
      return [argument, isSaid ? { ...form, description: undefined } : form] as const
    })
  return {
    name,
    description: `${operation.summary} ${when}\nExample: ${JSON.stringify(example)}`,
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(listed.map(([argument, form]) => [argument, toJsonSchema(form)])),
      ...(required === null ? {} : { required: [required] }),
    },
    annotations: {
      readOnlyHint: operation.effects === 'read',
      destructiveHint: operation.effects === 'destructive',
      idempotentHint: operation.idempotent,
      openWorldHint: false,
    },
  }
}

function adminTool(): Tool {
  return {
    name: 'admin',
    description: `Everything else: ${ADMIN_OPERATIONS.map(({ name }) => name).join(', ')}. Call it without arguments for what each does, with operation "help" and arguments {"operation": …} for what one takes. What replaces or retires memories only says what it would do until confirm is true.\nExample: {"operation": "list", "arguments": {"project": "apollo", "limit": 20}}`,
    inputSchema: {
      type: 'object',
      properties: {
        operation: { type: 'string', description: 'Which; none lists them.' },
        arguments: { type: 'object', description: 'What it takes, by name.' },
        confirm: { type: 'boolean', description: 'Do it, where it replaces or retires.' },
      },
    },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  }
}
