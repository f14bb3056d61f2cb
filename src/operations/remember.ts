import * as z from 'zod'
import { mustMove } from '../model/lifecycle.ts'
import { type Memory, type MemoryDraft, TRUSTS, VISIBILITIES } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import { draftOf, nextVersion, orderProblem } from './drafting.ts'
import { enteringMemory, pastNotices, waitingNotices } from './entering.ts'
import * as fields from './fields.ts'
import { slotView } from './memory-view.ts'
import { nearNotices } from './near-projects.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { unfinishedNotices } from './unfinished.ts'

const input = z
  .object({
    content: fields.content,
    ...fields.described,
    session_id: fields.session.optional(),
    client_id: fields.client.optional(),
    visibility: z
      .enum(VISIBILITIES)
      .refine(
        value => value === 'private',
        'only private is possible so far; sharing with people is not built yet',
      )
      .optional()
      .describe('Who may see it: private.'),
    third_party: z
      .boolean()
      .optional()
      .describe('It is somebody else’s text: keep it in quarantine until reviewed.'),
    candidate: z.boolean().optional().describe('Only propose it: it waits until a person has reviewed it.'),
    note: fields.note.optional(),
    idempotency_key: fields.idempotencyKey.optional(),
  })
  .superRefine(({ valid_from, valid_until }, ctx) => {
    const problem = orderProblem(valid_from ?? null, valid_until ?? null)
    if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
  })

const nearDuplicate = z.object({ id: z.string(), similarity: z.number(), content: z.string() })

const output = z.object({
  id: z.string(),
  outcome: z.enum(['remembered', 'already_known']),
  kind: z.string(),
  project: z.string().nullable(),
  status: z.string(),
  trust: z.string(),
  revision: z.int(),
  recorded_at: z.string(),
  slot: slotView,
  slot_pattern: z
    .string()
    .nullable()
    .describe('The sentence form that the slot was read by; null where it was given.'),
  near_duplicates: z.array(nearDuplicate),
  conflict: openedConflict,
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

type Input = z.output<typeof input>
type Output = Omit<z.infer<typeof output>, 'receipt'>

export const remember = defineOperation({
  name: 'remember',
  summary: 'Keep one fact, preference, decision or note so that it can be recalled later.',
  example: 'remember "The staging API listens on port 8080" --project apollo --kind fact --tags api,staging',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['content'],
  opens: 'create',
  input,
  output,
  run: async (input, context) => {
    const stamp = stampFor(context, 'remember', input.note)
    return context.store.change(context.principal, stamp, tx => keepOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('remember', input),
    })
  },
})

async function keepOne(tx: WriteHandle, input: Input, context: Context, at: string): Promise<Output> {
  const project = input.project === undefined ? null : await tx.projects.ensure(input.project)
  const notices = nearNotices(project, 'move it there: heirloom revise <id>')
  const draft = toDraft(input, project?.name ?? null, context)
  const memory = await enteringMemory(tx, draft, { context, at, isCandidate: input.candidate })
  const twin = await tx.memories.twin(memory)
  if (twin !== null)
    return saidAgain(tx, twin, { memory, at, isPerson: context.principal.kind === 'person', notices })
  // As it would be if it were agreed: what waits is compared with nothing.
  const similar = await tx.keyword.similar({ ...memory, status: 'active', trust: 'stated' })
  const unfinished = await tx.settings.unfinished('near_duplicates', 'keyword')
  // One of them says enough: near-duplicates are found through both.
  notices.push(...unfinishedNotices(unfinished.slice(0, 1), UNNOTICED))
  await tx.memories.create([memory])
  const { conflict, notices: contradiction } = await conflictOpenedBy(tx, memory.id)
  notices.push(...waitingNotices(memory), ...pastNotices(memory, at), ...contradiction)
  return { ...answer(memory, 'remembered', notices), near_duplicates: similar, conflict }
}

const UNNOTICED = 'what is nearly the same may go unnoticed here.'

interface Again {
  readonly memory: Memory
  readonly at: string
  readonly isPerson: boolean
  readonly notices: readonly string[]
}

/** What is known already stays one memory; a person who says it lends it their trust, which nobody else can. */
async function saidAgain(
  tx: WriteHandle,
  twin: Memory,
  { memory, at, isPerson, notices }: Again,
): Promise<Output> {
  const told = [...notices, ...differencesFrom(twin, memory)]
  const raises = TRUSTS.indexOf(memory.trust) < TRUSTS.indexOf(twin.trust)
  const accepts = twin.status === 'candidate' && memory.status === 'active'
  if (!isPerson || !(raises || accepts)) {
    return answer(twin, 'already_known', [...told, ...waitingNotices(twin)])
  }
  const known = await tx.memories.mustGetForChange(twin.id)
  const standing = { status: known.status, earlier: known.earlier_statuses }
  const { status, earlier } = accepts
    ? mustMove({ kind: 'memory', id: known.id }, standing, 'promote')
    : standing
  const trust = raises ? memory.trust : known.trust
  const raised = nextVersion(known, { trust, status, earlier_statuses: earlier }, at)
  await tx.memories.change(known, raised)
  const { conflict, notices: contradiction } = await conflictOpenedBy(tx, known.id)
  if (raises) told.push(`Its trust was ${known.trust}; now it is ${trust}.`)
  if (accepts) told.push('It was only proposed; now it is active.')
  return { ...answer(raised, 'already_known', [...told, ...contradiction]), conflict }
}

function toDraft(input: Input, project: string | null, context: Context): MemoryDraft {
  return {
    ...draftOf(input, { project, isUntrusted: input.third_party ?? false, context }),
    client_id: input.client_id ?? context.client,
    session_id: input.session_id ?? context.session,
  }
}

/** What the new saying would have changed, with the command that changes it. */
function differencesFrom(known: Memory, said: Memory): string[] {
  const differing = (['slot', 'valid_from', 'valid_until', 'tags'] as const).filter(field => {
    const isSaid = Array.isArray(said[field]) ? said[field].length > 0 : said[field] !== null
    return isSaid && JSON.stringify(known[field]) !== JSON.stringify(said[field])
  })
  if (differing.length === 0) return []
  return [`Already known with other ${differing.join(', ')}. To change that: heirloom revise ${known.id}`]
}

function answer(memory: Memory, outcome: Output['outcome'], notices: string[]): Output {
  const { id, kind, project, status, trust, revision, recorded_at, slot, slot_pattern } = memory
  const said = { id, outcome, kind, project, status, trust, revision, recorded_at, slot_pattern, notices }
  return { ...said, slot: slot === null ? null : { ...slot }, near_duplicates: [], conflict: null }
}
