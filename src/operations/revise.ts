import * as z from 'zod'
import { lesserTrust, type Principal, trustOfChannel } from '../model/access.ts'
import { canonicalJson } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import { quotedIfNeeded } from '../model/excerpt.ts'
import type { Memory, Trust } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import { mustBeOrdered, nextVersion } from './drafting.ts'
import { mustBeOpen, waitingNotices, withSlot } from './entering.ts'
import * as fields from './fields.ts'
import { mustNotHaveGraduated } from './graduated.ts'
import { nearNotices } from './near-projects.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
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
  third_party: z
    .boolean()
    .optional()
    .describe('It proved to be somebody else’s text: put it in quarantine until reviewed.'),
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
  conflict: openedConflict,
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

type Input = z.output<typeof input>
type Output = Omit<z.infer<typeof output>, 'receipt'>

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
    return context.store.change(context.principal, stamp, tx => reviseOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('revise', input),
    })
  },
})

async function reviseOne(tx: WriteHandle, input: Input, { principal }: Context, at: string): Promise<Output> {
  const memory = await tx.memories.mustGetForChange(input.id)
  await mustNotHaveGraduated(tx, memory, 'revise')
  mustBeRevisable(memory, input.if_revision)
  const asking = { step: 'revise', principal }
  await mustBeOpen(tx, memory, asking)
  const project = input.project === undefined ? null : await tx.projects.ensure(input.project)
  const said = { ...changeOf(input), ...(project === null ? {} : { project: project.name }) }
  const read = await withReadSlot(tx, memory, said)
  const change = { ...read, trust: trustAfter(memory, read, { input, principal }) }
  const next = { ...nextVersion(memory, change, at), revision: memory.revision + 1 }
  const notices = nearNotices(project)
  const isSame = Object.entries(change).every(
    ([field, value]) => canonicalJson(value) === canonicalJson(memory[field as keyof Memory]),
  )
  if (isSame) return answer(memory, 'unchanged', [...notices, 'Nothing differs from what it says already.'])
  mustBeOrdered(next.valid_from, next.valid_until)
  // Nor is it moved to where it would be agreed.
  if (next.project !== memory.project) await mustBeOpen(tx, { ...next, id: memory.id }, asking)
  await mustHaveNoTwin(tx, next)
  await tx.memories.change(memory, next)
  const { conflict, notices: contradiction } = await conflictOpenedBy(tx, memory.id)
  const told = [...notices, ...staleSlot(memory, next), ...waitingNotices(next), ...contradiction]
  return { ...answer(next, 'revised', told), conflict }
}

/** What is said anew is believed no more than its channel; lowered it is by whoever says whose text it is. */
function trustAfter(
  memory: Memory,
  change: Partial<Memory>,
  { input, principal }: { input: Input; principal: Principal },
): Trust {
  if (input.third_party) return 'untrusted'
  const isSaid = (['content', 'slot'] as const).some(
    field => change[field] !== undefined && canonicalJson(change[field]) !== canonicalJson(memory[field]),
  )
  return isSaid ? lesserTrust(memory.trust, trustOfChannel(principal.kind)) : memory.trust
}

/** A slot that was read from the text is read again from another text; one that was given stays until it is changed. */
async function withReadSlot(
  tx: WriteHandle,
  memory: Memory,
  said: Partial<Memory>,
): Promise<Partial<Memory>> {
  if (said.slot !== undefined) return { ...said, slot_pattern: null }
  if (said.content === undefined || (memory.slot !== null && memory.slot_pattern === null)) return said
  const settings = await tx.projects.settings(said.project === undefined ? memory.project : said.project)
  const { slot, slot_pattern } = withSlot({ content: said.content, slot: null, slot_pattern: null }, settings)
  return { ...said, slot, slot_pattern }
}

function staleSlot(before: Memory, next: Memory): string[] {
  if (next.slot === null || next.slot_pattern !== null || before.content === next.content) return []
  if (JSON.stringify(before.slot) !== JSON.stringify(next.slot)) return []
  const said = quotedIfNeeded(`${next.slot.subject}.${next.slot.attribute}`)
  return [
    `It still claims ${said} as before. If that has changed: heirloom revise ${next.id} --slot "<subject>.<attribute>=<value>"`,
  ]
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
    third_party: _third,
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

function answer(memory: Memory, outcome: 'revised' | 'unchanged', notices: string[]): Output {
  const { id, revision, status, updated_at } = memory
  return { id, outcome, revision, status, updated_at, conflict: null, notices }
}
