import * as z from 'zod'
import { canonicalJson } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { mustBeOrdered, nextVersion } from './drafting.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'
import { mustHaveNoTwin } from './twins.ts'

const CLEARABLE = [
  'title',
  'tags',
  'topics',
  'project',
  'codebase',
  'file',
  'author',
  'slot',
  'confidence',
  'valid_from',
  'valid_until',
  'metadata',
] as const

const input = z.object({
  id: fields.id,
  content: fields.content.optional().describe('What it says from now on.'),
  ...fields.described,
  clear: z
    .preprocess(
      value => (typeof value === 'string' ? value.split(',').map(part => part.trim()) : value),
      z.array(z.enum(CLEARABLE)),
    )
    .optional()
    .describe('Fields to empty.'),
  if_revision: z.int().min(1).optional().describe('Refuse if somebody has revised it since this revision.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = z.object({
  id: z.string(),
  outcome: z.enum(['revised', 'unchanged']),
  revision: z.int(),
  status: z.string(),
  updated_at: z.string(),
  notices: z.array(z.string()),
})

type Input = z.output<typeof input>

export const revise = defineOperation({
  name: 'revise',
  summary: 'Change what a memory says; what it said before stays readable.',
  example:
    'revise 0198c0de-0000-7000-8000-000000000000 "The staging API listens on port 9090" --note "moved in May"',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['id', 'content'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const stamp = stampFor(context, 'revise', input.note)
    return context.store.write(context.principal, stamp, tx => reviseOne(tx, input, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('revise', input),
    })
  },
})

async function reviseOne(tx: WriteHandle, input: Input, at: string): Promise<z.infer<typeof output>> {
  const memory = await tx.memories.mustGetForChange(input.id)
  mustBeRevisable(memory, input.if_revision)
  const project = input.project === undefined ? undefined : await tx.projects.ensure(input.project)
  const change = { ...changeOf(input), ...(project === undefined ? {} : { project: project.name }) }
  const next = { ...nextVersion(memory, change, at), revision: memory.revision + 1 }
  const notices = project?.near.length
    ? [`Project "${project.name}" is new. Did you mean ${project.near.join(' or ')}?`]
    : []
  const isSame = Object.entries(change).every(
    ([field, value]) => canonicalJson(value) === canonicalJson(memory[field as keyof Memory]),
  )
  if (isSame) return answer(memory, 'unchanged', [...notices, 'Nothing differs from what it says already.'])
  mustBeOrdered(next.valid_from, next.valid_until)
  await mustHaveNoTwin(tx, next)
  await tx.memories.change(memory, next)
  return answer(next, 'revised', notices)
}

function mustBeRevisable({ id, status, revision }: Memory, expected: number | undefined): void {
  if (status !== 'active' && status !== 'candidate') {
    throw new HeirloomError(
      'ILLEGAL_TRANSITION',
      `Cannot revise memory ${id}: it is ${status}, and only active or candidate ones are revised. Restore it first: heirloom restore ${id}`,
    )
  }
  if (expected === undefined || expected === revision) return
  throw new HeirloomError(
    'CONFLICT',
    `Memory ${id} is at revision ${revision}, not ${expected}: somebody revised it since. Read it again: heirloom get ${id}`,
  )
}

function changeOf(input: Input): Partial<Memory> {
  const {
    id: _id,
    clear = [],
    if_revision: _if,
    note: _note,
    idempotency_key: _key,
    project: _project,
    ...said
  } = input
  const cleared = clear.map(field => [field, EMPTY[field]] as const)
  const given = Object.entries(said).filter(([, value]) => value !== undefined)
  return Object.fromEntries([...cleared, ...given])
}

const EMPTY: Record<(typeof CLEARABLE)[number], unknown> = {
  title: null,
  tags: [],
  topics: [],
  project: null,
  codebase: null,
  file: null,
  author: null,
  slot: null,
  confidence: null,
  valid_from: null,
  valid_until: null,
  metadata: {},
}

function answer(memory: Memory, outcome: 'revised' | 'unchanged', notices: string[]): z.infer<typeof output> {
  const { id, revision, status, updated_at } = memory
  return { id, outcome, revision, status, updated_at, notices }
}
