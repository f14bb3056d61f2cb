/**
 * Brings a snapshot back. Everything of it is read and compared before the first write, and the store's own digest
 * once more before the commit: a store is either the snapshot's or as it was.
 */
import { constants, promises } from 'node:fs'
import { join, resolve } from 'node:path'
import { assertBug, HeirloomError } from '../../model/errors.ts'
import { parseCanonicalRow } from '../../store/digest/canonical-row.ts'
import { storeDigest } from '../../store/digest/digest.ts'
import type { Row } from '../../store/digest/rows.ts'
import { DIGESTED, type TableName } from '../../store/digest/tables.ts'
import type { Database, Engine } from '../../store/engine.ts'
import type { Change, Exclusive } from '../../store/exclusive.ts'
import { SCHEMA_VERSION } from '../../store/schema/index.ts'
import { mustNotBeAborted } from '../../store/waiting.ts'
import { FIRST_SPACE, SYSTEM } from '../system-journal.ts'
import { ahead } from './ahead.ts'
import { onDisk, sizeOf, syncAll, temporaryFor } from './disk.ts'
import { partName } from './folder.ts'
import { damaged, type Manifest, mustReadManifest } from './manifest.ts'
import { hashOfFile, PartProblem, readPart, release } from './part.ts'
import { filePart, linesOf, readBack, specOf } from './read-back.ts'
import type { Watched } from './watched.ts'

const { copyFile, rename, rm } = promises

export interface RestoreTarget {
  readonly engine: Pick<Engine, 'location' | 'statements' | 'tableNames'>
  readonly held: Exclusive
  /** Empties what is derived from authoritative rows, so that they can be deleted. */
  readonly emptyDerived: (change: Change) => Promise<void>
  /** Has what is derived made again from what was restored. */
  readonly demandRebuild: (change: Change) => Promise<void>
}

export interface RestoreOptions extends Watched {
  readonly folder: string
  readonly id: string
  /** Whether a store that holds something is emptied first. */
  readonly replace: boolean
  /** What `mustBeSound` gave, where it was asked before there was a target; each part is hashed once more all the same. */
  readonly proved?: Manifest | undefined
}

/**
 * Reads everything of a snapshot before anything is written for it.
 * @throws SNAPSHOT_DAMAGED naming each part, SCHEMA_TOO_NEW, UNSUPPORTED for another kind.
 */
export async function mustBeSound(
  manifest: Manifest,
  { folder, kind, ...watched }: Watched & { readonly folder: string; readonly kind: Manifest['kind'] },
): Promise<void> {
  mustBeRestorable(manifest, kind)
  const { problems } = await onDisk(folder, () => readBack(folder, manifest, watched))
  if (problems.length > 0) throw damaged(manifest.id, problems)
}

/**
 * Makes the target hold what the snapshot holds, whichever engine it is of and was taken on.
 * @throws SNAPSHOT_DAMAGED naming each part before anything is written, CONFLICT when the target holds something and
 * `replace` is false, SCHEMA_TOO_NEW, UNSUPPORTED for the kind `file`.
 */
export async function restoreRows(target: RestoreTarget, options: RestoreOptions): Promise<Manifest> {
  const { folder, id, signal } = options
  const manifest = options.proved ?? (await mustReadManifest(folder, id))
  if (options.proved === undefined) await mustBeSound(manifest, { ...options, kind: 'rows' })
  await target.held.write(change => bringBack(target, change, { manifest, options }), signal)
  return manifest
}

function mustBeRestorable(manifest: Manifest, kind: Manifest['kind']): void {
  const { id, schema_version } = manifest
  if (manifest.kind !== kind) {
    const way = kind === 'rows' ? 'a copy of a SQLite file: restore it to a path' : 'made of rows, not a file'
    throw new HeirloomError('UNSUPPORTED', `Snapshot ${id} is ${way}.`)
  }
  // The copy of a file is opened as any store is, which then says what is to be done.
  if (kind === 'file' || schema_version <= SCHEMA_VERSION) return
  throw new HeirloomError(
    'SCHEMA_TOO_NEW',
    `Snapshot ${id} has schema ${schema_version}; this build knows ${SCHEMA_VERSION}. Install a newer heirloom.`,
  )
}

interface Restoring {
  readonly manifest: Manifest
  readonly options: RestoreOptions
}

async function bringBack(target: RestoreTarget, change: Change, restoring: Restoring): Promise<void> {
  const { db } = change
  if (!restoring.options.replace) await mustBeEmpty(db, target.engine.location)
  // First of all: on a server this waits for writers that are under way, and those that come later wait for it, since
  // every write enters the keyword index before it is journalled.
  await target.emptyDerived(change)
  await empty(db)
  const tenants = await insertParts(target, db, restoring)
  await dropOtherTenants(db, tenants)
  await mustGiveDigest(target, db, restoring)
  await target.demandRebuild(change)
}

/**
 * A store that was only opened holds nothing, though it has the space that every new one gets.
 * @throws CONFLICT saying what is there.
 */
export async function mustBeEmpty(db: Database, location: string): Promise<void> {
  const found: string[] = []
  for (const table of ['memories', 'documents'] as const) {
    const rows = await rowsIn(db, table)
    if (rows > 0) found.push(`${rows} ${table}`)
  }
  const entries = (await rowsIn(db, 'journal')) - (await firstSpacesIn(db))
  if (entries > 0) found.push(`${entries} journal entries`)
  if (found.length === 0) return
  throw new HeirloomError(
    'CONFLICT',
    `${location} holds ${found.join(', ')}. Restore to a new place, or let the snapshot replace them: --replace`,
  )
}

async function rowsIn(db: Database, table: TableName): Promise<number> {
  const query = db.selectFrom(table as 'memories').select(eb => eb.fn.countAll<number>().as('rows'))
  return Number((await query.executeTakeFirstOrThrow()).rows)
}

