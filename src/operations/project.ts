import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { PREFERENCES } from '../model/preferences.ts'
import type { ProjectSettings } from '../store/projects.ts'
import type { WriteHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'

/** A word, so that the command line takes either. */
const readSlots = z
  .preprocess(value => (typeof value === 'boolean' ? String(value) : value), z.enum(['true', 'false']))
  .transform(word => word === 'true')
  .describe('set: whether slots are read from simple sentences; true by default.')

const input = z.object({
  action: z
    .enum(['list', 'alias', 'set'])
    .describe('list the projects, make an alias for one, or set what one asks for.'),
  name: fields.project.optional(),
  alias: fields.project.optional().describe('Another name that shall lead to the project.'),
  review: z
    .enum(['agents', 'none'])
    .optional()
    .describe('set: whose writes wait for a person’s review; none by default.'),
  read_slots: readSlots.optional(),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const projectView = z.object({
  name: z.string(),
  aliases: z.array(z.string()),
  memories: z.int(),
  created_at: z.string(),
  review: z.enum(['agents', 'none']),
  read_slots: z.boolean(),
})

const output = z.object({ projects: z.array(projectView), receipt: fields.receiptOut })

type Input = z.output<typeof input>

export const project = defineOperation({
  name: 'project',
  summary: 'List projects, let another name lead to one, or set who is reviewed there.',
  example: 'project set apollo-backend --review agents',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['action', 'name', 'alias'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const { store, principal, signal } = context
    const work = workFor(input)
    if (input.action === 'set') mustBePerson(principal.kind)
    const options = { signal, idempotency: claimFor('project', input) }
    const { receipt } =
      work === null
        ? { receipt: null }
        : await store.change(principal, stampFor(context, 'project', input.note), work, options)
    const { projects, usual } = await store.read(
      principal,
      async tx => ({
        projects: await tx.projects.list(),
        usual: { ...PREFERENCES, ...(await tx.preferences.all()) },
      }),
      signal,
    )
    return {
      projects: projects.map(({ settings, ...found }) => ({
        ...found,
        aliases: [...found.aliases],
        review: settings.review ?? usual.review,
        read_slots: settings.read_slots ?? usual.read_slots,
      })),
      receipt,
    }
  },
})

type Work = (tx: WriteHandle) => Promise<object>

/** Null where nothing is changed. @throws INVALID_INPUT saying what is missing, before any work. */
function workFor({ action, name, alias, review, read_slots }: Input): Work | null {
  if (action === 'list') return null
  if (action === 'alias') {
    if (name !== undefined && alias !== undefined) return tx => tx.projects.alias(name, alias)
    throw new HeirloomError(
      'INVALID_INPUT',
      'project alias: give the project and the alias, as in: project alias apollo-backend apollo',
    )
  }
  const settings: ProjectSettings = {
    ...(review === undefined ? {} : { review }),
    ...(read_slots === undefined ? {} : { read_slots }),
  }
  if (name !== undefined && Object.keys(settings).length > 0) return tx => tx.projects.set(name, settings)
  throw new HeirloomError(
    'INVALID_INPUT',
    'project set: give the project and what it asks for, as in: project set apollo-backend --review agents',
  )
}

/** Who is reviewed does not decide whether they are. */
function mustBePerson(kind: string): void {
  if (kind === 'person') return
  throw new HeirloomError(
    'ACCESS_DENIED',
    'project set: what a project asks for is for a person to decide. Ask the user to run: heirloom project set <name> --review agents|none',
  )
}
