/** From what a writer says of a thing to the entity that is stored. */
import { trustOfChannel } from '../model/access.ts'
import type { Entity, EntityId } from '../model/entity.ts'
import { quoted } from '../model/excerpt.ts'
import type { Trust } from '../model/memory.ts'
import type { ProjectSettings } from '../store/projects.ts'
import type { ReadHandle } from '../store/store.ts'
import { isReviewed } from './entering.ts'
import { aliasesOf } from './entity-fields.ts'
import type { Context } from './operation.ts'

/** What a writer says of a new entity; the rest follows from the channel and the clock. */
export type EntityDraft = Pick<
  Entity,
  | 'type'
  | 'name'
  | 'aliases'
  | 'description'
  | 'properties'
  | 'project'
  | 'confidence'
  | 'valid_from'
  | 'valid_until'
>

interface Entering {
  readonly context: Context
  readonly at: string
  readonly settings: ProjectSettings
  readonly isCandidate: boolean
  /** How far it is believed; by the channel where nothing is said. */
  readonly trust?: Trust | undefined
}

export function newEntity(draft: EntityDraft, { context, at, ...entering }: Entering): Entity {
  const { trust = trustOfChannel(context.principal.kind) } = entering
  return {
    ...draft,
    aliases: aliasesOf(draft.name, draft.aliases),
    id: context.newId() as EntityId,
    ...standingOf({ context, trust, ...entering }),
    recorded_at: at,
    updated_at: at,
    revision: 1,
    version: 1,
    owner_user_id: context.principal.user_id,
    visibility: 'private',
    shared_with_groups: [],
    superseded_by: null,
  }
}

/** The state and trust with which an entity or a relationship comes in. */
export function standingOf({
  context,
  settings,
  isCandidate,
  trust = trustOfChannel(context.principal.kind),
}: Omit<Entering, 'at'>): Pick<Entity, 'status' | 'earlier_statuses' | 'trust'> {
  const waits = isCandidate || isReviewed(settings, context.principal) || trust === 'untrusted'
  return { status: waits ? 'candidate' : 'active', earlier_statuses: [], trust }
}

/** Names that lead to other active entities of the same project as well, so that texts and slots do not tell which. */
export async function sharedNames(
  tx: Pick<ReadHandle, 'entities'>,
  { id, name, aliases, project }: Pick<Entity, 'id' | 'name' | 'aliases' | 'project'>,
): Promise<string[]> {
  const notices: string[] = []
  for (const known of [name, ...aliases]) {
    const others = (await tx.entities.named(known)).filter(
      other => other.id !== id && other.status === 'active' && other.project === project,
    )
    const [first] = others
    if (first === undefined) continue
    notices.push(
      `${quoted(known)} also leads to the ${first.type} ${quoted(first.name)} (${first.id}). If they are one: heirloom entity merge ${id} --into ${first.id}`,
    )
  }
  return notices
}
