/** Open conflicts as items of a context pack: the values side by side, and which is suggested. */
import { type Conflict, isExpired, type Member, suggestedWinner } from '../model/conflict.ts'
import { nameSome } from '../model/excerpt.ts'
import { TRUSTS } from '../model/memory.ts'
import type { ReadHandle } from '../store/store.ts'
import { recordsOf } from './conflict-members.ts'
import { conflictText, type MemberLine, type ShownItem } from './context-text.ts'
import type { Context } from './operation.ts'

/** A pack tells of no more than so many. */
export const CONFLICTS = 5

/** Of one conflict so many members are looked at; few have more than three. */
const MEMBERS = 30

/** By id; of the first few alone. */
export async function conflictItems(
  tx: ReadHandle,
  ids: readonly string[],
  { principal, now }: Context,
): Promise<ReadonlyMap<string, ShownItem>> {
  const items = new Map<string, ShownItem>()
  for (const conflict of await tx.conflicts.byIds(ids.slice(0, CONFLICTS))) {
    const at = now()
    const claiming = await claimingIn(tx, conflict, at)
    const members = await recordsOf(tx, { ...conflict, members: foremost(claiming) }, { principal, at })
    const suggested = suggestedWinner(members)?.id ?? null
    const { id, project } = conflict
    const about = { id, project, slot: `${conflict.subject}.${conflict.attribute}` }
    items.set(id, toItem(about, members, { suggested, others: claiming.length - members.length }))
  }
  return items
}

async function claimingIn(tx: ReadHandle, conflict: Conflict, at: string): Promise<Member[]> {
  const claims = (await tx.claims.inSlot(conflict)).filter(claim => !isExpired(claim, at))
  const ids = new Set(claims.map(({ subject_id }) => subject_id))
  return conflict.members.filter(({ member_id }) => ids.has(member_id))
}

/** Those that are trusted most, and of these the last to join, so that the one to suggest is among them; in their order. */
function foremost(members: readonly Member[]): Member[] {
  const sorted = members.toReversed().toSorted((a, b) => TRUSTS.indexOf(a.trust) - TRUSTS.indexOf(b.trust))
  const first = new Set(sorted.slice(0, MEMBERS))
  return members.filter(member => first.has(member))
}

interface About {
  readonly id: string
  readonly project: string | null
  readonly slot: string
}

export function toItem(
  { id, project, slot }: About,
  members: readonly (MemberLine & { readonly kind: 'memory' | 'entity' })[],
  { suggested, others }: { suggested: string | null; others: number },
): ShownItem {
  return {
    section: 'conflict',
    record: 'conflict',
    id,
    version: null,
    kind: 'conflict',
    title: slot,
    content: conflictText(members, { suggested, others }),
    trust: null,
    project,
    author: null,
    recorded_at: null,
    valid_from: null,
    origin: null,
    contested: null,
    why: `conflict between ${nameSome(
      members.map(member => member.id),
      ' and ',
      others,
    )}`,
    members: members.map(({ kind, id, said_at }) => ({ kind, id, said_at })),
    ...(others === 0 ? {} : { others }),
    suggested,
  }
}
