/** Open conflicts as items of a context pack: the values side by side, and which is suggested. */
import { suggestedWinner } from '../model/conflict.ts'
import type { ReadHandle } from '../store/store.ts'
import { recordsOf } from './conflict-members.ts'
import { conflictText, type MemberLine, type ShownItem } from './context-text.ts'
import type { Context } from './operation.ts'

/** A pack tells of no more than so many. */
export const CONFLICTS = 5

/** Of one conflict so many members are looked at, the last to join; few have more than three. */
const MEMBERS = 30

/** By id; of the first few alone. */
export async function conflictItems(
  tx: ReadHandle,
  ids: readonly string[],
  { principal, now }: Context,
): Promise<ReadonlyMap<string, ShownItem>> {
  const items = new Map<string, ShownItem>()
  for (const conflict of await tx.conflicts.byIds(ids.slice(0, CONFLICTS))) {
    const last = { ...conflict, members: conflict.members.slice(-MEMBERS) }
    const records = await recordsOf(tx, last, { principal, at: now() })
    const members = records.filter(member => member.claims_it)
    const suggested = suggestedWinner(members)?.id ?? null
    const { id, project } = conflict
    items.set(
      id,
      toItem({ id, project, slot: `${conflict.subject}.${conflict.attribute}` }, members, suggested),
    )
  }
  return items
}

interface About {
  readonly id: string
  readonly project: string | null
  readonly slot: string
}

export function toItem(
  { id, project, slot }: About,
  members: readonly (MemberLine & { readonly kind: 'memory' | 'entity' })[],
  suggested: string | null,
): ShownItem {
  return {
    section: 'conflict',
    record: 'conflict',
    id,
    version: null,
    kind: 'conflict',
    title: slot,
    content: conflictText(members, suggested),
    trust: null,
    project,
    author: null,
    recorded_at: null,
    origin: null,
    contested: null,
    why: `conflict between ${members.map(member => member.id).join(' and ')}`,
    members: members.map(({ kind, id, said_at }) => ({ kind, id, said_at })),
    suggested,
  }
}
