/**
 * Conflicts: two or more active records of one project that claim the same slot with different values over
 * overlapping validity. Found by comparing normal forms, never by likeness; what to do about one is for people.
 */
import { HeirloomError } from './errors.ts'
import { nameSome } from './excerpt.ts'
import { TRUSTS, type Trust, type UserId } from './memory.ts'
import { byBeginning, Rivals } from './rivals.ts'

export type ConflictId = string & { readonly brand: 'conflict' }

export const CONFLICT_STATUSES = ['open', 'resolved', 'dismissed', 'closed'] as const
export type ConflictStatus = (typeof CONFLICT_STATUSES)[number]

/** How it ended: by a winner, by keeping all, as none at all; or by itself, when fewer than two members differed. */
export type Resolution = 'winner' | 'kept_both' | 'dismissed' | 'superseded' | 'expired'

export type MemberKind = 'memory' | 'entity'

export interface Member {
  readonly member_kind: MemberKind
  readonly member_id: string
  readonly trust: Trust
  /** What it claimed when it was last looked at. */
  readonly value: string
  readonly value_key: string
  readonly joined_at: string
}

/** Where a claim is made. `slot_subject` is the id of the entity that the subject names, else its normal form. */
export interface SlotPlace {
  readonly owner_user_id: UserId
  readonly project: string | null
  readonly slot_subject: string
  readonly attribute_key: string
}

export interface Conflict extends SlotPlace {
  readonly id: ConflictId
  readonly version: number
  /** The slot as it was said first. */
  readonly subject: string
  readonly attribute: string
  readonly status: ConflictStatus
  readonly resolution: Resolution | null
  readonly winner_kind: MemberKind | null
  readonly winner_id: string | null
  readonly note: string | null
  readonly detected_at: string
  readonly resolved_at: string | null
  readonly resolved_by_kind: string | null
  readonly resolved_by_user_id: string | null
  readonly closes_at: string | null
  readonly members: readonly Member[]
}

/** What one record says about a slot. */
export interface Claim {
  readonly subject_kind: MemberKind
  readonly subject_id: string
  readonly value: string
  readonly value_key: string
  readonly trust: Trust
  readonly valid_from: string | null
  readonly valid_until: string | null
  readonly recorded_at: string
  readonly said_subject: string
  readonly attribute: string
}

/** Whether two claims contradict each other now or later: other values, and a time at which both hold. */
export function contradict(a: Claim, b: Claim): boolean {
  return a.value_key !== b.value_key && begins(a, b) && begins(b, a)
}

function begins(a: Claim, b: Claim): boolean {
  return a.valid_from === null || b.valid_until === null || a.valid_from < b.valid_until
}

export function isExpired({ valid_until }: Pick<Claim, 'valid_until'>, at: string): boolean {
  return valid_until !== null && valid_until <= at
}

/**
 * Pairs that were looked at and left: of each decision the records that stood in it, with the values that they had
 * then. No two of them contradict each other while both claim that.
 */
export type Settled = readonly ReadonlySet<string>[]

export function isSettled(settled: Settled, a: Claim, b: Claim): boolean {
  return settled.some(stood => stood.has(standingOf(a)) && stood.has(standingOf(b)))
}

/** Those that contradict another one, without the pairs that people have settled; in the order given. */
export function contested(claims: readonly Claim[], settled: Settled = []): Claim[] {
  const sorted = byBeginning(claims)
  // Claims that stood in the same decisions are held against the same others, so that these are sorted out once.
  const rivals = new Map<string, Rivals>()
  return claims.filter(claim => {
    const own = standingOf(claim)
    const decisions = settled.filter(stood => stood.has(own))
    const key = decisions.map(stood => settled.indexOf(stood)).join(' ')
    const others =
      rivals.get(key) ??
      new Rivals(sorted.filter(other => !decisions.some(stood => stood.has(standingOf(other)))))
    rivals.set(key, others)
    return others.contradict(claim)
  })
}

/**
 * When nothing will contradict anything any more because members expire; null where that never comes. Claims only go
 * as time goes on, so that the first such end is found by halving.
 */
