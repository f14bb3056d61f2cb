/**
 * Takes snapshots. One transaction reads everything, so a snapshot is the store of one moment however much is written
 * meanwhile; its manifest is written last, once the parts were read back from the disk and gave the same digest.
 */
import { promises } from 'node:fs'
import { join } from 'node:path'
import { HeirloomError } from '../../model/errors.ts'
import { DigestSum, type StoreDigest, storeDigest } from '../../store/digest/digest.ts'
import { rowsOf } from '../../store/digest/rows.ts'
import { DIGESTED, type TableSpec } from '../../store/digest/tables.ts'
import type { Database, Engine } from '../../store/engine.ts'
import { SCHEMA_VERSION } from '../../store/schema/index.ts'
import { newestStep } from '../../store/stamps.ts'
import { mustNotBeAborted } from '../../store/waiting.ts'
import { Borders } from './borders.ts'
import { onDisk, sizeOf, syncAll, temporaryFor } from './disk.ts'
import {
  Marker,
  makeFolder,
  mustBeApart,
  partName,
  type SnapshotKind,
  toSnapshotId,
  touch,
} from './folder.ts'
import { damaged, MANIFEST_FORMAT, type Manifest, type Part, writeManifest } from './manifest.ts'
import { hashOfFile } from './part.ts'
import { PartWriter } from './part-writer.ts'
import { type DigestOfFile, readBack } from './read-back.ts'
import type { Watched } from './watched.ts'

const { rename, rm } = promises

export interface SnapshotSource {
  readonly engine: Pick<Engine, 'name' | 'location' | 'tableNames' | 'copyFile'>
  /** Runs the work on one moment of the store: an engine's `read`, or a change under its lock. */
  readonly read: <T>(work: (db: Database) => Promise<T>) => Promise<T>
}

export interface CreateOptions extends Watched {
  /** As the caller names it; it must be none of the store's own files. */
  readonly folder: string
  readonly kind: SnapshotKind
  readonly tag?: string | null | undefined
  readonly reason?: string | null | undefined
  readonly now: () => string
  readonly newId: () => string
  /** Which build makes it. */
  readonly build: string
  /** For the kind `file`: the digest of the copy, so that it is compared with that of the store. */
  readonly digestOfFile?: DigestOfFile | undefined
}

interface Taken {
  readonly schema_version: number
  readonly digest: StoreDigest | null
  readonly parts: readonly Part[]
  /** Files that were not there before. */
  readonly written: readonly string[]
}

interface Making extends CreateOptions {
  readonly id: string
  readonly marker: Marker
}

/**
 * @throws INVALID_INPUT for a folder among the store's own files, UNSUPPORTED for a `file` of what is none,
 * STORE_FULL, SNAPSHOT_DAMAGED when it could not be read back as it was written; there is no snapshot then.
 */
export async function createSnapshot(source: SnapshotSource, options: CreateOptions): Promise<Manifest> {
  const { engine } = source
  mustHaveKind(engine, options.kind)
  const folder = await mustBeApart(options.folder, engine.location)
  const created_at = options.now()
  const id = toSnapshotId(created_at, options.newId())
  return onDisk(folder, async () => {
    await makeFolder(folder)
    const marker = new Marker(folder, id, options.now)
    await marker.begin()
    try {
      const making: Making = { ...options, folder, id, marker }
      const taken = await source.read(db => take(engine, db, making))
      const manifest = manifestOf(source, making, { created_at, taken })
      await Promise.all([syncAll(taken.written), mustReadBack(manifest, making)])
      await writeManifest(folder, manifest)
      return manifest
    } finally {
      await marker.end()
    }
  })
}

function mustHaveKind(engine: SnapshotSource['engine'], kind: SnapshotKind): void {
  if (kind === 'rows' || engine.copyFile !== null) return
  throw new HeirloomError('UNSUPPORTED', `${engine.location} is no file: take a snapshot of the kind rows.`)
}

async function take(engine: SnapshotSource['engine'], db: Database, making: Making): Promise<Taken> {
  const present = await engine.tableNames(db)
  const schema_version = present.has('schema_history') ? await newestStep(db) : 0
  if (making.kind === 'rows' && schema_version > SCHEMA_VERSION) throw unknownTables(engine, schema_version)
  const specs = DIGESTED.filter(({ name }) => present.has(name))
  const taken =
    making.kind === 'rows'
      ? await takeRows(db, specs, making)
      : await takeFile(engine, { db, present }, making)
  return { schema_version, ...taken }
}

