import * as z from 'zod'
import { trustOfChannel } from '../model/access.ts'
import { type Memory, type MemoryDraft, TRUSTS, VISIBILITIES } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { newMemory, nextVersion, orderProblem } from './drafting.ts'
import * as fields from './fields.ts'
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
  near_duplicates: z.array(nearDuplicate),
  notices: z.array(z.string()),
})

type Input = z.output<typeof input>
type Output = z.infer<typeof output>

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
    return context.store.write(context.principal, stamp, tx => keepOne(tx, input, context, stamp.at), {
      signal: context.signal,
      idempotency: claimFor('remember', input),
    })
  },
})

async function keepOne(tx: WriteHandle, input: Input, context: Context, at: string): Promise<Output> {
  const notices: string[] = []
  const project = input.project === undefined ? null : await tx.projects.ensure(input.project)
  if (project !== null && project.near.length > 0) {
    notices.push(
      `Project "${project.name}" is new. Did you mean ${project.near.join(' or ')}? Then move it there: heirloom revise <id> --project ${project.near[0]}`,
    )
  }
  const memory = newMemory(toDraft(input, project?.name ?? null, context), context, at)
  const twin = await tx.memories.twin(memory)
  if (twin !== null)
    return saidAgain(tx, twin, { memory, at, isPerson: context.principal.kind === 'person', notices })
  const similar = await tx.keyword.similar(memory)
  const unfinished = await tx.settings.unfinished('near_duplicates', 'keyword')
  // One of them says enough: near-duplicates are found through both.
  notices.push(...unfinishedNotices(unfinished.slice(0, 1), UNNOTICED))
  await tx.memories.create([memory])
  if (memory.trust === 'untrusted') notices.push(QUARANTINED)
  return answer(memory, 'remembered', similar, notices)
}

const UNNOTICED = 'what is nearly the same may go unnoticed here.'

const QUARANTINED =
  'It is in quarantine: recall leaves it out, unless asked for trust "untrusted", until a person says it themselves.'

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
  if (!isPerson || TRUSTS.indexOf(memory.trust) >= TRUSTS.indexOf(twin.trust)) {
    return answer(twin, 'already_known', [], twin.trust === 'untrusted' ? [...told, QUARANTINED] : told)
  }
  const known = await tx.memories.mustGetForChange(twin.id)
  const raised = nextVersion(known, { trust: memory.trust }, at)
  await tx.memories.change(known, raised)
  return answer(
    raised,
    'already_known',
    [],
    [...told, `Its trust was ${twin.trust}; now it is ${raised.trust}.`],
  )
}

function toDraft(input: Input, project: string | null, context: Context): MemoryDraft {
  return {
    content: input.content,
    kind: input.kind ?? 'note',
    title: input.title ?? null,
    tags: input.tags ?? [],
    metadata: input.metadata ?? {},
    project,
    codebase: input.codebase ?? null,
    file: input.file ?? null,
    topics: input.topics ?? [],
    client_id: input.client_id ?? context.client,
    session_id: input.session_id ?? context.session,
    author: input.author ?? null,
    trust: input.third_party ? 'untrusted' : trustOfChannel(context.principal.kind),
    confidence: input.confidence ?? null,
    slot: input.slot ?? null,
    valid_from: input.valid_from ?? null,
    valid_until: input.valid_until ?? null,
    document_id: null,
    position: null,
    label: null,
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

function answer(
  memory: Memory,
  outcome: Output['outcome'],
  near_duplicates: Output['near_duplicates'],
  notices: string[],
): Output {
  const { id, kind, project, status, trust, revision, recorded_at } = memory
  return { id, outcome, kind, project, status, trust, revision, recorded_at, near_duplicates, notices }
}
