import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { ActorKind } from '../model/journal.ts'
import { mustReadCursor, toCursor } from './cursor.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { type Decision, decideAll, decided, decisions, MOST } from './review-decisions.ts'
import { findWaiting, groupsOf, waitingGroup } from './review-waiting.ts'

const ids = fields.listOf(fields.id).refine(list => list.length <= MOST, `at most ${MOST} ids`)

const input = z.object({
  project: fields.project.optional().describe('Only what waits in this project, by its name or an alias.'),
  kind: fields.kind
    .optional()
    .describe('Only memories of this kind, and entities or relationships of this type.'),
  author: fields.name.optional().describe('Only what this person said or wrote.'),
  limit: fields.limit.optional(),
  cursor: fields.cursor.optional(),
  promote: ids.optional().describe('Accept these, by their ids.'),
  reject: ids.optional().describe('Turn these down, by their ids.'),
  decisions: decisions.optional(),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = z.object({
  groups: z
    .array(waitingGroup)
    .describe('What waits, by project and source, newest first; none where it was decided.'),
  decided: z.array(decided),
  cursor: z.string().nullable(),
  truncated: z.boolean(),
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

type Input = z.output<typeof input>

export const review = defineOperation({
  name: 'review',
  summary: 'Show what waits for review with all that bears on it, or decide on it, one by one or in bulk.',
  example: 'review --project apollo --limit 20',
  effects: 'write',
  idempotent: false,
  scope: 'write',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: (input, context) => {
    const list = decisionsIn(input)
    return list.length === 0 ? show(input, context) : decide(list, input, context)
  },
})

function decisionsIn({ promote = [], reject = [], decisions = [] }: Input): readonly Decision[] {
  return [
    ...promote.map(id => ({ id, decision: 'promote' as const })),
    ...reject.map(id => ({ id, decision: 'reject' as const })),
    ...decisions,
  ]
}

async function show(
  { project, kind, author, limit = 20, cursor }: Input,
  { store, principal, signal, now }: Context,
): Promise<z.infer<typeof output>> {
  const at = now()
  return store.read(
    principal,
    async tx => {
      const signing = { secret: await tx.settings.cursorSecret(), principal, operation: 'review' }
      const before = cursor === undefined ? undefined : mustReadCursor(cursor, signing)
      const known = project === undefined ? undefined : ((await tx.projects.resolve(project)) ?? project)
      const found = await findWaiting(tx, { project: known, kind, author }, { limit: limit + 1, before })
      const page = found.slice(0, limit)
      const truncated = found.length > limit
      const last = page.at(-1)?.record.id
      return {
        groups: await groupsOf(tx, page, at),
        decided: [],
        cursor: truncated && last !== undefined ? toCursor(last, signing) : null,
        truncated,
        notices: page.length === 0 ? ['Nothing waits for review.'] : [],
        receipt: null,
      }
    },
    signal,
  )
}

async function decide(
  list: readonly Decision[],
  input: Input,
  context: Context,
): Promise<z.infer<typeof output>> {
  const { store, principal, signal } = context
  mustBePerson(principal.kind)
  const stamp = stampFor(context, 'review', input.note)
  const { decided, receipt } = await store.change(
    principal,
    stamp,
    async tx => ({ decided: await decideAll(tx, list, { at: stamp.at, principal }) }),
    { signal, idempotency: claimFor('review', input) },
  )
  return { groups: [], decided, cursor: null, truncated: false, notices: [], receipt }
}

function mustBePerson(kind: ActorKind): void {
  if (kind === 'person') return
  throw new HeirloomError(
    'ACCESS_DENIED',
    'review: what is agreed is for a person to decide; an agent may list what waits. Ask the user to run: heirloom review',
  )
}
