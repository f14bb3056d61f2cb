/** Makes the rows by which memories are found by their tags anew, from the tags that the memories carry. */
import { sql } from 'kysely'
import type { Database, Engine } from './engine.ts'

/** Memories a transaction. */
const MEMORIES = 256

type TagRow = { tenant_id: string; memory_id: string; tag: string }

/** Takes away the tags of memories that are gone. */
export async function dropLostTags(db: Database): Promise<void> {
  await sql`delete from memory_tags where not exists (
    select 1 from memories as m where m.tenant_id = memory_tags.tenant_id and m.id = memory_tags.memory_id
  )`.execute(db)
}

/**
 * Puts the rows of the next memories after the cursor right; those that are right already stay as they are.
 * @returns where the next batch goes on; null at the end.
 */
export async function correctTags(db: Database, engine: Engine, cursor: string): Promise<string | null> {
  const memories = await nextMemories(db, engine, cursor)
  for (const [tenant, own] of Map.groupBy(memories, row => row.tenant_id)) {
    const expected = own.flatMap(({ id, tags }) =>
      tagsOf(tags).map(tag => ({ tenant_id: tenant, memory_id: id, tag })),
    )
    const ids = own.map(({ id }) => id)
    const found = await db
      .selectFrom('memory_tags')
      .select(['tenant_id', 'memory_id', 'tag'])
      .where('tenant_id', '=', tenant)
      .where('memory_id', 'in', ids)
      .execute()
    for (const { memory_id, tag } of without(found, expected)) {
      await db
        .deleteFrom('memory_tags')
        .where('tenant_id', '=', tenant)
        .where('memory_id', '=', memory_id)
        .where('tag', '=', tag)
        .execute()
    }
    await engine.statements.insert(db, 'memory_tags', without(expected, found))
  }
  const last = memories.at(-1)
  return last === undefined || memories.length < MEMORIES ? null : `${last.tenant_id} ${last.id}`
}

/** Kept from being changed until the batch is in. */
function nextMemories(db: Database, engine: Engine, cursor: string) {
  const [tenant = '', id = ''] = cursor.split(' ')
  let query = db
    .selectFrom('memories')
    .select(['tenant_id', 'id', 'tags'])
    .orderBy('tenant_id')
    .orderBy('id')
    .limit(MEMORIES)
  if (cursor !== '') query = query.where(sql<boolean>`(tenant_id, id) > (${tenant}, ${id})`)
  // SQLite has no row locks and needs none: this transaction is the only writer.
  return (engine.name === 'postgres' ? query.forUpdate() : query).execute()
}

/** None where they cannot be read, which is damage of the memory itself. */
function tagsOf(json: string): string[] {
  try {
    const tags: unknown = JSON.parse(json)
    return Array.isArray(tags) ? [...new Set(tags.filter(tag => typeof tag === 'string'))] : []
  } catch {
    return []
  }
}

function without(rows: readonly TagRow[], others: readonly TagRow[]): TagRow[] {
  const known = new Set(others.map(({ memory_id, tag }) => `${memory_id} ${tag}`))
  return rows.filter(({ memory_id, tag }) => !known.has(`${memory_id} ${tag}`))
}
