/** What a relationship leads to, as every surface shows it: nothing of what the caller may not see. */
import * as z from 'zod'
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { excerptOf } from '../model/excerpt.ts'
import { isUuid } from '../model/id.ts'
import { STATUSES, type Status } from '../model/lifecycle.ts'
import { END_KINDS, type EndKind } from '../model/relationship.ts'
import type { Linked } from '../store/links.ts'
import type { ReadHandle } from '../store/store.ts'
import { namedEntity } from './entity-reference.ts'

/** Characters that stand for a memory; its label takes half of them at the most. */
const SUMMARY = 80

export interface End {
  readonly kind: EndKind
  readonly id: string
}

const END_STATES = [...STATUSES, 'hidden', 'erased'] as const

export const endView = z.object({
  kind: z.enum(END_KINDS),
  id: z.string(),
  name: z
    .string()
    .nullable()
    .describe(
      'The name of an entity, where a memory stands and how it begins, the source of a document. Null for a memory that waits for review.',
    ),
  type: z.string().nullable().describe('The type of an entity, the kind of a memory.'),
  project: z.string().nullable(),
  state: z.enum(END_STATES),
})

export type EndView = z.infer<typeof endView>

export type Ends = Pick<ReadHandle, 'entities' | 'links' | 'documents'>

/** What is known of some ends, looked up together. */
export interface KnownEnds {
  readonly entities: ReadonlyMap<string, Entity>
  readonly view: (end: End) => EndView
}

/** Looks up any number of ends, by a statement or two for each kind. */
export async function lookUpEnds(tx: Ends, ends: readonly End[]): Promise<KnownEnds> {
  const idsOf = (kind: EndKind) => [...new Set(ends.filter(end => end.kind === kind).map(({ id }) => id))]
  const wanted = idsOf('entity')
  const entities = await tx.entities.byIds(wanted)
  const missing = wanted.filter(id => !entities.has(id))
  const present = missing.length === 0 ? new Set<string>() : await tx.entities.present(missing)
  const memories = await tx.links.linked(idsOf('memory'))
  const sources = await tx.documents.sources(idsOf('document'))
  const view = ({ kind, id }: End): EndView => {
    const nothing = { kind, id, name: null, type: null, project: null }
    switch (kind) {
      case 'entity': {
        const entity = entities.get(id)
        if (entity === undefined) return { ...nothing, state: present.has(id) ? 'hidden' : 'erased' }
        return entityEnd(entity)
      }
      case 'memory':
        return memoryEnd(id, memories.get(id))
      case 'document': {
        const source = sources.get(id)
        return source === undefined
          ? { ...nothing, state: 'erased' }
          : { ...nothing, name: source, type: 'document', state: 'active' }
      }
      case 'session':
        return { ...nothing, name: id, type: 'session', state: 'active' }
    }
  }
  return { entities, view }
}

export function entityEnd({ id, name, type, project, status }: Entity): EndView {
  return { kind: 'entity', id, name, type, project, state: status }
}

function memoryEnd(id: string, here: Linked | undefined): EndView {
  const nothing = { kind: 'memory' as const, id, name: null, type: null, project: null }
  if (here === undefined) return { ...nothing, state: 'erased' }
  if (here.memory === null) return { ...nothing, state: 'hidden' }
  const { kind, trust, project } = here.memory
  const state = here.state === 'live' ? 'active' : (here.state as Status)
  // What nobody has agreed to yet is read in the review, not beside what is agreed.
  const isQuarantined = trust === 'untrusted' || state === 'candidate'
  return {
    kind: 'memory',
    id,
    name: isQuarantined ? null : nameOf(here.memory),
    type: kind,
    project,
    state,
  }
}

/** Where it stands, and how it begins: the label of a turn or a chapter alone tells little. */
function nameOf({ beginning, is_longer, title, label }: NonNullable<Linked['memory']>): string {
  const text = is_longer ? `${beginning}…` : beginning
  if (label === null) return excerptOf(title ?? text, SUMMARY)
  return excerptOf(`${excerptOf(label, SUMMARY / 2)} › ${text}`, SUMMARY)
}

/** What stands before the name of a session. */
const SESSION = 'session:'

type Finding = Pick<ReadHandle, 'entities' | 'memories' | 'documents'>

/**
 * What a caller names as an end: an entity, a memory or a document by its id, an entity by its name, a document by its
 * source, a session as `session:<name>`.
 * @throws NOT_FOUND saying what it may be, or INVALID_INPUT naming the entities that share the name.
 */
export async function mustFindEnd(
  tx: Finding,
  reference: string,
  among: { readonly project?: string | undefined } = {},
): Promise<End> {
  if (reference.startsWith(SESSION)) return mustBeSession(reference.slice(SESSION.length).trim())
  const id = reference.toLowerCase()
  if (isUuid(id)) {
    if ((await tx.entities.find(id)) !== null) return { kind: 'entity', id }
    if ((await tx.memories.find(id)) !== null) return { kind: 'memory', id }
    if ((await tx.documents.sources([id])).has(id)) return { kind: 'document', id }
    throw new HeirloomError(
      'NOT_FOUND',
      `There is no entity, memory or document ${id} that you may see. Find ids with: heirloom entity list, or heirloom list`,
    )
  }
  const entity = await namedEntity(tx, reference, among)
  if (entity !== null) return { kind: 'entity', id: entity.id }
  const document = await tx.documents.bySource(reference)
  if (document !== null) return { kind: 'document', id: document.id }
  throw new HeirloomError(
    'NOT_FOUND',
    `There is no entity named "${reference}", and no document that was read from there. Make the entity first: heirloom entity create <type> "${reference}"; a session is written session:<name>.`,
  )
}

function mustBeSession(id: string): End {
  if (id !== '') return { kind: 'session', id }
  throw new HeirloomError('INVALID_INPUT', 'A session has a name: write it as session:<name>.')
}
