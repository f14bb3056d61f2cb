/** Stores of several batches: one from before links were kept, and one of memtomem. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { contentHash } from '../../src/model/digest.ts'
import { BOOTSTRAP_ID, type Memory } from '../../src/model/memory.ts'
import { openStore } from '../../src/open.ts'
import { numbered } from './graphs.ts'

/** Each takes its pass past a batch of 1000. */
export const SUPERSEDED = 1200
const TAGGED = 2100
const IMPORTED = 1100

/** Of five copies one names something that is not here, and of as many imported ones one has damaged tags. */
export const COPIES = TAGGED + (IMPORTED / 5) * 4
export const SHARED = {
  scanned: TAGGED + IMPORTED,
  source_missing: TAGGED / 5,
  known: 0,
  skipped: { malformed_json: IMPORTED / 5 },
}

/** Ids that memories had elsewhere. */
const far = (index: number) => `fa${numbered(index).slice(2)}`

/** What differs from the template, by the number of a memory: first sources, then copies, then the others. */
function older(index: number): Partial<Memory> {
  if (index < TAGGED) {
    const source = index % 5 === 0 ? far(index + 1_000_000) : numbered(index === 1 ? 2 : 1)
    return { tags: [`shared-from=${source}`] }
  }
  const imported = index - TAGGED
  if (imported < IMPORTED) {
    // Each comes from the next, by the ids that both had there.
    const source = far(((imported + 1) % IMPORTED) + TAGGED)
    const origin_tags = imported % 5 === 0 ? '["shared-from=' : JSON.stringify([`shared-from=${source}`])
    return { origin_id: far(index), origin_tags }
  }
  return { status: 'superseded', earlier_statuses: ['active'], superseded_by: numbered(1) as Memory['id'] }
}

/** Made as any memories are; that links were kept is then forgotten. */
export async function makeOlderStore(file: string): Promise<void> {
  const { store, context } = await openStore({ store: file })
  const { principal, now } = context()
  const stamp = {
    operation: 'remember',
    at: now(),
    actor_kind: 'agent',
    client: null,
    session: null,
    note: null,
  }
  const write = (work: Parameters<typeof store.write<void>>[2]) =>
    store.write(principal, stamp as never, work)
  const total = TAGGED + IMPORTED + SUPERSEDED
  const ids = Array.from({ length: total }, (_, index) => index)
  await write(async tx => tx.memories.create(ids.map(index => toMemory(index, stamp.at))))
  await store.close()
  const database = new BetterSqlite3(file)
  database.exec(`delete from settings where name like 'backfill.%'; vacuum`)
  database.pragma('wal_checkpoint(truncate)')
  database.close()
}

function toMemory(index: number, at: string): Memory {
  const content = `memory number ${index}`
  return {
    ...PLAIN,
    id: numbered(index),
    content,
    content_hash: contentHash(content),
    recorded_at: at,
    updated_at: at,
    ...older(index),
  } as Memory
}

const PLAIN = {
  kind: 'note',
  title: null,
  tags: [],
  metadata: {},
  project: null,
  codebase: null,
  file: null,
  topics: [],
  client_id: null,
  session_id: null,
  author: null,
  status: 'active',
  earlier_statuses: [],
  trust: 'inferred',
  confidence: null,
  slot: null,
  valid_from: null,
  valid_until: null,
  revision: 1,
  version: 1,
  owner_user_id: BOOTSTRAP_ID,
  visibility: 'private',
  shared_with_groups: [],
  partition: 'shared/note',
  scheme_version: 1,
  document_id: null,
  position: null,
  label: null,
  source_hash: null,
  origin_id: null,
  origin_tags: null,
  reference_count: 0,
  last_referenced_at: null,
  superseded_by: null,
}

/** Links of a memtomem database with so many chunks beside the real one's. */
export function linksOf(chunks: number): number {
  return chunks / 2 + 6
}

/**
 * The real one with so many more chunks: half are copies, and many of these stand before their source.
 * @returns how many chunks can be memories.
 */
export function makeMemtomem(file: string, chunks: number): number {
  copyFileSync(join(import.meta.dirname, '../fixtures/memtomem/store.db'), file)
  const database = new BetterSqlite3(file)
  const [first] = database.prepare('select * from chunks limit 1').all() as [Record<string, unknown>]
  const sourceOf = (index: number) => far((index + 600) % chunks)
  const columns = Object.keys(first)
  const insert = database.prepare(
    `insert into chunks (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  )
  const link = database.prepare(
    `insert into chunk_links values (?, ?, 'shared', 'shared', '2026-01-01T00:00:00Z')`,
  )
  database.transaction(() => {
    for (let index = 0; index < chunks; index++) {
      const other = sourceOf(index)
      const tags = JSON.stringify(index % 2 === 0 ? ['bulk', `shared-from=${other}`] : ['bulk'])
      const own = {
        id: far(index),
        content: `chunk ${index}`,
        content_hash: `hash ${index}`,
        tags,
        namespace: 'bulk',
      }
      const row: Record<string, unknown> = { ...first, ...own }
      insert.run(columns.map(column => row[column]))
    }
    for (let index = 0; index < chunks; index += 10) link.run(sourceOf(index), far(index))
  })()
  const { count } = database
    .prepare(`select count(*) as count from chunks where trim(content) <> ''`)
    .get() as {
    count: number
  }
  database.close()
  return count
}