/** A store may admit an older build and still have tables that it has never heard of. */
function unknownTables({ location, copyFile }: SnapshotSource['engine'], version: number): HeirloomError {
  const way = copyFile === null ? '' : ', or copy the file as it is: heirloom snapshot create --kind file'
  return new HeirloomError(
    'UNSUPPORTED',
    `${location} has schema ${version}, of which this build knows ${SCHEMA_VERSION}: its rows would not be whole. Take the snapshot with a newer heirloom${way}`,
  )
}

async function takeRows(
  db: Database,
  specs: readonly TableSpec[],
  making: Making,
): Promise<Omit<Taken, 'schema_version'>> {
  const sum = new DigestSum()
  await using parts = new PartWriter(making)
  const report = await reporter(db, specs, making)
  for (const spec of specs) {
    const borders = new Borders()
    for await (const rows of rowsOf(db, spec)) {
      mustNotBeAborted(making.signal)
      for (const row of rows) {
        const line = sum.add(spec, row)
        parts.add(line)
        if (borders.after(keyOf(spec, row), line.length)) await parts.cut(spec.name)
      }
      report(rows.length, spec.name)
    }
    await parts.cut(spec.name)
  }
  return { parts: await parts.end(), written: parts.written, digest: sum.end() }
}

/** A row's key as one text. */
function keyOf(spec: TableSpec, row: Readonly<Record<string, unknown>>): string {
  return spec.key.map(column => row[column]).join('\n')
}

async function reporter(db: Database, specs: readonly TableSpec[], { progress }: Making) {
  if (progress === undefined) return () => undefined
  let total = 0
  for (const { name } of specs) {
    const query = db.selectFrom(name as 'memories').select(eb => eb.fn.countAll<number>().as('rows'))
    total += Number((await query.executeTakeFirstOrThrow()).rows)
  }
  let done = 0
  return (rows: number, table: string) => {
    done += rows
    progress({ done, total, item: table })
  }
}

async function takeFile(
  engine: SnapshotSource['engine'],
  { db, present }: { db: Database; present: ReadonlySet<string> },
  { folder, id, now, marker, signal, progress }: Making,
): Promise<Omit<Taken, 'schema_version'>> {
  const temporary = temporaryFor(join(folder, 'parts', 'copy'), id)
  try {
    progress?.({ done: 0, total: 0, item: 'copying the file' })
    await engine.copyFile?.(db, temporary)
    mustNotBeAborted(signal)
    const { hash, bytes } = await hashOfFile(temporary, signal)
    const path = join(folder, partName(hash, 'file'))
    await rename(temporary, path)
    await touch(path, now())
    await marker.renew()
    const digest = await digestOf(db, present, { signal, progress })
    return { parts: [{ table: null, rows: null, bytes, stored_bytes: bytes, hash }], written: [path], digest }
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Tables that no step of ours has made may hold what no digest can be made of; they are copied as they are. */
async function digestOf(
  db: Database,
  present: ReadonlySet<string>,
  { signal, progress }: Watched,
): Promise<StoreDigest | null> {
  if (!present.has('schema_history')) return null
  const report = (rows: number) => progress?.({ done: rows, total: 0, item: 'adding up the digest' })
  return storeDigest(db, present, { signal, progress: report })
}

function manifestOf(
  { engine }: SnapshotSource,
  { id, kind, tag, reason, build }: Making,
  { created_at, taken }: { created_at: string; taken: Taken },
): Manifest {
  return {
    format: MANIFEST_FORMAT,
    id,
    kind,
    created_at,
    tag: tag ?? null,
    reason: reason ?? null,
    store: { engine: engine.name, location: engine.location },
    schema_version: taken.schema_version,
    made_by: build,
    status: 'ok',
    digest: taken.digest === null ? null : { state: taken.digest.state, full: taken.digest.full },
    tables: taken.digest?.tables ?? {},
    parts: taken.parts,
  }
}

async function mustReadBack(manifest: Manifest, making: Making): Promise<void> {
  const { folder, marker } = making
  const { problems } = await readBack(folder, manifest, { ...making, depth: 'bytes' })
  if (problems.length > 0) throw damaged(manifest.id, problems)
  await marker.renew()
  // A prune of another process may have begun before this snapshot and ended after.
  for (const part of manifest.parts) {
    const name = partName(part.hash, manifest.kind)
    if ((await sizeOf(join(folder, name))) !== null) continue
    throw damaged(manifest.id, [`part ${name} was removed while the snapshot was made; make it again`])
  }
}
