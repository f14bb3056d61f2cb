/**
 * What the journal keeps of conflicts: all of one that comes or goes; of a change the fields that differ, and of the
 * members those that came, went or claim something else, so that many members do not weigh on each that joins them.
 */
import type { Conflict, Member } from '../model/conflict.ts'
import { changeBetween } from './entity-writer.ts'

/** How a conflict is that has not ended. */
export const UNSETTLED = {
  status: 'open',
  resolution: null,
  winner_kind: null,
  winner_id: null,
  note: null,
  resolved_at: null,
  resolved_by_kind: null,
  resolved_by_user_id: null,
} as const

/** One side of an entry. Older builds kept all members on either side of a change, too. */
export interface ConflictSide extends Partial<Conflict> {
  /** Of a change: before it the members that went or were otherwise, after it those that came or are otherwise. */
  readonly other_members?: readonly Member[]
}

interface Sides {
  readonly before: ConflictSide
  readonly after: ConflictSide
}

export function conflictChange(
  before: Conflict | null,
  next: Conflict | null,
): readonly [ConflictSide | null, ConflictSide | null] {
  if (before === null || next === null) return [before, next]
  const { members: were, ...old } = before
  const { members: are, ...now } = next
  const [from, to] = changeBetween(old, now)
  const [went, came] = [without(were, are), without(are, were)]
  if (went.length === 0 && came.length === 0) return [from, to]
  return [
    { ...from, other_members: went },
    { ...to, other_members: came },
  ]
}

/** Those of some members that are not just so among others. */
export function without(members: readonly Member[], others: readonly Member[]): Member[] {
  const there = new Set(others.map(member => JSON.stringify(member)))
  return members.filter(member => !there.has(JSON.stringify(member)))
}

/** What a conflict was before the change that made it what it is. */
export function beforeChange(present: Conflict, { before, after }: Sides): Conflict {
  const { other_members: _members, ...fields } = before
  return { ...present, ...fields, members: before.members ?? changed(present.members, after, before) }
}

/**
 * As `beforeChange`, where it may have closed since because members expired. It is open again if it would last without
 * the change; else it stays closed, and only what the change itself did is taken from it.
 */
export function withoutChange(present: Conflict, sides: Sides, now: string): Conflict {
  if (present.resolution !== 'expired') return beforeChange(present, sides)
  const { before, after } = sides
  const version = present.version + (before.version ?? 0) - (after.version ?? 0)
  const open = { ...beforeChange({ ...present, ...UNSETTLED }, sides), version }
  // What the change said nothing of has led to the end that came.
  const lasts = before.closes_at === null || (before.closes_at !== undefined && before.closes_at > now)
  if (open.status !== 'open' || lasts) return open
  return { ...beforeChange(present, sides), closes_at: null, version }
}

/** Members as they were on one side of a change, made those of its other side. */
export function changed(members: readonly Member[], from: ConflictSide, to: ConflictSide): readonly Member[] {
  if (from.other_members === undefined || to.other_members === undefined) return members
  const gone = new Set(from.other_members.map(({ member_id }) => member_id))
  return [...members.filter(({ member_id }) => !gone.has(member_id)), ...to.other_members]
}
