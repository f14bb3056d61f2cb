import * as z from 'zod'
import { isInstant } from '../model/space.ts'
import type { ArtefactStamp } from '../store/artefacts/artefact.ts'
import { planArtefacts } from '../store/artefacts/plan.ts'
import type { Unfinished } from '../store/settings.ts'
import type { ReadHandle } from '../store/store.ts'
import { type Context, defineOperation } from './operation.ts'
import { wordsAlone } from './recall-meaning.ts'
import { type SpaceState, spaceNotices, spaceState, stateOf } from './space-view.ts'
import { toProgress } from './unfinished.ts'

const progress = z.object({ done: z.int(), total: z.int() })

const artefact = z.object({
  name: z.string(),
  version: z.int(),
  needs_rebuild: z.boolean(),
  progress: progress.nullable().describe('Memories that are in it again; null where it is whole.'),
})

/** What of a receipt is told; the run has all of it. */
const receipt = z.object({
  from: z.int(),
  to: z.int(),
  snapshot: z.object({ id: z.string(), folder: z.string() }).nullable(),
})

const upgrade = receipt.extend({ receipt: z.string(), at: z.string() })

const output = z.object({
  store: z.string(),
  engine: z.string(),
  engine_version: z.string(),
  schema_version: z.int(),
  memories: z.object({ total: z.int(), by_status: z.record(z.string(), z.int()) }),
  documents: z.int(),
  strengths: z
    .object({ reviewed: z.int(), due: z.int() })
    .describe('Memories that were reviewed or used in an answer, and those of them that are due.'),
  projects: z.int(),
  bytes: z.int().nullable(),
  read_only: z.boolean(),
  artefacts: z.array(artefact),
  spaces: z.array(spaceState).describe('Embedding spaces, and how far each is filled.'),
  last_upgrade: upgrade.nullable(),
  notices: z.array(z.string()),
})

type Output = z.infer<typeof output>

export const status = defineOperation({
  name: 'status',
  summary: 'Say which store is open, how much it holds and whether anything is amiss.',
  example: 'status',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input: z.object({}),
  output,
  run: async (_input, context) => {
    const { store, principal, now, signal } = context
    const { engine } = store
    const at = now()
    const report = await engine.inspect({ deep: false })
    return store.read(
      principal,
      async tx => {
        const by_status = await tx.memories.countByStatus()
        const artefacts = await tx.settings.artefacts()
        const unfinished = await tx.settings.allUnfinished()
        const { spaces, notices: meanings } = await lookAtSpaces(tx, context)
        return {
          store: engine.location,
          engine: engine.name,
          engine_version: report.version,
          schema_version: await tx.settings.schemaVersion(),
          memories: { total: Object.values(by_status).reduce((sum, count) => sum + count, 0), by_status },
          documents: await tx.documents.count(),
          strengths: await tx.strengths.count(at),
          projects: (await tx.projects.names()).length,
          bytes: report.bytes,
          read_only: report.read_only,
          artefacts: artefacts.map(found => ({
            name: found.name,
            version: found.version,
            needs_rebuild: found.needs_rebuild !== 0,
            progress: progressOf(unfinished, found.name),
          })),
          spaces,
          last_upgrade: await lastUpgrade(tx),
          notices: [
            ...report.problems,
            ...(report.read_only ? [READ_ONLY] : []),
            ...misfits(artefacts),
            ...unfinished.map(part => `${toProgress(part)}. ${GOES_ON}`),
            ...(await tx.settings.pendingBackfills()).map(missingNotice),
            ...meanings,
          ],
        }
      },
      signal,
    )
  },
})

async function lookAtSpaces(
  tx: ReadHandle,
  { embedders, drainer, now }: Context,
): Promise<{ readonly spaces: SpaceState[]; readonly notices: string[] }> {
  const all = await tx.spaces.all()
  const spaces: SpaceState[] = []
  for (const space of all) spaces.push(await stateOf(tx, space, now()))
  const usual = all.find(({ is_default }) => is_default)
  const notices = spaces.flatMap(spaceNotices)
  if (usual === undefined) {
    if (drainer?.problem) notices.push(`Recall goes by words alone: ${drainer.problem}`)
  } else {
    const obstacle = await tx.vectors.obstacle()
    if (obstacle !== null) notices.push(`Recall goes by words alone: ${obstacle}`)
    // Others would be asked over the network, or begin to load a model.
    const problem = isInstant(usual.provider) ? await embedders.of(usual).then(() => null, toError) : null
    if (problem !== null) notices.push(wordsAlone(usual, problem))
  }
  return { spaces, notices }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

const READ_ONLY = 'The store may only be read here: nothing can be kept.'

const GOES_ON =
  'It goes on whenever a store that may be written to is opened; at once with: heirloom doctor --repair'

function missingNotice({ title, failed }: { title: string; failed: string | null }): string {
  const why = failed === null ? 'were not added to older memories yet' : `could not be added: ${failed}`
  return `The ${title} ${why}. It is tried whenever a store that may be written to is opened.`
}

function progressOf(unfinished: readonly Unfinished[], name: string): z.infer<typeof progress> | null {
  const found = unfinished.find(part => part.name === name)
  return found === undefined ? null : { done: found.done, total: found.total }
}

/** A receipt that cannot be read is none: the run still has its text. */
async function lastUpgrade({ settings }: ReadHandle): Promise<Output['last_upgrade']> {
  const run = await settings.lastUpgrade()
  const told = receipt.safeParse(run?.receipt)
  if (run === null || !told.success) return null
  return { receipt: run.id, at: run.finished_at ?? run.started_at, ...told.data }
}

/** Left as they are where a newer build's schema admits this one. */
function misfits(stamps: readonly ArtefactStamp[]): string[] {
  return planArtefacts(stamps).flatMap(({ artefact, plan }) => {
    if (plan.action !== 'rebuild') return []
    return [`The ${artefact.title} is not of this build (${plan.why}), so recall may miss words.`]
  })
}
