/** Making a candidate active. Only people let out what is in quarantine. */
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy } from './conflict-view.ts'
import { nextRecord, nextVersion } from './drafting.ts'
import { type Found, mustFindForChange } from './subject.ts'
import { type Moved, moveFound } from './transition.ts'

interface Promotion {
  readonly id: string
  readonly at: string
  readonly principal: Principal
  /** What the review sets on a memory besides. */
  readonly also?: Pick<Memory, 'tags'> | undefined
}

/** @throws ILLEGAL_TRANSITION where it is neither a candidate nor active, ACCESS_DENIED where a person must decide. */
export async function promoteOne(tx: WriteHandle, { id, at, principal, also }: Promotion) {
  const found = await mustFindForChange(tx, id)
  const isQuarantined = found.record.trust === 'untrusted'
  if (found.record.status === 'active' && !isQuarantined) return unchanged(found)
  mustBePerson('promote', found, principal)
  // What a person has looked at is believed as much as what was read in a file.
  const change = { ...also, ...(isQuarantined ? { trust: 'observed' as const } : {}) }
  const done =
    found.record.status === 'active'
      ? await letOut(tx, found, { change, at })
      : await moveFound(tx, found, { step: 'promote', at, also: change })
  return { ...done, ...(await conflictOpenedBy(tx, id)) }
}

/** @throws ACCESS_DENIED for whoever is no person. */
export function mustBePerson(step: string, { kind, record }: Found, principal: Principal): void {
  if (principal.kind === 'person') return
  throw new HeirloomError(
    'ACCESS_DENIED',
    `${step}: whether ${kind} ${record.id} is agreed is for a person to decide. Ask the user to run: heirloom review`,
  )
}

function unchanged({ kind, record }: Found) {
  const { id, status, updated_at } = record
  const notices = ['It is active already; nothing was changed.']
  return { id, subject: kind, status, was: status, updated_at, conflict: null, notices }
}

/** What was active before its source was found to be somebody else's. */
async function letOut(
  tx: WriteHandle,
  { kind, record }: Found,
  { change, at }: { change: Partial<Memory>; at: string },
): Promise<Moved> {
  const { id, status } = record
  const answer = { id, subject: kind, status, was: status }
  if (kind === 'memory') {
    const next = nextVersion(record, change, at)
    await tx.memories.change(record, next)
    return { ...answer, updated_at: next.updated_at }
  }
  const trust = { trust: 'observed' as const }
  if (kind === 'entity') {
    const next = nextRecord(record, trust, at)
    await tx.entities.change(record, next)
    return { ...answer, updated_at: next.updated_at }
  }
  const next = nextRecord(record, trust, at)
  await tx.relationships.change(record, next)
  return { ...answer, updated_at: next.updated_at }
}
