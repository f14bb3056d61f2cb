import * as z from 'zod'
import { trustOfChannel } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import type { MemoryId } from '../model/memory.ts'
import {
  mayReferToItself,
  mustBeEnd,
  mustBeRelationshipType,
  normalised,
  RELATIONSHIP_TYPES,
  type Relationship,
  type RelationshipId,
  type RelationshipType,
  type Statement,
} from '../model/relationship.ts'
import type { ProjectSettings } from '../store/projects.ts'
import type { WriteHandle } from '../store/store.ts'
import { mustBeOrdered } from './drafting.ts'
import { waitingNotices } from './entering.ts'
import { standingOf } from './entity-drafting.ts'
import * as entityFields from './entity-fields.ts'
import * as fields from './fields.ts'
import { nearNotices } from './near-projects.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { type End, type EndView, lookUpEnds, mustFindEnd } from './relationship-ends.ts'
import { relationshipView, sentenceOf, toRelationshipView } from './relationship-view.ts'

export const relationshipType = z
  .string()
  .trim()
  .describe(`What the source has to do with the target: ${Object.keys(RELATIONSHIP_TYPES).join(', ')}.`)

/** What leads to an end. */
export const endReference = z.string().trim().pipe(fields.file)

const END = 'an entity by its id or name; a memory by its id; a document by its id or path; session:<name>'

