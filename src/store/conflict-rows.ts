/** Rows of the members of a conflict. */
import type { Member } from '../model/conflict.ts'
import { without } from './conflict-entries.ts'
import type { Database, Engine } from './engine.ts'

interface Place {
  readonly db: Database
  readonly engine: Engine
  readonly tenant_id: string
}

/** Makes the members of a conflict what they are to be; writes only the rows of those that differ. */
export async function putMembers(
  { db, engine, tenant_id }: Place,
  conflict_id: string,
  { before, next }: { before: readonly Member[]; next: readonly Member[] },
): Promise<void> {
  for (const { member_id } of without(before, next)) {
    await db
      .deleteFrom('conflict_members')
      .where('tenant_id', '=', tenant_id)
      .where('conflict_id', '=', conflict_id)
      .where('member_id', '=', member_id)
      .execute()
  }
  const added = without(next, before).map(member => ({ tenant_id, conflict_id, ...member }))
  await engine.statements.insert(db, 'conflict_members', added)
}
