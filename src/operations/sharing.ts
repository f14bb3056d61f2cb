/** Making a copy of a memory in another place, with the link that says where it came from. */
import { HeirloomError } from '../model/errors.ts'
import { isValidAt, LIMITS, type Memory } from '../model/memory.ts'
import { SHARED_FROM, sharedFromTag } from '../model/shared-tag.ts'
import { copyOf } from '../store/link-rows.ts'
import type { WriteHandle } from '../store/store.ts'
import { enteringMemory, waitingNotices } from './entering.ts'
import { nearNotices } from './near-projects.ts'
import type { Context } from './operation.ts'

export interface Destination {
  /** A project's name or alias; null for none. */
  readonly project: string | null
  /** Whether it is in another store than the source. */
  readonly isFar: boolean
  /** Whether another copy is made where one lives already. */
  readonly again: boolean
  readonly context: Context
  readonly at: string
}

export interface Shared {
  readonly copy: Memory
  readonly outcome: 'shared' | 'already_shared'
  readonly notices: readonly string[]
}

/**
 * @throws ILLEGAL_TRANSITION where the source is not live, DUPLICATE where it is at the destination already or another
 * memory there says the same.
 */
export async function shareInto(tx: WriteHandle, source: Memory, to: Destination): Promise<Shared> {
  mustBeLive(source, to.at)
  const ensured = to.project === null ? null : await tx.projects.ensure(to.project)
  const project = ensured?.name ?? null
  await mustBeElsewhere(tx, source, { project, isFar: to.isFar })
  const known = to.again ? null : await tx.memories.livingCopy(source, project)
  if (known !== null) {
    const notices = known.original === source.content_hash ? [] : [CHANGED]
    return { copy: known.copy, outcome: 'already_shared', notices }
  }
  const { tags, notices } = tagsFor(source)
  const draft = { ...source, project, tags, document_id: null, position: null }
  const copy = await enteringMemory(tx, draft, to)
  const twin = await tx.memories.twin(copy)
  if (twin !== null) throw twinThere(twin, { project, source })
  await tx.memories.create([copy])
  if (to.isFar) await tx.links.addFar(copy, 'shared_from', farSource(source))
  else await tx.links.add(copy, 'shared_from', source)
  const asked = nearNotices(ensured, `move the copy there: heirloom revise ${copy.id}`)
  return { copy, outcome: 'shared', notices: [...asked, ...waitingNotices(copy), ...notices] }
}

function mustBeLive(memory: Memory, at: string): void {
  const { id, status, valid_until } = memory
  if (status === 'active' && !isValidAt(memory, at)) {
    throw new HeirloomError(
      'ILLEGAL_TRANSITION',
      `Cannot share memory ${id}: it does not hold now (until ${valid_until ?? 'later'}). Say when it does first: heirloom revise ${id} --valid-until <time>`,
    )
  }
  if (status === 'active') return
  const remedy =
    status === 'candidate'
      ? `Promote it first: heirloom promote ${id}`
      : `Restore it first: heirloom restore ${id}`
  throw new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Cannot share memory ${id}: it is ${status}, and only active ones are shared. ${remedy}`,
  )
}

async function mustBeElsewhere(
  tx: WriteHandle,
  source: Memory,
  { project, isFar }: { project: string | null; isFar: boolean },
): Promise<void> {
  // A copy of the whole store has the very same memory.
  const isThere = isFar ? (await tx.links.linked([source.id])).size > 0 : source.project === project
  if (!isThere) return
  const place = isFar ? 'that store' : `project ${project}`
  throw new HeirloomError(
    'DUPLICATE',
    `Memory ${source.id} is in ${place} already. Name another place: --to project:<name>`,
  )
}

/** The source's tags, and for people the one that tells where the copy came from, in place of an earlier one. */
function tagsFor({ id, tags }: Memory): { tags: readonly string[]; notices: readonly string[] } {
  const own = tags.filter(tag => !tag.startsWith(SHARED_FROM))
  if (own.length < LIMITS.tags) return { tags: [...own, sharedFromTag(id)], notices: [] }
  return {
    tags: own,
    notices: [
      `It has ${own.length} tags, so the copy carries no ${SHARED_FROM} tag; its link tells the same.`,
    ],
  }
}

/** Copies have their own life; what the source says meanwhile is told, not carried over. */
const CHANGED = 'The source has changed since it was shared. To share what it says now: --again'

function farSource(source: Memory) {
  return { source_ref: source.id, ...copyOf(source), source_deleted_at: null }
}

function twinThere(
  { id }: Memory,
  { project, source }: { project: string | null; source: Memory },
): HeirloomError {
  const place = project === null ? 'Outside of any project there' : `In project ${project} there`
  return new HeirloomError(
    'DUPLICATE',
    `${place} is memory ${id}, which says exactly this already. If it came from this one: heirloom link ${id} shared_from ${source.id}`,
  )
}