const input = z.object({
  source: endReference.describe(`Where it leads from: ${END}.`),
  type: relationshipType,
  target: endReference.describe('Where it leads to, named the same way.'),
  confidence: entityFields.confidence.optional(),
  evidence: fields.id.optional().describe('The id of the memory that says so.'),
  project: fields.project
    .optional()
    .describe(
      'The project that it is of: by default that of its ends. It also tells which of several names is meant.',
    ),
  valid_from: fields.time.optional().describe('From when on it holds.'),
  valid_until: fields.time.optional().describe('Until when it holds.'),
  candidate: entityFields.candidate,
  third_party: entityFields.thirdParty,
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

type Input = z.output<typeof input>

export const relate = defineOperation({
  name: 'relate',
  summary: 'Say what a thing has to do with another one: source, type, target, as in a sentence.',
  example: 'relate "Gigabit switch" part_of "Rack 3" --evidence 0198c0de-0000-7000-8000-000000000000',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['source', 'type', 'target'],
  opens: 'existing',
  input,
  output: relationshipView.extend({
    outcome: z.enum(['related', 'already_related']),
    stored_as: z.string().describe('The sentence under which it is kept.'),
    notices: z.array(z.string()),
    receipt: fields.receiptOut,
  }),
  run: async (input, context) => {
    const type = mustBeRelationshipType(input.type)
    mustBeOrdered(input.valid_from ?? null, input.valid_until ?? null)
    const stamp = stampFor(context, 'relate', input.note)
    return context.store.change(
      context.principal,
      stamp,
      tx => relateOne(tx, { input, type, context, at: stamp.at }),
      { signal: context.signal, idempotency: claimFor('relate', input) },
    )
  },
})

interface Relating {
  readonly input: Input
  readonly type: RelationshipType
  readonly context: Context
  readonly at: string
}

async function relateOne(tx: WriteHandle, { input, type, context, at }: Relating) {
  const project = input.project === undefined ? null : await tx.projects.ensure(input.project)
  const among = project === null ? {} : { project: project.name }
  const said = {
    type,
    source: await mustFindNamed(tx, input.source, among),
    target: await mustFindNamed(tx, input.target, among),
  }
  mustBeAllowed(said, input)
  if (input.evidence !== undefined) await tx.memories.mustGet(input.evidence)
  const kept = normalised(said)
  const relationship = await toRelationship(tx, kept, { input, context, at, project: project?.name ?? null })
  const twin = await tx.relationships.twin(relationship)
  if (twin === null) await tx.relationships.create(relationship)
  const standing = twin ?? relationship
  const ends = await lookUpEnds(tx, [kept.source, kept.target])
  const view = toRelationshipView(standing, ends)
  const asked = sentenceOf({ ...view, type, source: ends.view(said.source), target: ends.view(said.target) })
  const stored_as = sentenceOf(view)
  const notices = [
    ...nearNotices(project),
    ...(stored_as === asked ? [] : [`Kept as: ${stored_as}, which says the same.`]),
    ...(twin === null ? [] : differing(twin, input)),
    ...[view.source, view.target]
      .filter(isOver)
      .map(({ name, id, state }) => `${quoted(name ?? id)} is ${state}.`),
    ...waitingNotices(standing),
  ]
  const outcome = twin === null ? ('related' as const) : ('already_related' as const)
  return { ...view, outcome, stored_as, notices }
}

function isOver({ state }: EndView): boolean {
  return state !== 'active' && state !== 'candidate' && state !== 'graduated'
}

/** In the project that was named, and else anywhere. */
export async function mustFindNamed(
  tx: WriteHandle,
  reference: string,
  among: { readonly project?: string },
): Promise<End> {
  if (among.project === undefined) return mustFindEnd(tx, reference)
  return mustFindEnd(tx, reference, among).catch((error: unknown) => {
    if (error instanceof HeirloomError && error.code === 'NOT_FOUND') return mustFindEnd(tx, reference)
    throw error
  })
}

function mustBeAllowed({ type, source, target }: Statement<End>, input: Input): void {
  mustBeEnd(type, 'source', source.kind)
  mustBeEnd(type, 'target', target.kind)
  if (source.id !== target.id || source.kind !== target.kind || mayReferToItself(type)) return
  throw new HeirloomError(
    'INVALID_INPUT',
    `relate: "${input.source}" and "${input.target}" are one (${source.id}), and ${type} leads from one thing to another. Name the other one.`,
  )
}

interface Drafting extends Omit<Relating, 'type'> {
  readonly project: string | null
}

/** What reaches into a project that is reviewed waits there, whichever project it is filed under. */
async function strictest(tx: WriteHandle, projects: readonly (string | null)[]): Promise<ProjectSettings> {
  const all: ProjectSettings[] = []
  for (const name of new Set(projects)) all.push(await tx.projects.settings(name))
  return all.find(({ review }) => review === 'agents') ?? all[0] ?? {}
}

async function toRelationship(
  tx: WriteHandle,
  { type, source, target }: Statement<End>,
  { input, context, at, project: named }: Drafting,
): Promise<Relationship> {
  const reaches = await projectsOf(tx, source, target)
  const project = named ?? (reaches.length === 1 ? reaches[0]! : null)
  const { candidate = false, third_party } = input
  const standing = standingOf({
    context,
    settings: await strictest(tx, [project, ...reaches]),
    isCandidate: candidate,
    trust: third_party ? 'untrusted' : trustOfChannel(context.principal.kind),
  })
  return {
    id: context.newId() as RelationshipId,
    type,
    source_kind: source.kind,
    source_id: source.id,
    target_kind: target.kind,
    target_id: target.id,
    confidence: input.confidence ?? null,
    evidence_id: (input.evidence as MemoryId | undefined) ?? null,
    project,
    ...standing,
    valid_from: input.valid_from ?? null,
    valid_until: input.valid_until ?? null,
    recorded_at: at,
    updated_at: at,
    version: 1,
    owner_user_id: context.principal.user_id,
    visibility: 'private',
    shared_with_groups: [],
  }
}

/** Those of its ends, each once. */
async function projectsOf(tx: WriteHandle, source: End, target: End): Promise<string[]> {
  const ends = await lookUpEnds(tx, [source, target])
  return [...new Set([source, target].flatMap(end => ends.view(end).project ?? []))]
}

/** What the new saying would have changed. */
function differing(known: Relationship, { confidence, evidence, valid_from, valid_until }: Input): string[] {
  const said = { confidence, evidence_id: evidence, valid_from, valid_until }
  const other = (Object.keys(said) as (keyof typeof said)[]).filter(
    field => said[field] !== undefined && said[field] !== known[field],
  )
  if (other.length === 0) return []
  return [
    `Already known with another ${other.join(', ')}. To change that, take it away and relate anew: heirloom unrelate ${known.id}`,
  ]
}
