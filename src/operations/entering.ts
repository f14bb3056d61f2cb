/** What a project's settings make of a memory that comes in: the slot that it claims, and whether it waits for review. */
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory, MemoryDraft } from '../model/memory.ts'
import { readSlot } from '../model/slot-patterns.ts'
import type { ProjectSettings } from '../store/projects.ts'
import type { WriteHandle } from '../store/store.ts'
import { newMemory } from './drafting.ts'
import type { Context } from './operation.ts'

type Claiming = Pick<Memory, 'content' | 'slot' | 'slot_pattern'>

/** With the slot that its text claims in one of a few simple forms, unless one was given or the project reads none. */
export function withSlot<T extends Claiming>(said: T, { read_slots }: ProjectSettings): T {
  if (said.slot !== null || read_slots === false) return said
  const read = readSlot(said.content)
  return read === null ? said : { ...said, slot: read.slot, slot_pattern: read.pattern }
}

/** Whether what this caller writes in a project waits until a person has reviewed it. */
export function isReviewed({ review }: ProjectSettings, { kind }: Pick<Principal, 'kind'>): boolean {
  return review === 'agents' && (kind === 'agent' || kind === 'key')
}

interface Entering {
  readonly context: Context
  readonly at: string
  /** Whether whoever says it only proposes it. */
  readonly isCandidate?: boolean | undefined
}

/** The first version of a memory in its project. */
export async function enteringMemory(
  tx: Pick<WriteHandle, 'projects'>,
  draft: MemoryDraft,
  { context, at, isCandidate = false }: Entering,
): Promise<Memory> {
  const settings = await tx.projects.settings(draft.project)
  const waits = isCandidate || isReviewed(settings, context.principal)
  return newMemory(withSlot(draft, settings), context, at, { isCandidate: waits })
}

/** Why a candidate is not to be found yet, with what makes it so; nothing for what is live. */
export function waitingNotices({ status, trust }: Pick<Memory, 'status' | 'trust'>): string[] {
  if (trust === 'untrusted') return [QUARANTINED]
  return status === 'candidate' ? [PROPOSED] : []
}

/** What has ended before it was said is kept, and never recalled. */
export function pastNotices({ id, valid_until }: Pick<Memory, 'id' | 'valid_until'>, at: string): string[] {
  if (valid_until === null || valid_until > at) return []
  return [
    `It held until ${valid_until}, which is past: recall leaves it out. If it holds longer: heirloom revise ${id} --valid-until <time>`,
  ]
}

const QUARANTINED =
  'It is in quarantine: recall leaves it out until a person has reviewed it: heirloom review'

const PROPOSED = 'It is only proposed: recall leaves it out until a person has reviewed it: heirloom review'

interface Agreed {
  readonly id: string
  readonly status: string
  readonly trust: Memory['trust']
  readonly project: string | null
}

/**
 * What is agreed in a project where people review what agents write is not changed past that review.
 * @throws ACCESS_DENIED saying how to propose the change.
 */
export async function mustBeOpen(
  tx: Pick<WriteHandle, 'projects'>,
  { id, status, trust, project }: Agreed,
  { step, principal }: { readonly step: string; readonly principal: Pick<Principal, 'kind'> },
): Promise<void> {
  if (status !== 'active' || trust === 'untrusted' || principal.kind === 'person') return
  if (!isReviewed(await tx.projects.settings(project), principal)) return
  throw new HeirloomError(
    'ACCESS_DENIED',
    `${step}: ${id} is agreed in project "${project}", where people review what agents write. Propose what should hold, and they decide: heirloom remember "<text>" --project ${project}`,
  )
}
