/**
 * What a person has said in an open conflict stays in it, as it was said, until a person decides. Whichever way somebody
 * else would take it out or change it, the slots are settled afterwards; so it is looked at there, for all ways at once.
 */
import type { Principal } from '../model/access.ts'
import { type Conflict, forPeople, isExpired } from '../model/conflict.ts'
import { placeOf } from './claim-rows.ts'
import { type ClaimReader, slotIdOf } from './claims.ts'
import type { ConflictReader } from './conflicts.ts'
import type { ClaimTable } from './knowledge-tables.ts'

interface Watched {
  readonly claim: ClaimTable
  readonly conflict: Conflict
}

export class StatedClaims {
  readonly #left: readonly ClaimTable[]
  readonly #watched: Watched[] = []

  /** `left` are claims as they were before they were withdrawn or changed. */
  constructor(left: readonly ClaimTable[], { kind }: Pick<Principal, 'kind'>, now: string) {
    const isBound = kind === 'agent' || kind === 'key'
    this.#left = isBound ? left.filter(claim => claim.trust === 'stated' && !isExpired(claim, now)) : []
  }

  /** Takes note of those that were made in a conflict that is open. */
  watch(conflict: Conflict | null): void {
    if (conflict === null || this.#left.length === 0) return
    const slot = slotIdOf(conflict)
    const members = new Set(conflict.members.map(({ member_id }) => member_id))
    for (const claim of this.#left)
      if (members.has(claim.subject_id) && slotIdOf(placeOf(claim)) === slot)
        this.#watched.push({ claim, conflict })
  }

  /** @throws ACCESS_DENIED where one of them is not made any more as it was. */
  async mustStand(claims: ClaimReader, conflicts: ConflictReader): Promise<void> {
    for (const { claim, conflict } of this.#watched) {
      const now = await claims.find(claim.subject_id, claim.attribute_key)
      if (now === null || !isSame(claim, now)) throw forPeople(conflict.id, [claim.subject_id])
      const place = placeOf(now)
      if (slotIdOf(place) === slotIdOf(conflict)) continue
      // Its subject means something else by now: there it may be contested as well.
      const open = await conflicts.openIn(place)
      if (open?.members.some(({ member_id }) => member_id === claim.subject_id)) continue
      throw forPeople(conflict.id, [claim.subject_id])
    }
  }
}

function isSame(a: ClaimTable, b: ClaimTable): boolean {
  return (['value_key', 'trust', 'valid_from', 'valid_until'] as const).every(field => a[field] === b[field])
}
