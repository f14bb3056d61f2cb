/** Conflicts against the journal, against their members, and against what is claimed now. */
import type { Conflict } from '../../model/conflict.ts'
import { readConflicts } from '../conflicts.ts'
import { outdated, unopened } from '../disputes.ts'
import type { Database } from '../engine.ts'
import { checkAccounts, checkGone } from './accounts.ts'
import type { Checking } from './findings.ts'
import { byId, presentIn } from './records.ts'

const BATCH = 200

/** `now` decides what has expired: a conflict that ends by that is closed by the next write, and no finding. */
export async function checkConflicts(db: Database, checking: Checking, now: string): Promise<void> {
  const { tenantId, findings } = checking
  for await (const rows of byId(db, 'conflicts', { tenantId, size: BATCH })) {
    const conflicts = await readConflicts(db, rows)
    const records = new Map(conflicts.map(conflict => [conflict.id, conflict]))
    await checkAccounts(db, { kind: 'conflict', records }, checking)
    await checkMembers(db, conflicts, checking)
    for (const conflict of conflicts) checkState(conflict, checking)
  }
  await checkGone(db, { kind: 'conflict', present: presentIn(db, 'conflicts', checking) }, checking)
  const asked = { tenantId, now }
  for (const look of [unopened, outdated]) {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Awaited<ReturnType<typeof look>> = await look(db, asked, cursor)
      for (const { wrong } of page.disputes) findings.add('conflicts', wrong)
      cursor = page.cursor
    }
  }
}

async function checkMembers(db: Database, conflicts: readonly Conflict[], checking: Checking): Promise<void> {
  const members = conflicts.flatMap(({ id, members: own }) => own.map(member => ({ id, ...member })))
  for (const [kind, table] of [
    ['memory', 'memories'],
    ['entity', 'entities'],
  ] as const) {
    const own = members.filter(({ member_kind }) => member_kind === kind)
    const there = await presentIn(db, table, checking)([...new Set(own.map(({ member_id }) => member_id))])
    for (const { id, member_id } of own.filter(member => !there.has(member.member_id)))
      checking.findings.add(
        'orphans',
        `the conflict ${id} has for a member the ${kind} ${member_id}, which is gone`,
      )
  }
}

const RESOLUTIONS: Readonly<Record<Conflict['status'], readonly Conflict['resolution'][]>> = {
  open: [null],
  resolved: ['winner', 'kept_both'],
  dismissed: ['dismissed'],
  closed: ['superseded', 'expired'],
}

function checkState(conflict: Conflict, { findings }: Checking): void {
  const { id, status, resolution, resolved_at, winner_id, members } = conflict
  const named = `the conflict ${id}`
  if (RESOLUTIONS[status]?.includes(resolution) !== true)
    findings.add('conflicts', `${named} is ${status}, and ended as ${resolution ?? 'nothing'}`)
  if ((status === 'open') !== (resolved_at === null))
    findings.add(
      'conflicts',
      `${named} is ${status}, and ${resolved_at === null ? 'never ended' : 'has ended'}`,
    )
  if (members.length < 2) findings.add('conflicts', `${named} has fewer than two members`)
  if (winner_id !== null && !members.some(({ member_id }) => member_id === winner_id))
    findings.add('conflicts', `${named} was won by ${winner_id}, which is no member`)
}
