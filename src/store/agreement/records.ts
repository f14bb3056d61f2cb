/** What the checks of entities, relationships and conflicts share. */
import { isUuid } from '../../model/id.ts'
import type { Database } from '../engine.ts'
import type { Tables } from '../tables.ts'
import type { Checking, Findings } from './findings.ts'

/** Ids a statement. */
const BATCH = 500

/** Gives those of some ids that a table has. */
export function presentIn(
  db: Database,
  table: 'memories' | 'documents' | 'entities' | 'relationships' | 'conflicts' | 'graduations',
  { tenantId, onlyUuids }: Checking,
): (ids: readonly string[]) => Promise<Set<string>> {
  const key = table === 'graduations' ? 'memory_id' : 'id'
  return async ids => {
    const there = new Set<string>()
    const wanted = ids.filter(id => !onlyUuids || isUuid(id))
    for (let start = 0; start < wanted.length; start += BATCH) {
      const rows = await db
        .selectFrom(table as 'memories')
        .select(`${key as 'id'} as id`)
        .where('tenant_id', '=', tenantId)
        .where(key as 'id', 'in', wanted.slice(start, start + BATCH))
        .execute()
      for (const { id } of rows) there.add(id)
    }
    return there
  }
}

/** A row as what it is of; null, and told, where it cannot be read. */
export function readable<Row extends { readonly id: string }, Result>(
  kind: string,
  row: Row,
  read: (row: Row) => Result,
  findings: Findings,
): Result | null {
  try {
    return read(row)
  } catch (error) {
    findings.add('versions', `${kind} ${row.id} cannot be read: ${(error as Error).message}`)
    return null
  }
}

/** The rows of a table in the order of their ids, a batch at a time. */
export async function* byId<Name extends 'relationships' | 'conflicts'>(
  db: Database,
  table: Name,
  { tenantId, size }: { tenantId: string; size: number },
): AsyncGenerator<Tables[Name][]> {
  for (let after = ''; ; ) {
    let query = db
      .selectFrom(table as 'relationships')
      .selectAll()
      .where('tenant_id', '=', tenantId)
    if (after !== '') query = query.where('id', '>', after)
    const rows = await query.orderBy('id').limit(size).execute()
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows as unknown as Tables[Name][]
    after = last.id
  }
}
