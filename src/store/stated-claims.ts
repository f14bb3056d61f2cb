/**
 * What a person has said in an open conflict stays in it, as it was said, until a person decides. Whichever way somebody
 * else would take it out or change it, the slots are settled afterwards; so it is looked at there, for all ways at once.
 * An agent may take back its own undo or restore by which such a claim came back: what that opened or joined goes with it.
 */
import type { Principal } from '../model/access.ts'
import { asOfNow, type Conflict, forPeople, isExpired, type SlotPlace } from '../model/conflict.ts'
import { placeOf } from './claim-rows.ts'
import { type ClaimReader, slotIdOf } from './claims.ts'
import type { ConflictReader } from './conflicts.ts'
import type { ClaimTable } from './knowledge-tables.ts'

interface Watched {
  readonly claim: ClaimTable
  readonly conflict: Conflict
}

export class StatedClaims {
  /** By the slots that they were in. */
  readonly #left: ReadonlyMap<string, readonly ClaimTable[]>
  readonly #now: string
  readonly #watched: Watched[] = []

  /** `left` are claims as they were before they were withdrawn or changed. */
  constructor(left: readonly ClaimTable[], { kind }: Pick<Principal, 'kind'>, now: string) {
    const isBound = kind === 'agent' || kind === 'key'
    const stated = isBound ? left.filter(claim => claim.trust === 'stated' && !isExpired(claim, now)) : []
    this.#now = now
    this.#left = Map.groupBy(stated, claim => slotIdOf(placeOf(claim)))
  }

  /** Takes note of those that were made in a conflict that is open. */
  watch(conflict: Conflict | null): void {
    const left = conflict === null ? undefined : this.#left.get(slotIdOf(conflict))
    if (conflict === null || left === undefined) return
    const members = idsOf(conflict)
    for (const claim of left) if (members.has(claim.subject_id)) this.#watched.push({ claim, conflict })
  }

  /**
   * As `watch`, for all conflicts at once, while claims are being filled. These were made before that, and keep who their
   * members are; what a claim's subject means need not be known, so that all that was claimed of the attribute counts.
   */
  async watchUnfilled(conflicts: ConflictReader): Promise<void> {
    const left = Map.groupBy([...this.#left.values()].flat(), ({ subject_id }) => subject_id)
    const memberships = await conflicts.membershipsOf([...left.keys()])
    for (const conflict of await conflicts.byIds([...new Set([...memberships.values()].flat())])) {
      if (asOfNow(conflict, this.#now).status !== 'open') continue
      for (const { member_id } of conflict.members)
        for (const claim of left.get(member_id) ?? [])
          if (isAlike(placeOf(claim), conflict)) this.#watched.push({ claim, conflict })
    }
  }

  /** @throws ACCESS_DENIED where one of them is not made any more as it was. */
  async mustStand(claims: ClaimReader, conflicts: ConflictReader): Promise<void> {
    const ids = new Set(this.#watched.map(({ claim }) => claim.subject_id))
    const made = new Map((await claims.madeBy([...ids])).map(claim => [claimIdOf(claim), claim]))
    /** The members of the open conflict of a slot, by the slot. */
    const contested = new Map<string, ReadonlySet<string>>()
    for (const { claim, conflict } of this.#watched) {
      const now = made.get(claimIdOf(claim))
      if (now === undefined || !isSame(claim, now)) throw forPeople(conflict.id, [claim.subject_id])
      const place = placeOf(now)
      const slot = slotIdOf(place)
      if (slot === slotIdOf(conflict)) continue
      // Its subject means something else by now: there it may be contested as well.
      const members = contested.get(slot) ?? idsOf(await conflicts.openIn(place))
      contested.set(slot, members)
      if (!members.has(claim.subject_id)) throw forPeople(conflict.id, [claim.subject_id])
    }
  }
}

/** A record claims an attribute once. */
function claimIdOf({ subject_id, attribute_key }: ClaimTable): string {
  return `${subject_id} ${attribute_key}`
}

function idsOf(conflict: Conflict | null): ReadonlySet<string> {
  return new Set(conflict?.members.map(({ member_id }) => member_id))
}

/** But for its subject. */
function isAlike(a: SlotPlace, b: SlotPlace): boolean {
  return (['attribute_key', 'project', 'owner_user_id'] as const).every(field => a[field] === b[field])
}

function isSame(a: ClaimTable, b: ClaimTable): boolean {
  return (['value_key', 'trust', 'valid_from', 'valid_until'] as const).every(field => a[field] === b[field])
}
