/**
 * Links memories to what they say they came from, many at once: by the source's id, or the id that it had where it was
 * imported from.
 */
import { type LinkType, type SourceCopy, takesOneSource } from '../model/link.ts'
import type { MemoryId } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import { copyOf, toLinkRow } from './link-rows.ts'
import { storableIds } from './storable-ids.ts'
import type { LinkTable } from './tables.ts'

/** Rows a statement. */
const ROWS = 64

/** What is done in one transaction, for one tenant. */
export interface LinkFilling {
  readonly db: Database
  readonly engine: Engine
  readonly tenant_id: string
  /** Null for a plan: then nothing is written. */
  readonly journal: JournalWriter | null
  /** When it is done. ISO 8601, UTC, milliseconds. */
  readonly at: string
}

/** A memory that says, in one way or another, which one it came from. */
export interface Claim {
  readonly target_id: string
  readonly target_partition: string
  /** The source's id, here or where the memory was imported from. */
  readonly source: string
}

export interface Claimed {
  readonly linked: number
  /** Those of the new links whose source is not here, by their keys. */
  readonly missing: readonly string[]
  readonly known: number
  /** Memories that name themselves. */
  readonly itself: number
}

/**
 * Links each target to the source that it names: by its id, else by the id that it had where it was imported from. A
 * source that is neither ends as one does that was deleted, until it arrives.
 */
export async function linkClaims(
  filling: LinkFilling,
  type: LinkType,
  claims: readonly Claim[],
): Promise<Claimed> {
  if (claims.length === 0) return { linked: 0, missing: [], known: 0, itself: 0 }
  const sources = await findSources(filling, [...new Set(claims.map(({ source }) => source))])
  const others = claims.filter(({ target_id, source }) => (sources.get(source)?.id ?? source) !== target_id)
  const rows = others.map(claim => toRow(filling, type, { claim, source: sources.get(claim.source) ?? null }))
  // Targets stand side by side and sources anywhere: in this order each page of their indexes is written once.
  rows.sort((a, b) => (a.source_ref < b.source_ref ? -1 : 1))
  const { journal } = filling
  const made = await (journal === null ? newOnes(filling, type, rows) : insertNew(filling, rows))
  // What it copied of its source is in the link; an entry is to be short, since there may be very many.
  for (const { target_id, source_ref, source_id } of made)
    journal?.record('link', target_id, null, { type, source_ref, source_id })
  return {
    linked: made.length,
    missing: made.filter(({ source_id }) => source_id === null).map(keyOf),
    known: rows.length - made.length,
    itself: claims.length - others.length,
  }
}

/** A link's key within its tenant, as one text. */
export function keyOf({
  target_id,
  type,
  source_ref,
}: Pick<LinkTable, 'target_id' | 'type' | 'source_ref'>): string {
  return `${target_id} ${type} ${source_ref}`
}

interface FoundSource extends SourceCopy {
  readonly id: string
}

/** By the id that was asked for: a memory's own comes before that of where it came from, of which the oldest counts. */
async function findSources(filling: LinkFilling, ids: readonly string[]): Promise<Map<string, FoundSource>> {
  const found = new Map<string, FoundSource>()
  const here = await sourcesBy(filling, 'id', storableIds(filling.engine, ids))
  for (const row of here) found.set(row.id, { id: row.id, ...copyOf(row) })
  const others = ids.filter(id => !found.has(id))
  const imported = await sourcesBy(filling, 'origin_id', others)
  for (const row of imported.sort((a, b) => (a.id < b.id ? 1 : -1)))
    found.set(row.origin_id ?? '', { id: row.id, ...copyOf(row) })
  return found
}

/** Ids a statement. It is compiled once, so the last batch is filled up with ids that it has already. */
const IDS = 250

async function sourcesBy(filling: LinkFilling, column: 'id' | 'origin_id', ids: readonly string[]) {
  const { db, engine, tenant_id, journal } = filling
  const isKept = engine.name === 'postgres' && journal !== null
  const found: SourceRow[] = []
  for (let start = 0; start < ids.length; start += IDS) {
    const batch = ids.slice(start, start + IDS)
    while (batch.length < IDS) batch.push(batch[0]!)
    const query = () => sourceQuery(db, column, isKept)
    found.push(
      ...(await engine.statements.run(db, `sources by ${column} ${isKept}`, query, [tenant_id, ...batch])),
    )
  }
  return found
}

type SourceRow = Awaited<ReturnType<ReturnType<typeof sourceQuery>['execute']>>[number]

function sourceQuery(db: Database, column: 'id' | 'origin_id', isKept: boolean) {
  return (
    db
      .selectFrom('memories')
      .select(['id', 'origin_id', 'content_hash', 'label', 'title', 'owner_user_id'])
      .where('tenant_id', '=', '')
      .where(column, 'in', Array<string>(IDS).fill(''))
      // Whoever revises one meanwhile does so after this transaction, and then finds the link to refresh.
      .$if(isKept, query => query.forShare())
  )
}

function toRow(
  { tenant_id, at }: LinkFilling,
  type: LinkType,
  { claim, source }: { claim: Claim; source: FoundSource | null },
): LinkTable {
  const { id, ...copy } = source ?? { id: null, ...NO_COPY }
  const link = {
    target_id: claim.target_id as MemoryId,
    type,
    source_ref: id ?? claim.source,
    source_id: id as MemoryId | null,
    ...copy,
    source_deleted_at: id === null ? at : null,
    target_partition: claim.target_partition,
    created_at: at,
  }
  return toLinkRow(link, tenant_id)
}

const NO_COPY: SourceCopy = { source_hash: null, source_label: null, source_owner: null }

/** Those that `insertNew` would insert. */
async function newOnes(
  { db, tenant_id }: LinkFilling,
  type: LinkType,
  rows: readonly LinkTable[],
): Promise<LinkTable[]> {
  if (rows.length === 0) return []
  const targets = rows.map(({ target_id }) => target_id)
  const linked = await db
    .selectFrom('links')
    .select(['target_id', 'type', 'source_ref'])
    .where('tenant_id', '=', tenant_id)
    .where('target_id', 'in', targets)
    .where('type', '=', type)
    .execute()
  const identify = takesOneSource(type) ? ({ target_id }: Pick<LinkTable, 'target_id'>) => target_id : keyOf
  const there = new Set(linked.map(identify))
  return rows.filter(row => !there.has(identify(row)))
}

/** Those that were not there, nor kept out by the one source that a target has. */
async function insertNew({ db, engine }: LinkFilling, rows: readonly LinkTable[]): Promise<LinkTable[]> {
  const made: LinkTable[] = []
  for (let start = 0; start < rows.length; start += ROWS) {
    const batch = rows.slice(start, start + ROWS)
    const columns = Object.keys(batch[0] ?? {}) as (keyof LinkTable)[]
    const inserted = await engine.statements.run(
      db,
      `insert new links ${batch.length}`,
      () => insertion(db, batch),
      batch.flatMap(row => columns.map(column => row[column])),
    )
    const there = new Set(inserted.map(keyOf))
    made.push(...batch.filter(row => there.has(keyOf(row))))
  }
  return made
}

function insertion(db: Database, rows: readonly LinkTable[]) {
  return db
    .insertInto('links')
    .values([...rows])
    .onConflict(conflict => conflict.doNothing())
    .returning(['target_id', 'type', 'source_ref'])
}