export function closingTime(claims: readonly Claim[], settled: Settled = []): string | null {
  const ends = [...new Set(claims.flatMap(({ valid_until }) => valid_until ?? []))].sort()
  const isOver = (at: string) =>
    contested(
      claims.filter(claim => !isExpired(claim, at)),
      settled,
    ).length === 0
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isOver(ends[middle]!)) high = middle
    else low = middle + 1
  }
  return ends[low] ?? null
}

/** Those that a winner of the conflict leaves behind: what contradicts it, without the pairs that people have settled. */
export function losersTo(winner: Claim, claims: readonly Claim[], settled: Settled): Claim[] {
  return claims.filter(claim => contradict(winner, claim) && !isSettled(settled, winner, claim))
}

/** Pairs that stood in a conflict which people kept or dismissed, as long as both claim what they claimed then. */
export function settledBy(history: readonly Conflict[]): Settled {
  return history
    .filter(({ resolution }) => resolution === 'kept_both' || resolution === 'dismissed')
    .map(({ members }) => new Set(members.map(member => standing(member.member_id, member.value_key))))
}

function standingOf({ subject_id, value_key }: Claim): string {
  return standing(subject_id, value_key)
}

function standing(id: string, valueKey: string): string {
  return `${id} ${valueKey}`
}

/** As it is now: one that an expiry has ended is closed, although nobody wrote that yet. */
export function asOfNow(conflict: Conflict, now: string): Conflict {
  const { status, closes_at } = conflict
  if (status !== 'open' || closes_at === null || closes_at > now) return conflict
  return {
    ...conflict,
    status: 'closed',
    resolution: 'expired',
    note: EXPIRED,
    resolved_at: closes_at,
    resolved_by_kind: 'system',
  }
}

export const EXPIRED = 'Members expired, so that fewer than two differ.'

/** How a conflict ended, in a sentence or two for whoever would settle it again; null where it is open. */
export function whatEnded(stored: Conflict, now: string): string | null {
  const { id, status, resolution, winner_id, note, resolved_at, resolved_by_kind } = asOfNow(stored, now)
  if (status === 'open') return null
  if (status === 'closed') {
    return `Conflict ${id} closed by itself, at ${resolved_at}: ${note} There is nothing to settle.`
  }
  const how =
    resolution === 'winner'
      ? `${winner_id} won`
      : resolution === 'kept_both'
        ? 'all were kept'
        : 'as no contradiction'
  const why = note === null ? '' : `, because: ${note}`
  return `Conflict ${id} was ${status} already, by ${resolved_by_kind} at ${resolved_at}: ${how}${why}.`
}

/** What a person has said is not for an agent to overrule, to take back, nor to declare compatible with something else. */
export function forPeople(id: ConflictId, stated: readonly string[]): HeirloomError {
  return new HeirloomError(
    'ACCESS_DENIED',
    `A person said ${nameSome(stated, ' and ')}, which is contested: a person settles it. Ask the user to run: heirloom resolve ${id} --winner <id>`,
  )
}

/** Why a conflict is over that nobody settled; `left` are the records that claim the slot still. */
export function whyClosed({ members }: Conflict, left: ReadonlySet<string>): string {
  const gone = members.filter(({ member_id }) => !left.has(member_id)).map(({ member_id }) => member_id)
  if (gone.length === 0) return 'Its members do not differ any more.'
  const claim = gone.length === 1 ? 'claims' : 'claim'
  return `${nameSome(gone)} no longer ${claim} it, so that fewer than two differ.`
}

/** The member to keep, if one must go: the most trusted, of these the one that has said so last. */
export function suggestedWinner<
  T extends { readonly id: string; readonly trust: Trust; readonly said_at: string },
>(members: readonly T[]): T | null {
  const [best = null] = members.toSorted(
    (a, b) =>
      TRUSTS.indexOf(a.trust) - TRUSTS.indexOf(b.trust) ||
      // Ids ascend with time, should two have been said in one millisecond.
      (`${a.said_at} ${a.id}` < `${b.said_at} ${b.id}` ? 1 : -1),
  )
  return best
}