async function firstSpacesIn(db: Database): Promise<number> {
  const query = db.selectFrom('journal').select(eb => eb.fn.countAll<number>().as('rows'))
  const added = query.where('operation', '=', FIRST_SPACE.operation).where('actor_kind', '=', SYSTEM)
  return Number((await added.executeTakeFirstOrThrow()).rows)
}

/** Children first. Tenants stay: the store's own settings and runs hang on them. */
async function empty(db: Database): Promise<void> {
  // Answers kept for repeated calls name what is about to go.
  const tables: TableName[] = ['idempotency', 'memory_tags']
  for (const { name } of [...DIGESTED].reverse()) if (name !== 'tenants') tables.push(name)
  for (const name of tables) await db.deleteFrom(name).execute()
}

async function insertParts(
  { engine }: RestoreTarget,
  db: Database,
  { manifest, options }: Restoring,
): Promise<ReadonlySet<string>> {
  const { folder, signal, progress } = options
  const tenants = new Set<string>()
  const total = manifest.parts.reduce((rows, part) => rows + (part.rows ?? 0), 0)
  let done = 0
  const texts = ahead(manifest.parts, async part => ({ part, text: await readPart(folder, part) }))
  try {
    for await (const { part, text } of texts) {
      mustNotBeAborted(signal)
      const spec = specOf(part)
      assertBug(spec !== null, 'a part of an unknown table was read back')
      const rows = [...linesOf(text)].map(line => parseCanonicalRow(spec, line))
      release(text)
      if (spec.name === 'tenants') await keepTenants(db, rows, tenants)
      else await engine.statements.insert(db, spec.name, rows)
      if (spec.name === 'memories') await engine.statements.insert(db, 'memory_tags', rows.flatMap(tagsOf))
      done += rows.length
      progress?.({ done, total, item: spec.name })
    }
  } catch (error) {
    throw error instanceof PartProblem ? damaged(options.id, [error.message]) : error
  }
  return tenants
}

function tagsOf({ tenant_id, id, tags }: Row): Row[] {
  if (tags === '[]') return []
  const distinct = new Set(JSON.parse(tags as string) as string[])
  return [...distinct].map(tag => ({ tenant_id, tag, memory_id: id }))
}

async function keepTenants(db: Database, rows: readonly Row[], kept: Set<string>): Promise<void> {
  for (const row of rows) {
    const tenant = row as { tenant_id: string; name: string; created_at: string }
    kept.add(tenant.tenant_id)
    await db
      .insertInto('tenants')
      .values(tenant)
      .onConflict(conflict =>
        conflict.column('tenant_id').doUpdateSet({ name: tenant.name, created_at: tenant.created_at }),
      )
      .execute()
  }
}

async function dropOtherTenants(db: Database, kept: ReadonlySet<string>): Promise<void> {
  const rows = await db.selectFrom('tenants').select('tenant_id').execute()
  for (const { tenant_id } of rows) {
    if (kept.has(tenant_id)) continue
    for (const table of ['runs', 'settings', 'keyword_totals', 'tenants'] as const) {
      await db.deleteFrom(table).where('tenant_id', '=', tenant_id).execute()
    }
  }
}

async function mustGiveDigest(
  { engine }: RestoreTarget,
  db: Database,
  { manifest, options: { signal } }: Restoring,
): Promise<void> {
  const found = await storeDigest(db, await engine.tableNames(db), { signal })
  const { digest, tables } = manifest
  if (found.full === digest?.full && found.state === digest.state) return
  const other = Object.keys(found.tables).filter(name => found.tables[name]?.full !== tables[name]?.full)
  throw new HeirloomError(
    'CONFLICT',
    `${engine.location} does not give the digest of snapshot ${manifest.id} after restoring (${other.join(', ')}), so nothing was changed. End whatever else writes to it.`,
  )
}

export interface RestoreFileOptions extends Watched {
  readonly folder: string
  readonly id: string
  /** The path of the new database file. */
  readonly to: string
}

/**
 * Puts the file of a snapshot of the kind `file` to a new place, where it can be opened.
 * @throws SNAPSHOT_DAMAGED before anything is written, CONFLICT when there is something at that path, UNSUPPORTED for
 * the kind `rows`.
 */
export async function restoreFile({ folder, id, to, ...watched }: RestoreFileOptions): Promise<Manifest> {
  const manifest = await mustReadManifest(folder, id)
  mustBeRestorable(manifest, 'file')
  const path = resolve(to)
  await mustBeFree(path)
  const part = filePart(manifest)
  const { problems } = await onDisk(folder, () => readBack(folder, manifest, watched))
  if (problems.length > 0) throw damaged(id, problems)
  const temporary = temporaryFor(path, id)
  await onDisk(path, async () => {
    try {
      await copyFile(join(folder, partName(part.hash, 'file')), temporary, constants.COPYFILE_FICLONE)
      const { hash } = await hashOfFile(temporary, watched.signal)
      if (hash !== part.hash) throw damaged(id, ['its copy does not give the same hash'])
      await mustBeFree(path)
      await rename(temporary, path)
      await syncAll([path])
    } finally {
      await rm(temporary, { force: true })
    }
  })
  return manifest
}

/** Not even a log of a database that was there: SQLite would play it back into the new one. */
async function mustBeFree(path: string): Promise<void> {
  for (const taken of [path, `${path}-wal`, `${path}-journal`]) {
    if ((await onDisk(path, () => sizeOf(taken))) === null) continue
    throw new HeirloomError(
      'CONFLICT',
      `${taken} is there already. Restore to a path that is free, or let the snapshot replace what is there: --replace`,
    )
  }
}
