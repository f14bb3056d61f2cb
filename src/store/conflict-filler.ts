/**
 * Conflicts for what stood in a store before it looked for any, or was written while claims were not whole. What is as it
 * should be stays as it is.
 */
import { BOOTSTRAP_ID, type TenantId, type UserId } from '../model/memory.ts'
import { ClaimWriter } from './claims.ts'
import { ConflictWriter } from './conflict-writer.ts'
import { outdated, type Page, unopened } from './disputes.ts'
import type { LinkFilling } from './link-claims.ts'

type Filling = LinkFilling & { readonly newId: () => string }

export interface SlotsFilled {
  /** Claims, then open conflicts, that were looked at. */
  readonly scanned: number
  /** Conflicts that were opened, joined or closed. */
  readonly settled: number
  readonly cursor: string | null
}

const OPEN = 'open'
const CLAIMED = 'claimed'

/** The next slots. The cursor is `<phase> <where>`: first what is claimed, then the conflicts that are open. */
export async function settleSlots(filling: Filling, cursor: string): Promise<SlotsFilled> {
  const [phase = '', ...rest] = cursor.split(' ')
  const [from, asked] = [rest.join(' '), { tenantId: filling.tenant_id, now: filling.at }]
  const isLast = phase === OPEN
  const page = await (isLast ? outdated : unopened)(filling.db, asked, from)
  await settle(filling, page)
  const next = page.cursor === null ? null : `${isLast ? OPEN : CLAIMED} ${page.cursor}`
  return {
    scanned: page.seen,
    settled: page.disputes.length,
    cursor: next ?? (isLast ? null : OPEN),
  }
}

async function settle({ db, engine, tenant_id, journal, at, newId }: Filling, page: Page): Promise<void> {
  if (journal === null || page.disputes.length === 0) return
  const principal = {
    tenant_id: tenant_id as TenantId,
    user_id: BOOTSTRAP_ID as UserId,
    kind: 'system',
  } as const
  const claims = new ClaimWriter(db, principal, engine)
  const conflicts = new ConflictWriter(db, principal, { engine, now: at, journal, claims, newId })
  for (const { place } of page.disputes) claims.touch(place)
  await conflicts.settle()
}
